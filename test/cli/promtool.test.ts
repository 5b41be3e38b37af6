/** What Trilite says of configurations, rule files and unit tests, beside what a real promtool says of the same. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { findProgram, skipUnless } from '../support/program.ts';
import { EXPRESSION_CASES, type PromtoolCase, RULE_CASES } from './promtool/cases.ts';
import { CONFIG_CASES } from './promtool/config-cases.ts';
import { randomConfig, randomRules, randomUnitTest } from './promtool/generate.ts';
import { difference, runPromtool, runTrilite } from './promtool/judge.ts';
import { UNIT_TEST_CASES } from './promtool/unit-test-cases.ts';

const PROMTOOL = process.env.TRILITE_TEST_PROMTOOL ?? findProgram('promtool');
/** Of each kind; `TRILITE_TEST_PROMTOOL_CASES` looks further. */
const RANDOM_CASES = Number(process.env.TRILITE_TEST_PROMTOOL_CASES ?? 20);

/** One of version 2 says much in other words, and does not know all that the cases have. */
function isOld(program: string): boolean {
  return /^promtool, version 2\./.test(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout);
}

function randomCases(): PromtoolCase[] {
  return Array.from({ length: RANDOM_CASES }, (_, seed) => [
    randomRules(seed),
    randomConfig(seed),
    randomUnitTest(seed),
  ]).flat();
}

describe('promtool and trilite', { skip: skipUnless(PROMTOOL !== undefined, 'there is no promtool') }, () => {
  const all: Readonly<Record<string, readonly PromtoolCase[]>> = {
    'rule files': RULE_CASES,
    expressions: EXPRESSION_CASES,
    configurations: CONFIG_CASES,
    'unit tests': UNIT_TEST_CASES,
    'random files': randomCases(),
  };
  for (const [what, cases] of Object.entries(all)) {
    it(`say the same of ${what}`, async () => {
      const old = isOld(PROMTOOL!);
      const different: string[] = [];
      for (const one of cases) {
        if (old && one.isNew) continue;
        const [original, ours] = [await runPromtool(PROMTOOL!, one), await runTrilite(one)];
        const wrong = difference(one.args, original, ours, old);
        if (wrong !== undefined) different.push(`${one.name}: ${wrong}`);
      }
      assert.deepEqual(different, []);
    });
  }
});
