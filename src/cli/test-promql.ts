/** `trilite test promql FILE…`: runs query scripts, prints failures, ends with `N passed, N failed`. */

import { runPromqlScripts } from '../query/script/run-script.ts';

/** Resolves with the exit code: 0 where all passed, else 1. */
export async function testPromqlCommand(
  files: readonly string[],
  print: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): Promise<number> {
  const { passed, failed } = await runPromqlScripts(files, print);
  print(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
