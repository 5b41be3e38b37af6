/**
 * Random requests of Jaeger's query API about random traces, answered by a real Jaeger and by Trilite, must be answered alike.
 * `jaeger-run.ts` asks as much as one likes.
 *
 * Jaeger is the one that `TRILITE_TEST_JAEGER` names, or `jaeger` on `PATH`. Up to 2.20 its memory keeps what an answer changes in
 * a trace, so it takes a later one; the last that has the first version's search is its main branch of 7 August 2026 (83f312167).
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askAll, newTally } from './differential.ts';
import { startPair } from './pair.ts';
import { RequestGenerator } from './requests.ts';
import { JAEGER, JAEGER_MISSING } from './run-jaeger.ts';
import { makeTraces } from './traces.ts';

/** Of the generators; another with every change would not tell a regression from a find. */
const SEED = 1;
const TRACES = 80;
const REQUESTS = 800;
const TIMEOUT_MS = 240_000;

test('random requests are answered alike', {
  // No package manager has Jaeger: even where everything that can be installed must be there, this may be missing.
  skip: JAEGER === undefined && JAEGER_MISSING,
  timeout: TIMEOUT_MS,
}, async (t) => {
  const pair = await startPair();
  const tally = newTally();
  try {
    const exports = makeTraces(SEED, TRACES);
    await pair.push(exports);
    const { withFirstSearch } = pair;
    const generator = new RequestGenerator(SEED, { exports, traces: TRACES, withFirstSearch });
    await askAll(pair, () => generator.request(), REQUESTS, tally);
  } finally {
    await pair.dispose();
  }
  const explained = [...tally.explained.values()].reduce((a, b) => a + b, 0);
  t.diagnostic(`${tally.asked} asked, ${tally.answered} with content, ${explained} explained`);
  const told = tally.differences.map(
    ({ request, lines }) => `${JSON.stringify(request)}\n  ${lines.slice(0, 3).join('\n  ')}`,
  );
  assert.deepEqual(told, []);
  assert.ok(tally.answered > REQUESTS / 3, `${tally.answered} have content`);
  assert.ok(tally.refused > REQUESTS / 20, `${tally.refused} are refused`);
  assert.ok(explained < REQUESTS / 20, `${explained} are explained`);
});
