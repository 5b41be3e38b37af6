/**
 * Patterns of paths as Go's `filepath.Glob` has them: `*`, `?` and `[a-z]` within a name, a backslash before what is meant as it
 * stands. Only folders that can hold a match are read.
 */

import { lstat, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { namePatternSource } from '../../base/name-pattern.ts';

const MAGIC = /[*?[\\]/;

/** What is there, ascending; for a path without magic that path, where something stands there (a broken link too). */
export async function expandPattern(pattern: string): Promise<string[]> {
  const parts = pattern.split('/');
  let found = [parts[0] === '' ? '/' : ''];
  for (const [i, part] of parts.entries()) {
    if (part === '') continue;
    const end = i < parts.length - 1 ? '/' : '';
    const next: string[] = [];
    for (const folder of found) {
      for (const name of MAGIC.test(part) ? await matching(folder, part) : [part]) {
        next.push(folder + name + end);
      }
    }
    found = next;
  }
  const isThere = await Promise.all(found.map(exists));
  return found.filter((_, i) => isThere[i]);
}

/** The folder that holds what a pattern stands for, where it is one. */
export function folderOf(pattern: string): string | undefined {
  const folder = dirname(pattern);
  return MAGIC.test(folder) ? undefined : folder;
}

async function matching(folder: string, part: string): Promise<string[]> {
  const regex = nameRegex(part);
  if (!regex) return [];
  try {
    return (await readdir(folder || '.')).filter((name) => regex.test(name)).sort();
  } catch {
    return []; // Not there yet, or no folder.
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}

/** Undefined where brackets do not close: such a pattern stands for nothing. */
function nameRegex(part: string): RegExp | undefined {
  const source = namePatternSource(part, '^');
  if (source === undefined) return undefined;
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return undefined; // A range that runs backwards.
  }
}
