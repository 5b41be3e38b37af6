/** `trilite restore FILE --data DIR`: a backup, or any other file of a database, becomes what a server starts on. */

import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeWhole } from '../base/whole-file.ts';
import { ConfigError } from '../config/config-error.ts';
import { TriliteError } from '../model/errors.ts';
import { isLocked } from '../storage/sqlite/inspect.ts';
import { contentsOf, sound } from './backup.ts';
import { type Output, processOutput } from './output.ts';

const DATABASE_FILE = 'trilite.db';
/** What stands beside a database, and would be taken for the restored one's. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

export const RESTORE_OPTIONS = {
  data: { type: 'string' },
  force: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const RESTORE_USAGE = `Usage: trilite restore --data DIR [--force] FILE

Makes a data directory of a backup, or of a file that "trilite snapshot" made. The file is looked over first; the directory gets it whole or not at all.

  trilite restore --data /var/lib/trilite backup.db
  trilite restore --data ./data --force backup.db

  --data DIR            where a server will look for it; must have no database yet
  --force               takes the place of the database that is there; no server may run on it
  --help

Exit code 0 when it is restored, 1 where it is not: then everything is as it was, 2 for bad flags.
`;

/** Resolves with the exit code. Throws `ConfigError` for bad flags, `TriliteError` where nothing was restored. */
export async function restoreCommand(
  argv: readonly string[],
  output: Output = processOutput,
): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help) {
    output.out(RESTORE_USAGE.trimEnd());
    return 0;
  }
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw wrong('one file is restored');
  if (values.data === undefined) throw wrong('--data says where to');
  if (!existsSync(file)) throw new TriliteError('not_found', `there is no file ${file}`);
  sound(file);
  const target = join(values.data, DATABASE_FILE);
  const isThere = existsSync(target);
  if (isThere && !values.force) {
    throw new TriliteError(
      'execution',
      `${values.data} has a database already; --force puts this one in its place`,
    );
  }
  if (isThere && isLocked(target))
    throw new TriliteError('execution', `a server runs on ${values.data}: stop it first`);
  mkdirSync(values.data, { recursive: true });
  const inspection = await writeWhole(target, async (partial) => {
    copyFileSync(file, partial);
    const restored = sound(partial);
    // The last thing before the new one has its name.
    for (const suffix of COMPANIONS) rmSync(target + suffix, { force: true });
    return restored;
  });
  output.out(`${values.data}: ${contentsOf(inspection)}`);
  return 0;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: RESTORE_OPTIONS, allowPositionals: true });
  } catch (error) {
    throw wrong((error as Error).message.split(/\. (?=[A-Z])|\n/, 1)[0]!);
  }
}

function wrong(what: string): ConfigError {
  return new ConfigError(`${what}; see trilite restore --help`);
}
