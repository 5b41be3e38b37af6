/** `trilite test promql FILE…`: runs query test scripts. */

import { ConfigError } from '../config/config-error.ts';

const TEST_USAGE = `Usage: trilite test promql FILE|DIRECTORY...

Runs PromQL scripts: series to load, queries to evaluate, the answers that are expected. Of a directory every *.test
below it is run. Prints a line for each case that failed, as FILE:LINE: QUERY: what is wrong, and ends with
"N passed, N failed".

  load 1m
    requests_total{job="a"} 0+60x10

  eval instant at 5m rate(requests_total[2m])
    {job="a"} 1

Exit code 0 where all passed, 1 where one failed or a script cannot be read, 2 for a file that is not there.
docs/promql-scripts.md has the whole format.
`;

/** Resolves with the exit code. Throws `ConfigError` for arguments that cannot be. */
export async function testCommand(rest: readonly string[]): Promise<number> {
  const [kind, ...files] = rest;
  if (rest.some((argument) => argument === '--help' || argument === '-h')) {
    process.stdout.write(TEST_USAGE);
    return 0;
  }
  const flag = files.find((file) => file.startsWith('-'));
  if (flag !== undefined) throw new ConfigError(`unknown flag ${flag}; see trilite test --help`);
  if (kind !== 'promql' || files.length === 0) {
    throw new ConfigError('usage: trilite test promql FILE...; see trilite test --help');
  }
  return (await import('./test-promql.ts')).testPromqlCommand(files);
}
