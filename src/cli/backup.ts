/** `trilite backup` copies everything that a server stores into one file; `trilite restore` makes a data directory of such a file. */

import fs from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError } from '../config/config-error.ts';
import { TriliteError } from '../model/errors.ts';
import { makeWhole, openSealed } from '../sealed-file.ts';
import { inspect } from '../storage/sqlite/inspect.ts';
import { CREDENTIAL_FLAGS, CREDENTIAL_USAGE } from './client-credentials.ts';
import { CLIENT_OPTIONS, CLIENT_USAGE } from './client-flags.ts';
import { DEFAULT_ADDRESS, download, type Flags, writeWhole } from './file-download.ts';
import { type Output, processOutput } from './output.ts';

const DATABASE_FILE = 'trilite.db';
const HELP = { help: { type: 'boolean', short: 'h' } } as const;

export const BACKUP_OPTIONS = {
  ...CLIENT_OPTIONS,
  ...CREDENTIAL_FLAGS,
  ...HELP,
  url: { type: 'string' },
  data: { type: 'string' },
} as const;

export const BACKUP_USAGE = `Usage: trilite backup [flags] FILE

Copies everything that is stored into one file, while writing goes on, and checks it.

  trilite backup trilite-backup.db
  trilite backup --data ./data trilite-backup.db

  --url URL             of a running server (${DEFAULT_ADDRESS}); also TRILITE_ADDR. Takes the right to administer
  --data PATH           a data directory that no server runs on
${CREDENTIAL_USAGE}
${CLIENT_USAGE}  --help

Exit code 0 where the file is whole and sound, 1 where there is none, 2 for bad flags.
`;

export const RESTORE_OPTIONS = { ...HELP, data: { type: 'string' } } as const;

export const RESTORE_USAGE = `Usage: trilite restore FILE --data DIR

Makes a data directory of a backup or an incident file, for a server to go on with.

  trilite restore trilite-backup.db --data ./data

  --data DIR            must be empty, or not there
  --help

Exit code 0 where the directory is ready, 1 where nothing was done, 2 for bad flags.
`;

/** Resolves with the exit code. Throws `ConfigError` for bad flags, `TriliteError` where there is no file. */
export async function backupCommand(
  argv: readonly string[],
  output: Output = processOutput,
): Promise<number> {
  const { values, file } = parse(argv, 'backup', BACKUP_OPTIONS);
  if (values.help) {
    output.out(BACKUP_USAGE.trimEnd());
    return 0;
  }
  if (values.data !== undefined && values.url !== undefined)
    throw new ConfigError('--data and --url cannot both be given; see trilite backup --help');
  const target = fileOf(file, 'backup');
  await writeWhole(target, async (partial) => {
    if (values.data === undefined) {
      await download(values, 'backup', 'backup', partial);
      await makeWhole(partial);
    } else await copyWhole(String(values.data), partial);
    checkSound(partial);
  });
  tell(target, output);
  return 0;
}

/** Resolves with the exit code. Throws `ConfigError` for bad flags, `TriliteError` where nothing was done. */
export async function restoreCommand(
  argv: readonly string[],
  output: Output = processOutput,
): Promise<number> {
  const { values, file } = parse(argv, 'restore', RESTORE_OPTIONS);
  if (values.help) {
    output.out(RESTORE_USAGE.trimEnd());
    return 0;
  }
  const source = fileOf(file, 'restore');
  if (values.data === undefined) throw new ConfigError('--data is missing; see trilite restore --help');
  const dir = String(values.data);
  await fs.mkdir(dir, { recursive: true });
  if ((await fs.readdir(dir)).length > 0)
    throw new TriliteError('bad_data', `${dir} is not empty: give the directory of a new server`);
  const target = join(dir, DATABASE_FILE);
  await writeWhole(target, async (partial) => {
    await copyWhole(source, partial);
    checkSound(partial);
  });
  tell(target, output);
  return 0;
}

function parse(
  argv: readonly string[],
  command: string,
  options: typeof BACKUP_OPTIONS | typeof RESTORE_OPTIONS,
) {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    return { values: values as Flags, file: positionals.length === 1 ? positionals[0] : undefined };
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}; see trilite ${command} --help`);
  }
}

function fileOf(file: string | undefined, command: string): string {
  if (file === undefined) throw new ConfigError(`one file is to be named; see trilite ${command} --help`);
  return file;
}

/** Of a file, or of a directory that no server runs on. */
async function copyWhole(path: string, target: string): Promise<void> {
  const source = await openSealed(path);
  try {
    await fs.copyFile(source.path, target);
    await fs.chmod(target, 0o600);
  } finally {
    source.close();
  }
}

function checkSound(path: string): void {
  const { faults } = inspect(path);
  if (faults.length > 0) throw new TriliteError('internal', `the copy is damaged: ${faults.join('; ')}`);
}

function tell(path: string, output: Output): void {
  const { fileBytes, signals } = inspect(path);
  const { metrics, logs, traces } = signals;
  output.out(
    `${path}: ${fileBytes} bytes, ${metrics.items} samples, ${logs.items} lines, ${traces.items} spans`,
  );
}
