/**
 * One file, followed: read to its end, then looked at again and again. The open handle is the file, whatever becomes of
 * its path: a file that was renamed or deleted is read on until it has been quiet for a while. A file that has become
 * shorter, or begins otherwise than it did, was emptied and written anew: it is read from its start.
 */

import type { FileHandle } from 'node:fs/promises';
import { stat } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { EntryTimes } from '../entry-times.ts';
import type { Intake } from '../intake.ts';
import type { FileIdentity, Mark } from '../journal.ts';
import { LineSplitter, type SplitLine } from '../line-splitter.ts';
import type { Source } from '../sender.ts';
import type { TailTelemetry } from '../tail-telemetry.ts';
import { HEAD_BYTES_MAX, hasHead, identityOf, readAt, readHead } from './file-head.ts';
import type { ReadBuffers } from './read-buffers.ts';

/** Who writes a file that was renamed may go on for a while before it opens the new one. */
const LEAVING_QUIET_MS = 5000;
/** Where changes are announced, a quiet file is looked at so seldom. */
const WATCHED_POLL_MS = 2000;

export interface FollowerParts {
  readonly job: string;
  readonly encoding: string | undefined;
  readonly intake: Intake;
  readonly times: EntryTimes;
  readonly buffers: ReadBuffers;
  readonly clock: Clock;
  readonly telemetry: TailTelemetry;
  readonly log: Logger;
  readonly pollMinMs: number;
  readonly pollMaxMs: number;
  /** Whether changes in a folder are announced (`poke`). */
  readonly isWatched: (path: string) => boolean;
  /** Another file stands at the path, or none. */
  readonly onMoved: () => void;
  /** The file was emptied; `before` is what was read of it until then. Whether what is missing was found elsewhere. */
  readonly onTruncated: (before: Mark) => Promise<boolean>;
  readonly onEnded: (follower: FileFollower) => void;
}

export class FileFollower implements Source {
  readonly #parts: FollowerParts;
  readonly #handle: FileHandle;
  path: string;
  /** Of the target, and with the file's name. */
  #given: ReadonlyMap<string, string>;
  #labels: Map<string, string>;
  identity: FileIdentity;
  #splitter: LineSplitter;
  /** The end of the last line that the intake has taken. */
  #takenTo: number;
  #lastMark: Mark | undefined;
  #changedAtMs = -1;
  #grewAtMs: number;
  #delayMs: number;
  #wake: () => void = () => {};
  /** Poked since the last look. */
  #isPoked = false;
  isLeaving = false;
  /** What stands at its path is not this file. */
  isMoved = false;
  #isStopped = false;
  #running: Promise<void> | undefined;
  #drain: () => void = () => {};
  /** Resolves when everything was read that was there as it left, or when it has come back. */
  drained: Promise<void> = Promise.resolve();

  /** `known` is where reading stood, `offset` where it goes on. */
  constructor(
    parts: FollowerParts,
    at: { readonly path: string; readonly handle: FileHandle; readonly identity: FileIdentity },
    labels: ReadonlyMap<string, string>,
    offset: number,
    known: Mark | undefined,
  ) {
    this.#parts = parts;
    this.#handle = at.handle;
    this.path = at.path;
    this.identity = at.identity;
    this.#given = labels;
    this.#labels = withFilename(labels, at.path);
    this.#splitter = new LineSplitter(parts.encoding, offset);
    this.#takenTo = offset;
    this.#lastMark = known;
    this.#delayMs = parts.pollMinMs;
    this.#grewAtMs = parts.clock.elapsed();
    parts.intake.sender.addSource(this, known);
  }

  mark(): Mark {
    // What is held back may be of before the file was emptied.
    const held = this.#parts.intake.heldAt(this) ?? this.#takenTo;
    const offset = String(Math.min(held, this.#takenTo));
    const last = this.#lastMark;
    const isSame =
      last?.value === offset &&
      last.key === this.path &&
      (last.isMoved ?? false) === this.isMoved &&
      last.file?.headBytes === this.identity.headBytes &&
      last.file.headCrc === this.identity.headCrc &&
      last.file.inode === this.identity.inode &&
      last.file.device === this.identity.device;
    if (!isSame) {
      this.#lastMark = {
        job: this.#parts.job,
        key: this.path,
        value: offset,
        file: this.identity,
        ...(this.isMoved && { isMoved: true }),
      };
    }
    return this.#lastMark!;
  }

  /** Begins once `after` has resolved. */
  start(after: Promise<unknown>): void {
    this.#running = this.#run(after);
  }

  /** It stands at this path, with these labels. */
  stay(path: string, labels: ReadonlyMap<string, string>): void {
    this.isLeaving = false;
    this.isMoved = false;
    this.#drain();
    if (path === this.path && labels === this.#given) return;
    this.path = path;
    this.#given = labels;
    // Entries that have gone in keep the map they have.
    this.#labels = withFilename(labels, path);
  }

  /** It is followed no longer than until it is read. `isMoved`: what stands at its path is another file, or nothing. */
  leave(isMoved: boolean): void {
    this.isMoved = isMoved;
    if (this.isLeaving) return;
    this.isLeaving = true;
    this.drained = new Promise((resolve) => {
      this.#drain = resolve;
    });
    this.#grewAtMs = this.#parts.clock.elapsed();
    this.poke();
  }

  /** A few bytes of the file. */
  bytesAt(position: number): Promise<Buffer> {
    return readAt(this.#handle, position);
  }

  /** Something may have changed. */
  poke(): void {
    this.#isPoked = true;
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#drain();
    this.#wake();
    await this.#running;
    // Closed already where it came to its end meanwhile.
    await this.#handle.close().catch(() => {});
  }

  async #run(after: Promise<unknown>): Promise<void> {
    await after;
    while (!this.#isStopped) {
      const grew = await this.#look();
      if (this.#isStopped) return;
      if (grew) this.#grewAtMs = this.#parts.clock.elapsed();
      else if (this.isLeaving) {
        this.#drain();
        if (this.#parts.clock.elapsed() - this.#grewAtMs >= LEAVING_QUIET_MS) break;
      }
      await this.#pause(grew);
    }
    if (this.#isStopped) return;
    await this.#flush();
    this.#parts.onEnded(this);
    await this.#handle.close();
  }

  async #pause(grew: boolean): Promise<void> {
    const { pollMinMs, pollMaxMs, clock, isWatched } = this.#parts;
    const longest =
      this.isLeaving || !isWatched(this.path) ? pollMaxMs : Math.max(pollMaxMs, WATCHED_POLL_MS);
    this.#delayMs = grew ? pollMinMs : Math.min(longest, Math.max(pollMinMs, 2 * this.#delayMs));
    if (!this.#isPoked && !this.#isStopped) {
      await new Promise<void>((resolve) => {
        const timer = clock.after(this.#delayMs, resolve);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    this.#wake = () => {};
    this.#isPoked = false;
  }

  /** Reads what there is; whether there was anything. */
  async #look(): Promise<boolean> {
    const { telemetry, log } = this.#parts;
    try {
      const { size, mtimeMs } = await this.#handle.stat();
      const isNews = size !== this.#splitter.end || mtimeMs !== this.#changedAtMs;
      this.#changedAtMs = mtimeMs;
      if (isNews) await this.#checkHead(size);
      else if (!this.isLeaving) await this.#checkPath();
      return await this.#read(size);
    } catch (error) {
      telemetry.failure('read');
      log.warn('a followed file cannot be read', { path: this.path, error });
      return false;
    }
  }

  async #checkHead(size: number): Promise<void> {
    const head = await readHead(this.#handle);
    const isAnew = size < this.#splitter.end || !hasHead(head, this.identity);
    if (isAnew) {
      this.#parts.log.info('a followed file was emptied', { path: this.path });
      const before = { ...this.mark(), value: String(this.#splitter.start) };
      if (!(await this.#parts.onTruncated(before))) await this.#flush();
      this.#splitter = new LineSplitter(this.#parts.encoding);
      this.#takenTo = 0;
      this.identity = identityOf({ dev: this.identity.device, ino: this.identity.inode }, head);
    } else if (this.identity.headBytes < HEAD_BYTES_MAX && head.length > this.identity.headBytes) {
      this.identity = identityOf({ dev: this.identity.device, ino: this.identity.inode }, head);
    }
  }

  async #checkPath(): Promise<void> {
    const at = await stat(this.path).catch(() => undefined);
    if (at?.ino !== this.identity.inode) this.#parts.onMoved();
  }

  /** As far as the file went when its head was looked at: what is there later may be of a file that was emptied and written anew. */
  async #read(size: number): Promise<boolean> {
    const { buffers, intake } = this.#parts;
    let grew = false;
    while (!this.#isStopped && this.#splitter.end < size) {
      await intake.sender.room();
      const lines: SplitLine[] = [];
      const count = await buffers.lend(async (buffer) => {
        const { end } = this.#splitter;
        const { bytesRead } = await this.#handle.read(buffer, 0, Math.min(buffer.length, size - end), end);
        this.#splitter.push(buffer.subarray(0, bytesRead), (line) => lines.push(line));
        return bytesRead;
      });
      if (count === 0) return grew;
      grew = true;
      intake.counters.bytes.add(count);
      await this.#take(lines);
    }
    return grew;
  }

  async #take(lines: readonly SplitLine[]): Promise<void> {
    const { intake, times, telemetry } = this.#parts;
    for (const { text, start, end } of lines) {
      // What is not taken is read again at the next start.
      if (this.#isStopped) return;
      if (text === undefined) telemetry.dropped('', 'line_too_long', 1);
      else {
        times.next();
        const taken = intake.line(this, start, this.#labels, times, text);
        if (taken !== true && !(await taken)) return;
      }
      this.#takenTo = end;
    }
  }

  /** A line that will not be completed any more is one. */
  async #flush(): Promise<void> {
    const lines: SplitLine[] = [];
    this.#splitter.flush((line) => lines.push(line));
    await this.#take(lines);
  }
}

function withFilename(labels: ReadonlyMap<string, string>, path: string): Map<string, string> {
  return new Map(labels).set('filename', path);
}
