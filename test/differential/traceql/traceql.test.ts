/**
 * Random TraceQL and other requests over random traces, answered by a real Tempo and by Trilite, must be answered alike. `traceql-run.ts`
 * asks as much as one likes.
 *
 * Tempo is the one that `TRILITE_TEST_TEMPO` names, or `tempo` on `PATH`.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askAll, newTally } from './differential.ts';
import { startPair } from './pair.ts';
import { RequestGenerator } from './requests.ts';
import { TEMPO, TEMPO_MISSING } from './run-tempo.ts';
import { makeTraces } from './traces.ts';

/** Of the generators; another with every change would not tell a regression from a find. */
const SEED = 3;
const REQUESTS = 600;
const TIMEOUT_MS = 280_000;

test('random TraceQL is answered alike', {
  // No package manager has Tempo: even where everything that can be installed must be there, this may be missing.
  skip: TEMPO === undefined && TEMPO_MISSING,
  timeout: TIMEOUT_MS,
}, async (t) => {
  const data = makeTraces(SEED);
  const pair = await startPair();
  const tally = newTally();
  try {
    await pair.push(data);
    const generator = new RequestGenerator(SEED, data.traceIds);
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
  assert.ok(explained < REQUESTS / 4, `${explained} are explained`);
});
