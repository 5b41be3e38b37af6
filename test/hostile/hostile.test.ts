/**
 * Every attack, briefly, against the built program with little memory, honest clients beside: the process lives, memory and
 * descriptors are what they should be, nothing acknowledged is lost, and it ends politely. `node test/hostile/run.ts` does the
 * same for as long as is wanted. `TRILITE_TEST_HOSTILE_SEED=N` sets what is random.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ATTACKS } from './attacks.ts';
import { runCampaign } from './campaign.ts';
import { judge, printReport } from './judge.ts';

const SEED = Number(process.env.TRILITE_TEST_HOSTILE_SEED ?? 1);

test('a server under attack', { timeout: 240_000 }, async (t) => {
  const names = ATTACKS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, 'each attack has a name of its own');
  const report = await runCampaign({
    memory: '400MB',
    attacks: names,
    seed: SEED,
    attackers: 2,
    lanes: 3,
    strikeMs: 2000,
    totalMs: 0,
    afterMs: 2000,
  });
  t.diagnostic(`seed ${SEED}\n${printReport(report)}`);
  assert.deepEqual(Object.keys(report.attacks).sort(), [...names].sort(), 'every attack was made');
  assert.deepEqual(judge(report), []);
});
