/** Records what a promtool says of some of the cases: `node test/cli/promtool/record.ts PROMTOOL`. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXPRESSION_CASES, RULE_CASES } from './cases.ts';
import { CONFIG_CASES } from './config-cases.ts';
import { runPromtool } from './judge.ts';
import { UNIT_TEST_CASES } from './unit-test-cases.ts';

/** Every so manieth of all cases is kept. */
const EVERY = 5;

const cases = [...RULE_CASES, ...EXPRESSION_CASES, ...CONFIG_CASES, ...UNIT_TEST_CASES];
const lines: string[] = [];
for (const [i, one] of cases.entries()) {
  if (i % EVERY === 0)
    lines.push(JSON.stringify({ ...one, verdict: await runPromtool(process.argv[2]!, one) }));
}
writeFileSync(join(import.meta.dirname, 'recorded.jsonl'), `${lines.join('\n')}\n`);
