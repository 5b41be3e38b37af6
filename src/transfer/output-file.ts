/** A file that is written as it comes, compressed where its name says so, or standard output. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import { fileError } from '../base/file-error.ts';
import { TriliteError } from '../model/errors.ts';

export class OutputFile {
  readonly #path: string;
  readonly #to: Writable;
  readonly #file: Writable;
  #error: Error | undefined;
  bytes = 0;

  /** `-` is standard output. */
  constructor(path: string) {
    this.#path = path;
    this.#file = path === '-' ? process.stdout : createWriteStream(path);
    const packed = path.endsWith('.gz')
      ? createGzip()
      : path.endsWith('.zst')
        ? createZstdCompress()
        : undefined;
    this.#to = packed ?? this.#file;
    packed?.pipe(this.#file);
    for (const stream of new Set([this.#to, this.#file])) {
      stream.on('error', (error) => {
        this.#error ??= error;
        this.#to.destroy();
      });
    }
  }

  /** Throws `execution` where the file cannot be written. */
  async write(piece: Uint8Array | string): Promise<void> {
    this.#check();
    this.bytes += piece.length;
    if (this.#to.write(piece)) return;
    const stop = new AbortController();
    const { signal } = stop;
    await Promise.race([once(this.#to, 'drain', { signal }), once(this.#to, 'close', { signal })]).catch(
      () => {},
    );
    stop.abort();
    this.#check();
  }

  #check(): void {
    if (!this.#error) return;
    const name = this.#path === '-' ? 'standard output' : this.#path;
    throw new TriliteError('execution', `cannot write ${name}: ${fileError(this.#error, name)}`);
  }

  /** Resolves when all of it is in the file. */
  async close(): Promise<void> {
    this.#check();
    if (this.#path === '-') return;
    this.#to.end();
    await finished(this.#file).catch((error: Error) => {
      this.#error ??= error;
    });
    this.#check();
  }
}
