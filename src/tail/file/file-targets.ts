/**
 * The files of one job: patterns are looked for on disk again and again, and every file that matches is followed, once,
 * under the first pattern that has it. Files are known by their inode, so that a renamed one is not taken for a new one:
 *
 *   at a path that matches ─▶ followed (a new path, where it was renamed to one that matches too)
 *   at no such path        ─▶ read to its end; the file that took its path begins after that
 *   renamed or copied while nobody looked ─▶ found beside its old path, and the rest of it is read first
 */

import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Timer } from '../../base/clock.ts';
import { Glob } from '../glob.ts';
import { type FileIdentity, type Mark, rowKey } from '../journal.ts';
import type { Positions } from '../positions.ts';
import type { FileTarget } from '../target-labels.ts';
import { labelMap } from '../target-labels.ts';
import { FileFollower, type FollowerParts } from './file-follower.ts';
import { HEAD_BYTES_MAX, hasHead, identityOf, readAt, readHead } from './file-head.ts';
import { FolderWatch } from './folder-watch.ts';

/** After something was announced: what comes with it is seen in one go. */
const ANNOUNCED_SYNC_MS = 100;

export interface FileTargetsParts
  extends Omit<FollowerParts, 'isWatched' | 'onMoved' | 'onTruncated' | 'onEnded'> {
  readonly positions: Positions;
  readonly syncPeriodMs: number;
}

interface Pattern {
  readonly target: FileTarget;
  readonly glob: Glob;
  readonly exclude: Glob | undefined;
  readonly labels: ReadonlyMap<string, string>;
}

interface Seen {
  readonly path: string;
  readonly pattern: Pattern;
}

interface Opened {
  readonly path: string;
  readonly handle: FileHandle;
  readonly identity: FileIdentity;
  readonly head: Buffer;
  readonly size: number;
}

const fileKey = (at: { readonly dev: number; readonly ino: number }): string => `${at.dev}:${at.ino}`;
const keyOf = ({ device, inode }: FileIdentity): string => `${device}:${inode}`;

export class FileTargets {
  readonly #parts: FileTargetsParts;
  readonly #followers = new Map<string, FileFollower>();
  readonly #watch: FolderWatch;
  #patterns: readonly Pattern[] = [];
  /** Rows of before this start that were looked for. */
  readonly #lookedFor = new Set<string>();
  #timer: Timer | undefined;
  #syncing: Promise<void> | undefined;
  #isSyncDue = false;
  #isStopped = false;

  constructor(parts: FileTargetsParts) {
    this.#parts = parts;
    this.#watch = new FolderWatch((folder, name, isNameChange) => {
      for (const follower of this.#followers.values()) {
        if (dirname(follower.path) !== folder) continue;
        if (name === undefined || basename(follower.path) === name) follower.poke();
      }
      if (isNameChange) this.#syncSoon();
    });
  }

  /** The targets that there are now; looks for their files at once. */
  set(targets: readonly FileTarget[]): void {
    const { log, telemetry } = this.#parts;
    const known = new Map(this.#patterns.map((p) => [patternKey(p.target), p]));
    const patterns = new Map<string, Pattern>();
    for (const target of targets) {
      const key = patternKey(target);
      try {
        patterns.set(key, known.get(key) ?? compile(target));
      } catch (error) {
        telemetry.failure('discover');
        log.error('a path cannot be used', { path: target.pattern, error });
      }
    }
    this.#patterns = [...patterns.values()];
    this.#sync();
  }

  #syncSoon(): void {
    if (this.#isStopped || this.#isSyncDue) return;
    this.#isSyncDue = true;
    this.#parts.clock.after(ANNOUNCED_SYNC_MS, () => this.#sync());
  }

  #sync(): void {
    if (this.#isStopped) return;
    this.#isSyncDue = false;
    this.#timer?.cancel();
    const run = this.#syncing ?? Promise.resolve();
    const next = run
      .then(() => this.#lookForFiles())
      .catch((error) => {
        this.#parts.telemetry.failure('discover');
        this.#parts.log.error('looking for files failed', { error });
      })
      .finally(() => {
        if (this.#syncing !== next) return;
        this.#syncing = undefined;
        if (!this.#isStopped) {
          this.#timer = this.#parts.clock.after(this.#parts.syncPeriodMs, () => this.#sync());
        }
      });
    this.#syncing = next;
  }

  async #lookForFiles(): Promise<void> {
    if (this.#isStopped) return;
    const seen = await this.#seen();
    for (const [key, follower] of this.#followers) {
      const at = seen.get(key);
      if (at) follower.stay(at.path, at.pattern.labels);
      else follower.leave((await inodeAt(follower.path)) !== follower.identity.inode);
    }
    const rows = this.#parts.positions.rowsOf(this.#parts.job).filter((m) => m.file !== undefined);
    const fresh = [...seen].filter(([key]) => !this.#followers.has(key));
    const opened: [Opened, Seen, Mark | undefined][] = [];
    for (const [, at] of fresh) {
      const file = await openFile(at.path);
      if (file) opened.push([file, at, knownRow(file, rows)]);
    }
    await this.#lookForMoved(rows, opened);
    for (const [file, at, row] of opened) {
      if (this.#isStopped || this.#followers.has(keyOf(file.identity))) await file.handle.close();
      else if (!row && (await this.#isCopyInTheMaking(file))) await file.handle.close();
      else this.#follow(file, at.pattern.labels, this.#offsetOf(file, row, rows), row);
    }
    const folders = [...seen.values()].map((at) => dirname(at.path));
    this.#watch.set(new Set([...this.#patterns.flatMap((p) => p.glob.folders), ...folders]));
  }

  /** Every file that matches, by device and inode. */
  async #seen(): Promise<Map<string, Seen>> {
    const seen = new Map<string, Seen>();
    for (const pattern of this.#patterns) {
      for (const path of await pattern.glob.files()) {
        if (pattern.exclude?.matches(path)) continue;
        const at = await stat(path).catch(() => undefined);
        if (at && !seen.has(fileKey(at))) seen.set(fileKey(at), { path, pattern });
      }
    }
    return seen;
  }

  /** Rows of files that are not where they were: the rest of them is read before what stands there now. */
  async #lookForMoved(
    rows: readonly Mark[],
    opened: readonly (readonly [Opened, Seen, Mark | undefined])[],
  ): Promise<void> {
    const found = new Set(opened.flatMap(([, , row]) => (row ? [rowKey(row)] : [])));
    for (const row of rows) {
      const pattern = this.#patterns.find((p) => p.glob.matches(row.key));
      const key = rowKey(row);
      if (!pattern || found.has(key) || this.#lookedFor.has(key)) continue;
      this.#lookedFor.add(key);
      if (!this.#followers.has(keyOf(row.file!))) await this.#rescue(row, pattern);
    }
  }

  /** Looks beside a row's path for its file under another name, or for a copy of it. Whether there was one. */
  async #rescue(row: Mark, pattern: Pattern): Promise<boolean> {
    const folder = dirname(row.key);
    const own = basename(row.key);
    // Of a file in which nothing was there is nothing to be known by.
    const names = row.file!.headBytes > 0 ? await readdir(folder).catch(() => []) : [];
    for (const name of names.sort()) {
      if (name === own) continue;
      const at = await stat(join(folder, name)).catch(() => undefined);
      if (!at?.isFile() || at.size < Number(row.value)) continue;
      const isSame = at.ino === row.file!.inode;
      const mayBeCopy = name.startsWith(own) && row.file!.headBytes === HEAD_BYTES_MAX;
      if (!isSame && !mayBeCopy) continue;
      if (this.#followers.has(fileKey(at))) continue;
      const file = await openFile(join(folder, name));
      if (file && hasHead(file.head, row.file!) && !this.#isStopped) {
        const moved = { ...file, path: row.key };
        const follower = this.#follow(moved, pattern.labels, Number(row.value), isSame ? row : undefined);
        follower.leave(true);
        return true;
      }
      await file?.handle.close();
    }
    return false;
  }

  /** A file that begins and goes on as one beside it that is followed: it is being copied, to be emptied after that. */
  async #isCopyInTheMaking(file: Opened): Promise<boolean> {
    if (file.identity.headBytes < HEAD_BYTES_MAX) return false;
    const end = await readAt(file.handle, file.size - HEAD_BYTES_MAX);
    for (const follower of this.#followers.values()) {
      const { path, identity, isLeaving } = follower;
      const isNamedAfter = file.path !== path && file.path.startsWith(path);
      if (!isNamedAfter || isLeaving || !hasHead(file.head, identity)) continue;
      if (end.equals(await follower.bytesAt(file.size - HEAD_BYTES_MAX))) return true;
    }
    return false;
  }

  #offsetOf(file: Opened, row: Mark | undefined, rows: readonly Mark[]): number {
    if (row) return Number(row.value);
    // Another file's row at this path: this is a new one.
    if (rows.some((r) => r.key === file.path)) return 0;
    const { positions, job } = this.#parts;
    const other = positions.elsewhere(job, file.path);
    if (other) return knownRow(file, [other]) ? Number(other.value) : 0;
    const offset = Number(positions.valueOf(file.path) ?? 0);
    return Number.isSafeInteger(offset) && offset >= 0 && offset <= file.size ? offset : 0;
  }

  #follow(
    file: Omit<Opened, 'head' | 'size'>,
    labels: ReadonlyMap<string, string>,
    offset: number,
    known: Mark | undefined,
  ): FileFollower {
    const { log, telemetry } = this.#parts;
    const follower = new FileFollower(
      {
        ...this.#parts,
        isWatched: (path) => this.#watch.isWatched(path),
        onMoved: () => this.#syncSoon(),
        onTruncated: (before) => this.#onTruncated(before),
        onEnded: (ended) => this.#onEnded(ended),
      },
      file,
      labels,
      offset,
      known,
    );
    const before = [...this.#followers.values()].filter((f) => f.isLeaving && f.path === file.path);
    this.#followers.set(keyOf(file.identity), follower);
    telemetry.files.add(1);
    log.info('following a file', { path: file.path, offset });
    follower.start(Promise.all(before.map((f) => f.drained)));
    return follower;
  }

  async #onTruncated(before: Mark): Promise<boolean> {
    const pattern = this.#patterns.find((p) => p.glob.matches(before.key));
    if (!pattern) return false;
    const { file, ...rest } = before;
    // The file itself is still at its path: only a copy of it is wanted.
    return this.#rescue({ ...rest, file: { ...file!, inode: -1 } }, pattern);
  }

  #onEnded(follower: FileFollower): void {
    this.#followers.delete(keyOf(follower.identity));
    this.#parts.telemetry.files.add(-1);
    this.#parts.intake.sender.endSource(follower, follower.isMoved);
    this.#parts.log.info('no longer following a file', { path: follower.path });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#watch.close();
    await this.#syncing;
    await Promise.all([...this.#followers.values()].map((f) => f.stop()));
    this.#parts.telemetry.files.add(-this.#followers.size);
  }
}

function patternKey({ pattern, exclude, labels }: FileTarget): string {
  return JSON.stringify([pattern, exclude, labels.key()]);
}

function compile(target: FileTarget): Pattern {
  const { pattern, exclude, labels } = target;
  return {
    target,
    glob: new Glob(pattern),
    exclude: exclude === '' ? undefined : new Glob(exclude),
    labels: labelMap(labels),
  };
}

/** Undefined where it has gone meanwhile, or is not for us to read. */
async function openFile(path: string): Promise<Opened | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const at = await handle.stat();
    const head = await readHead(handle);
    return { path, handle, identity: identityOf(at, head), head, size: at.size };
  } catch {
    await handle?.close();
    return undefined;
  }
}

async function inodeAt(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.ino;
}

/** The row of this very file. */
function knownRow(file: Opened, rows: readonly Mark[]): Mark | undefined {
  return rows.find(({ key, value, file: known }) => {
    if (known?.inode !== file.identity.inode) return false;
    // Devices are numbered anew when the machine starts.
    const isSame = known.device === file.identity.device || key === file.path;
    return isSame && Number(value) <= file.size && hasHead(file.head, known);
  });
}
