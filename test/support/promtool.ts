/** The original's `promtool` as an oracle: what it says of a configuration. */

import { execFileSync, spawnSync } from 'node:child_process';
import { findProgram } from './program.ts';

/** The one that `TRILITE_TEST_PROMTOOL` names, else the one on the path. */
export const PROMTOOL = process.env.TRILITE_TEST_PROMTOOL || findProgram('promtool');
export const PROMTOOL_MISSING = 'promtool is not installed (Debian: apt-get install prometheus)';

/** Whether the installed one is of that version or a later one; one that does not say so was built from the newest source. */
export function promtoolIsSince([sinceMajor, sinceMinor]: readonly [number, number]): boolean {
  const text = execFileSync(PROMTOOL!, ['--version'], { encoding: 'utf8' });
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(text) ?? [undefined, '999', '0'];
  return Number(major) > sinceMajor || (Number(major) === sinceMajor && Number(minor) >= sinceMinor);
}

/** Whether it takes the configuration file; with `syntaxOnly` it does not look for the files that the configuration names. */
export function promtoolTakes(file: string, syntaxOnly: boolean): boolean {
  const options = syntaxOnly ? ['--syntax-only'] : [];
  return spawnSync(PROMTOOL!, ['check', 'config', ...options, file]).status === 0;
}
