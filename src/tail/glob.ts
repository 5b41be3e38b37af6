/**
 * Patterns of paths: `*` and `?` within a name, `**` over any number of folders, `[a-z]` and `[^a-z]` (or `[!a-z]`),
 * `{one,other}`, and a backslash before what is meant as it stands. A pattern is walked folder by folder, so that only
 * folders that can hold a match are read.
 */

import { lstat, readdir, stat } from 'node:fs/promises';
import { namePatternSource } from '../base/name-pattern.ts';
import { TriliteError } from '../model/errors.ts';

/** Deeper than this a folder is taken for a loop of links. */
const DEPTH_MAX = 64;
/** Alternatives that one pattern may expand to. */
const ALTERNATIVES_MAX = 1000;

const ANY_DEPTH = '**';
const MAGIC = /[*?[\\]/;

export class Glob {
  readonly #alternatives: readonly (readonly string[])[];
  readonly #whole: RegExp;

  /** Throws `bad_data` where brackets or braces do not close. */
  constructor(pattern: string) {
    const alternatives = expandBraces(pattern);
    this.#alternatives = alternatives.map((a) => a.split('/').filter((part, i) => part !== '' || i === 0));
    this.#whole = new RegExp(`^(?:${this.#alternatives.map(pathRegex).join('|')})$`, 'su');
  }

  /** The folders below which all matches are. */
  get folders(): string[] {
    return this.#alternatives.map((parts) => {
      const magic = parts.findIndex((part) => MAGIC.test(part));
      const fixed = parts.slice(0, magic < 0 ? -1 : magic);
      return fixed.length === 1 && fixed[0] === '' ? '/' : fixed.join('/') || '.';
    });
  }

  matches(path: string): boolean {
    return this.#whole.test(path);
  }

  /** The files that match, ascending, none twice. Folders that cannot be read have none. */
  async files(): Promise<string[]> {
    const found = new Set<string>();
    for (const parts of this.#alternatives) {
      const isAbsolute = parts[0] === '';
      await walk(isAbsolute ? '/' : '', isAbsolute ? parts.slice(1) : parts, found, 0);
    }
    return [...found].sort();
  }
}

/** Walks `parts` below `folder`, which is empty or ends in a slash. */
async function walk(
  folder: string,
  parts: readonly string[],
  found: Set<string>,
  depth: number,
): Promise<void> {
  const [part, ...rest] = parts;
  if (part === undefined || depth > DEPTH_MAX) return;
  if (part === ANY_DEPTH) {
    // As a last part it stands for every file below.
    await walk(folder, rest.length > 0 ? rest : ['*'], found, depth);
    for (const name of await namesIn(folder)) {
      if (await isFolder(folder + name, false)) await walk(`${folder}${name}/`, parts, found, depth + 1);
    }
    return;
  }
  const names = MAGIC.test(part) ? await matching(folder, part) : [part];
  for (const name of names) {
    const path = folder + name;
    if (rest.length > 0) {
      if (await isFolder(path, true)) await walk(`${path}/`, rest, found, depth + 1);
    } else if (await isFile(path)) found.add(path);
  }
}

async function matching(folder: string, part: string): Promise<string[]> {
  const regex = new RegExp(`^${partRegex(part)}$`, 'su');
  return (await namesIn(folder)).filter((name) => regex.test(name));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder === '' ? '.' : folder)).sort();
  } catch {
    return []; // Not there yet, or not for us.
  }
}

/** `**` does not follow links, which may lead in circles. */
async function isFolder(path: string, followsLinks: boolean): Promise<boolean> {
  try {
    return (await (followsLinks ? stat : lstat)(path)).isDirectory();
  } catch {
    return false;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function pathRegex(parts: readonly string[]): string {
  let out = '';
  parts.forEach((part, i) => {
    const isLast = i === parts.length - 1;
    if (part === ANY_DEPTH) out += isLast ? '.+' : '(?:[^/]+/)*';
    else out += partRegex(part) + (isLast ? '' : '/');
  });
  return out;
}

/** One name's pattern; braces are gone. */
function partRegex(part: string): string {
  const source = namePatternSource(part, '^!');
  if (source === undefined)
    throw new TriliteError('bad_data', `"[" is not closed in ${JSON.stringify(part)}`);
  return source;
}

/** The patterns that a pattern with braces stands for. */
function expandBraces(pattern: string): string[] {
  const open = braceAt(pattern);
  if (open < 0) return [pattern];
  const options: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let i = open; i < pattern.length; i++) {
    const c = pattern[i]!;
    if (c === '\\') i++;
    else if (c === '{') depth++;
    else if (c === ',' && depth === 1) {
      options.push(pattern.slice(from, i));
      from = i + 1;
    } else if (c === '}' && --depth === 0) {
      options.push(pattern.slice(from, i));
      const [head, tail] = [pattern.slice(0, open), pattern.slice(i + 1)];
      const all = options.flatMap((option) => expandBraces(head + option + tail));
      if (all.length > ALTERNATIVES_MAX) {
        throw new TriliteError('bad_data', `${JSON.stringify(pattern)} has too many alternatives`);
      }
      return all;
    }
  }
  throw new TriliteError('bad_data', `"{" is not closed in ${JSON.stringify(pattern)}`);
}

function braceAt(pattern: string): number {
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++;
    else if (pattern[i] === '{') return i;
  }
  return -1;
}
