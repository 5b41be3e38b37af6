/** The files that arguments name: as they are, or as globs that the shell has left alone. */

import { globSync, statSync } from 'node:fs';
import { TriliteError } from '../model/errors.ts';

/** In the order of the arguments, sorted within a glob. Throws where something is not there or is a directory. */
export function namedFiles(args: readonly string[]): string[] {
  return args.flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw new TriliteError('bad_data', `${path} is a directory`);
    if (found) return [path];
    const matches = /[*?[{]/.test(path) ? globSync(path).sort() : [];
    if (matches.length === 0) throw new TriliteError('not_found', `there is no file ${path}`);
    return matches;
  });
}
