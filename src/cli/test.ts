/** `trilite test promql FILE…`: runs query test scripts. */

import { ConfigError } from '../config/config-error.ts';

/** Resolves with the exit code. */
export async function testCommand(rest: readonly string[]): Promise<number> {
  const [kind, ...files] = rest;
  if (kind !== 'promql' || files.length === 0) throw new ConfigError('usage: trilite test promql FILE...');
  return (await import('./test-promql.ts')).testPromqlCommand(files);
}
