/**
 * Sees when the files of the configuration have changed:
 *
 *   notice of a folder ─┐
 *                       ├─▶ contents other than those last tried? ─▶ the same a moment later? ─▶ reload
 *   now and then ───────┘
 *
 * Folders are watched, not files: editors and orchestrators put another file in the place of the old one. Where a file system
 * gives no notice (and where a link leads elsewhere) looking now and then finds it. A save that is under way is waited for:
 * a main file that is missing or empty is none, and contents must stay the same for a moment. Contents that were tried are
 * not tried again until they are others, whatever came of them.
 */

import { createHash, type Hash } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { glob, readFile, stat } from 'node:fs/promises';
import { basename, dirname, matchesGlob } from 'node:path';

/** How long contents must stay as they are: editors write a file in several steps. */
const SETTLE_MS = 300;
/** As often as the original looks. */
const POLL_MS = 30_000;
/** What stands before a pattern's first special character is a path. */
const GLOB = /[*?[{]/;
/** Kubernetes swaps a link of this name, and no file changes. */
const KUBERNETES_LINK = '..data';

export interface ConfigWatchOptions {
  /** Paths and globs; the first is the main file. */
  readonly patterns: readonly string[];
  /** Told of other contents, once. */
  readonly onChange: () => void;
  readonly settleMs?: number;
  readonly pollMs?: number;
}

export class ConfigWatch {
  readonly #options: ConfigWatchOptions;
  readonly #watchers: FSWatcher[] = [];
  /** Contents that were tried last; undefined: none that are known. */
  #tried: string | undefined;
  #settling: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ConfigWatchOptions) {
    this.#options = options;
  }

  /** What was written by `readMs` was tried. Resolves when changes are seen. */
  async start(readMs: number): Promise<void> {
    this.#watchFolders();
    const { print, newestMs } = await this.#look();
    if (newestMs <= readMs) this.#tried ??= print;
    if (this.#closed) return;
    this.#poll = setInterval(() => this.#suspect(), this.#options.pollMs ?? POLL_MS);
    this.#poll.unref();
    // What was written later.
    this.#suspect();
  }

  /** The contents are about to be read: as they are now, they need not be tried again. */
  async noteReading(): Promise<void> {
    this.#tried = (await this.#look()).print;
  }

  #watchFolders(): void {
    const folders = new Map<string, string[]>();
    for (const pattern of this.#options.patterns) {
      const special = pattern.search(GLOB);
      const folder = dirname(special < 0 ? pattern : `${pattern.slice(0, special)}x`);
      const names = folders.get(folder) ?? [];
      // Below a glob of folders any name may matter.
      names.push(dirname(pattern) === folder ? basename(pattern) : '*');
      folders.set(folder, names);
    }
    for (const [folder, names] of folders) {
      const concerns = (name: string) => name === KUBERNETES_LINK || names.some((n) => matchesGlob(name, n));
      try {
        const watcher = watch(folder, { persistent: false }, (_event, name) => {
          if (name === null || concerns(name)) this.#suspect();
        });
        // A folder that goes away is looked at now and then.
        watcher.on('error', () => watcher.close());
        this.#watchers.push(watcher);
      } catch {
        // No notices: the folder is missing, or there are too many of them.
      }
    }
  }

  /** Looks, once nothing is heard for a moment. */
  #suspect(): void {
    if (this.#closed) return;
    clearTimeout(this.#settling);
    this.#settle(undefined);
  }

  #settle(seen: string | undefined): void {
    const check = async () => {
      const { print } = await this.#look();
      if (this.#closed || this.#settling !== timer || print === undefined || print === this.#tried) return;
      if (print === seen) this.#options.onChange();
      else this.#settle(print);
    };
    const timer = setTimeout(() => void check(), this.#options.settleMs ?? SETTLE_MS);
    timer.unref();
    this.#settling = timer;
  }

  /** A print of all contents, undefined where they are not whole; and when the newest was written. */
  async #look(): Promise<{ readonly print: string | undefined; readonly newestMs: number }> {
    const hash = createHash('sha256');
    let newestMs = 0;
    let isWhole = false;
    for (const [i, pattern] of this.#options.patterns.entries()) {
      const files = i > 0 && GLOB.test(pattern) ? await matches(pattern) : [pattern];
      for (const file of files) {
        const bytes = await addFile(hash, file);
        if (i === 0) isWhole = bytes > 0;
        newestMs = Math.max(newestMs, await writtenMs(file));
      }
    }
    return { print: isWhole ? hash.digest('hex') : undefined, newestMs };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#settling);
    clearInterval(this.#poll);
    for (const watcher of this.#watchers) watcher.close();
  }
}

/** Puts the file's name and contents into the hash; gives its size, 0 where it cannot be read. */
async function addFile(hash: Hash, file: string): Promise<number> {
  const bytes = await readFile(file).catch(() => undefined);
  hash.update(`${file}\0${bytes?.length}\0`).update(bytes ?? '');
  return bytes?.length ?? 0;
}

async function matches(pattern: string): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob(pattern)) found.push(file);
  return found.sort();
}

async function writtenMs(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return 0;
  }
}
