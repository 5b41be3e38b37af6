/** `trilite test promql FILE…`: runs query scripts, prints failures, ends with `N passed, N failed`. */

import { accessSync, constants } from 'node:fs';
import { ConfigError } from '../config/config-error.ts';
import { runPromqlScripts } from '../query/script/run-script.ts';

/** Resolves with the exit code: 0 where all passed, else 1. Throws `ConfigError` for a file that is not there. */
export async function testPromqlCommand(
  files: readonly string[],
  print: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): Promise<number> {
  for (const file of files) readable(file);
  const { passed, failed } = await runPromqlScripts(files, print);
  print(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function readable(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`cannot read ${file}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
}
