/**
 * Announcements of the file system, as a hint: where they come a change is seen at once, and quiet files need to be
 * looked at seldom. Where they do not come (network file systems, too many folders) nothing is missed, only later.
 */

import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';

/** The system has a limit for all programs together; more folders are looked at without. */
const FOLDERS_MAX = 256;

export class FolderWatch {
  readonly #onChange: (folder: string, name: string | undefined, isNameChange: boolean) => void;
  readonly #watchers = new Map<string, FSWatcher>();

  /** `isNameChange`: a name came or went. */
  constructor(onChange: (folder: string, name: string | undefined, isNameChange: boolean) => void) {
    this.#onChange = onChange;
  }

  /** Watches these folders and no others. */
  set(folders: ReadonlySet<string>): void {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) {
      if (this.#watchers.size >= FOLDERS_MAX) return;
      if (!this.#watchers.has(folder)) this.#open(folder);
    }
  }

  isWatched(path: string): boolean {
    return this.#watchers.has(dirname(path));
  }

  #open(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) =>
        this.#onChange(folder, name ?? undefined, event === 'rename'),
      );
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // Looked at without.
    }
  }

  close(): void {
    this.set(new Set());
  }
}
