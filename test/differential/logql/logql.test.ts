/**
 * Random LogQL over random lines, answered by a real Loki and by Trilite, must be answered alike. `logql-run.ts` asks as much as
 * one likes.
 *
 * Loki is the one that `TRILITE_TEST_LOKI` names, or `loki` on `PATH`.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askAll, newTally } from './differential.ts';
import { startPair } from './pair.ts';
import { RequestGenerator } from './requests.ts';
import { LOKI, LOKI_MISSING } from './run-loki.ts';
import { makeStreams } from './streams.ts';

/** Of the generators; another with every change would not tell a regression from a find. */
const SEED = 1;
const REQUESTS = 600;
const TIMEOUT_MS = 240_000;

test('random LogQL is answered alike', {
  // No package manager has Loki: even where everything that can be installed must be there, this may be missing.
  skip: LOKI === undefined && LOKI_MISSING,
  timeout: TIMEOUT_MS,
}, async (t) => {
  const pair = await startPair();
  const tally = newTally();
  try {
    await pair.push(makeStreams(SEED));
    const generator = new RequestGenerator(SEED);
    await askAll(pair, (n) => generator.request(n), REQUESTS, tally);
  } finally {
    await pair.dispose();
  }
  const explained = [...tally.explained.values()].reduce((a, b) => a + b, 0);
  t.diagnostic(`seed ${SEED}: ${tally.asked} asked, ${tally.answered} with content, ${explained} explained`);
  const told = tally.differences.map(
    ({ request, narrowed, lines }) =>
      `${JSON.stringify(request)}\n  ${narrowed}\n  ${lines.slice(0, 3).join('\n  ')}`,
  );
  assert.deepEqual(told, []);
  assert.ok(tally.answered > REQUESTS / 3, `${tally.answered} have content`);
  assert.ok(tally.refused > REQUESTS / 20, `${tally.refused} are refused`);
  assert.ok(explained < REQUESTS / 5, `${explained} are explained`);
});
