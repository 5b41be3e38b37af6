/**
 * Files of scrapes that brought nothing, each line in the shape of Prometheus' scrape failure log:
 *
 *   {"time":…,"level":"ERROR","msg":"Get \"http://…\": context deadline exceeded","job_name":"node","target":"http://…"}
 *
 * Jobs may share a file. A file that was moved away is begun anew when a configuration is taken in.
 */

import { createWriteStream, openSync, type WriteStream } from 'node:fs';
import { fileError } from '../base/file-error.ts';
import type { Logger } from '../base/log.ts';

/** Lines that wait for a slow disk; more are dropped, since scraping must not wait for its log. */
const UNWRITTEN_MAX_BYTES = 1024 * 1024;

export class FailureLogs {
  readonly #log: Logger;
  #streams = new Map<string, WriteStream>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Opens the files that are wanted, those that were open too, and closes the others. */
  open(files: readonly (string | undefined)[]): void {
    const before = this.#streams;
    this.#streams = new Map();
    for (const file of new Set(files)) if (file !== undefined) this.#open(file);
    for (const stream of before.values()) stream.end();
  }

  #open(file: string): void {
    let fd: number;
    try {
      fd = openSync(file, 'a');
    } catch (error) {
      this.#log.error('failed scrapes are not written down', { file, error: fileError(error, file) });
      return;
    }
    const stream = createWriteStream(file, { fd, autoClose: true });
    stream.once('error', (error) =>
      this.#log.error('failed scrapes are not written down any more', { file, error }),
    );
    this.#streams.set(file, stream);
  }

  note(file: string, job: string, target: string, error: unknown): void {
    const stream = this.#streams.get(file);
    if (!stream?.writable || stream.writableLength > UNWRITTEN_MAX_BYTES) return;
    const msg = error instanceof Error ? error.message : String(error);
    const line = { time: new Date().toISOString(), level: 'ERROR', msg, job_name: job, target };
    stream.write(`${JSON.stringify(line)}\n`);
  }

  /** Resolves when what was noted is in the files. */
  async close(): Promise<void> {
    const streams = [...this.#streams.values()].filter((stream) => stream.writable);
    this.#streams.clear();
    await Promise.all(streams.map((stream) => new Promise<void>((resolve) => stream.end(() => resolve()))));
  }
}
