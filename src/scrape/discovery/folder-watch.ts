/**
 * Told of anything that happens in some folders, also when a folder comes later, or another one takes its place (a symbolic
 * link that points elsewhere). For that each folder's parent is watched too, for the folder's name; where the parent is not
 * there either, the nearest one above that is.
 *
 * A watch belongs to what was at the path when it began: `renew` compares that with what is there now. It is called after
 * each change, and from time to time because watches may miss things (network file systems have none).
 */

import { type FSWatcher, watch } from 'node:fs';
import { readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';

interface Watched {
  /** Device and inode. */
  readonly identity: string;
  readonly watcher: FSWatcher;
}

export interface FolderWatchParts {
  readonly onChange: () => void;
  /** A folder that is there cannot be watched. */
  readonly onError: (folder: string, error: unknown) => void;
}

export class FolderWatch {
  readonly #folders: readonly string[];
  readonly #parts: FolderWatchParts;
  /** By folder and, of a parent, the name that is looked for. */
  readonly #watched = new Map<string, Watched>();
  #isClosed = false;

  constructor(folders: readonly string[], parts: FolderWatchParts) {
    this.#folders = [...new Set(folders.map((folder) => resolve(folder)))];
    this.#parts = parts;
  }

  /** Makes the watches those of what is there now. */
  async renew(): Promise<void> {
    const wanted = new Map<string, { folder: string; name: string | undefined; identity: string }>();
    for (const folder of this.#folders) {
      for (const { at, name } of await placesOf(folder)) {
        const identity = await identityOf(at);
        if (identity !== undefined) wanted.set(`${at} ${name ?? ''}`, { folder: at, name, identity });
      }
    }
    if (this.#isClosed) return;
    for (const [key, { identity, watcher }] of this.#watched) {
      if (wanted.get(key)?.identity === identity) continue;
      watcher.close();
      this.#watched.delete(key);
    }
    for (const [key, { folder, name, identity }] of wanted) {
      if (this.#watched.has(key)) continue;
      const watcher = this.#watch(key, folder, name);
      if (watcher) this.#watched.set(key, { identity, watcher });
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  #watch(key: string, folder: string, name: string | undefined): FSWatcher | undefined {
    const { onChange, onError } = this.#parts;
    const failed = (error: unknown): void => {
      this.#watched.get(key)?.watcher.close();
      this.#watched.delete(key);
      onError(folder, error);
    };
    try {
      const watcher = watch(folder, { persistent: false }, (_, changed) => {
        // The platform may leave the name out.
        if (name === undefined || changed === null || changed === name) onChange();
      });
      watcher.on('error', failed);
      return watcher;
    } catch (error) {
      failed(error);
      return undefined;
    }
  }
}

/** Where something may happen that concerns the folder: in it, and in what holds it or may come to hold it. */
async function placesOf(folder: string): Promise<{ at: string; name: string | undefined }[]> {
  const places: { at: string; name: string | undefined }[] = [{ at: folder, name: undefined }];
  let name = basename(folder);
  for (let at = dirname(folder); name !== ''; at = dirname(at)) {
    if ((await identityOf(at)) !== undefined) return [...places, { at, name }, ...(await linkPlace(folder))];
    name = basename(at);
  }
  return places;
}

/** A link's target may be moved as well, and may not be there. */
async function linkPlace(folder: string): Promise<{ at: string; name: string }[]> {
  const real = await realpath(folder)
    .catch(async () => resolve(dirname(folder), await readlink(folder)))
    .catch(() => folder);
  return real === folder ? [] : [{ at: dirname(real), name: basename(real) }];
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
