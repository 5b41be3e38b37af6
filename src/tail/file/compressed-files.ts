/**
 * Compressed files of one job: each is read once from its beginning to its end and not followed. Where reading stands is
 * a number of lines, as Promtail has it.
 */

import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip, createInflate } from 'node:zlib';
import type { Timer } from '../../base/clock.ts';
import { Glob } from '../glob.ts';
import type { FileIdentity, Mark } from '../journal.ts';
import { LineSplitter, type SplitLine } from '../line-splitter.ts';
import type { Source } from '../sender.ts';
import type { CompressionFormat } from '../tail-config.ts';
import { type FileTarget, labelMap } from '../target-labels.ts';
import { hasHead, identityOf, readHead } from './file-head.ts';
import type { FileTargetsParts } from './file-targets.ts';

export interface CompressedFilesParts extends FileTargetsParts {
  readonly format: CompressionFormat;
  /** A file that has just come may not be whole yet. */
  readonly initialDelayMs: number;
}

/** A file while it is read. */
class CompressedFile implements Source {
  readonly #job: string;
  readonly path: string;
  readonly identity: FileIdentity;
  readonly #heldAt: () => number | undefined;
  /** Lines that the intake has taken. */
  taken: number;
  #last: Mark | undefined;

  constructor(
    job: string,
    path: string,
    identity: FileIdentity,
    known: Mark | undefined,
    heldAt: () => number | undefined,
  ) {
    this.#job = job;
    this.path = path;
    this.identity = identity;
    this.taken = Number(known?.value ?? 0);
    this.#last = known;
    this.#heldAt = heldAt;
  }

  mark(): Mark {
    const value = String(this.#heldAt() ?? this.taken);
    if (this.#last?.value !== value) {
      this.#last = { job: this.#job, key: this.path, value, file: this.identity };
    }
    return this.#last!;
  }
}

export class CompressedFiles {
  readonly #parts: CompressedFilesParts;
  #targets: readonly FileTarget[] = [];
  /** As they were read: path → inode, size and time of change. */
  readonly #done = new Map<string, string>();
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(parts: CompressedFilesParts) {
    this.#parts = parts;
  }

  set(targets: readonly FileTarget[]): void {
    this.#targets = targets;
    this.#timer?.cancel();
    this.#run();
  }

  #run(): void {
    const { clock, syncPeriodMs, telemetry, log } = this.#parts;
    this.#running ??= this.#readNew()
      .catch((error) => {
        telemetry.failure('discover');
        log.error('looking for files failed', { error });
      })
      .finally(() => {
        this.#running = undefined;
        if (!this.#isStopped) this.#timer = clock.after(syncPeriodMs, () => this.#run());
      });
  }

  async #readNew(): Promise<void> {
    for (const target of this.#targets) {
      const exclude = target.exclude === '' ? undefined : new Glob(target.exclude);
      for (const path of await new Glob(target.pattern).files()) {
        if (this.#isStopped) return;
        if (!exclude?.matches(path)) await this.#readOnce(path, target);
      }
    }
  }

  async #readOnce(path: string, target: FileTarget): Promise<void> {
    const { clock, initialDelayMs, telemetry, log } = this.#parts;
    const at = await stat(path).catch(() => undefined);
    const state = `${at?.ino} ${at?.size} ${at?.mtimeMs}`;
    if (!at || this.#done.get(path) === state) return;
    if (clock.now() - at.mtimeMs < initialDelayMs) return;
    telemetry.files.add(1);
    try {
      await this.#read(path, target);
    } catch (error) {
      telemetry.failure('read');
      log.error('a compressed file cannot be read to its end', { path, error });
    } finally {
      telemetry.files.add(-1);
    }
    this.#done.set(path, state);
  }

  async #read(path: string, target: FileTarget): Promise<void> {
    const { job, intake, positions, format, encoding } = this.#parts;
    const handle = await open(path, 'r');
    const head = await readHead(handle);
    const identity = identityOf(await handle.stat(), head);
    await handle.close();
    const rows = positions.rowsOf(job).filter((m) => m.key === path && m.file?.inode === identity.inode);
    const own = rows.find((m) => hasHead(head, m.file!));
    const inherited = positions.valueOf(path);
    const known = own ?? (inherited === undefined ? undefined : { job, key: path, value: inherited });
    const file = new CompressedFile(job, path, identity, known, () => intake.heldAt(file));
    intake.sender.addSource(file, own);
    const labels = labelMap(target.labels).set('filename', path);
    const splitter = new LineSplitter(encoding);
    const skip = file.taken;
    let count = 0;
    const take = async (lines: readonly SplitLine[]) => {
      for (const line of lines) {
        if (this.#isStopped) return;
        if (++count <= skip) continue;
        await this.#take(file, count, labels, line);
      }
    };
    try {
      const bytes = createReadStream(path).pipe(format === 'gz' ? createGunzip() : createInflate());
      for await (const chunk of bytes) {
        const lines: SplitLine[] = [];
        splitter.push(chunk as Buffer, (line) => lines.push(line));
        intake.counters.bytes.add((chunk as Buffer).length);
        await take(lines);
        if (this.#isStopped) return;
        await intake.sender.room();
      }
      const last: SplitLine[] = [];
      splitter.flush((line) => last.push(line));
      await take(last);
    } finally {
      intake.sender.endSource(file, false);
    }
  }

  async #take(
    file: CompressedFile,
    number: number,
    labels: Map<string, string>,
    line: SplitLine,
  ): Promise<void> {
    const { intake, times, telemetry } = this.#parts;
    if (line.text === undefined) telemetry.dropped('', 'line_too_long', 1);
    else {
      times.next();
      const taken = intake.line(file, number - 1, labels, times, line.text);
      if (taken !== true && !(await taken)) return;
    }
    file.taken = number;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }
}
