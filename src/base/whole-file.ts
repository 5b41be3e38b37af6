/** Files that are there as a whole or not at all: written under another name, made durable, and then given theirs. */

import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** What a file is called until it is whole. A run that was broken off leaves one behind, which the next one replaces. */
const PARTIAL_SUFFIX = '.partial';

/** `write` makes the file at the path that it is given; where it fails there is none. */
export async function writeWhole<T>(path: string, write: (partial: string) => Promise<T>): Promise<T> {
  const partial = path + PARTIAL_SUFFIX;
  const remove = () => {
    for (const suffix of ['', '-wal', '-shm', '-journal', '.lock']) rmSync(partial + suffix, { force: true });
  };
  remove();
  try {
    const made = await write(partial);
    sync(partial);
    renameSync(partial, path);
    sync(dirname(path));
    return made;
  } finally {
    remove();
  }
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
