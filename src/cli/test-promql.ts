/** `trilite test promql FILE…`: runs query scripts, prints failures, ends with `N passed, N failed`. */

import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { runPromqlScripts } from '../query/script/run-script.ts';

/** What a script in a directory is called. */
const SCRIPT_ENDING = '.test';

/** Resolves with the exit code: 0 where all passed, else 1. Throws `ConfigError` for a file that is not there. */
export async function testPromqlCommand(
  paths: readonly string[],
  print: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): Promise<number> {
  const { passed, failed } = await runPromqlScripts(paths.flatMap(scriptsAt), print);
  print(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** The file, or the scripts anywhere below the directory, by name. */
function scriptsAt(path: string): string[] {
  try {
    accessSync(path, constants.R_OK);
    if (!statSync(path).isDirectory()) return [path];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`cannot read ${path}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(SCRIPT_ENDING))
    .sort()
    .map((name) => join(path, name));
  if (files.length === 0) throw new ConfigError(`there is no *${SCRIPT_ENDING} below ${path}`);
  return files;
}
