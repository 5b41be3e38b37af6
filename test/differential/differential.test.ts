/**
 * Random queries over random data, answered by a real Prometheus and by Trilite, must be answered alike. The requests
 * that once were not (`kept.json`) come first. `run.ts` asks as many as one likes.
 *
 * Prometheus is the one that `TRILITE_TEST_PROMETHEUS` names, or `prometheus` on `PATH`; of one before 3.0, whose
 * windows are closed and whose functions are fewer, only what it has in common with later ones is asked.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PROMETHEUS, PROMETHEUS_MISSING } from '../clients/prometheus/run-prometheus.ts';
import { skipUnless } from '../support/program.ts';
import { makeData } from './data.ts';
import { askAll, newTally, type Tally } from './differential.ts';
import type { Features } from './features.ts';
import { prometheusFeatures, startPair } from './pair.ts';
import { type Request, RequestGenerator } from './queries.ts';

/** Of the generator; another with every change would not tell a regression from a find. */
const SEED = 20_260_101;
const QUERIES = 1500;
const TIMEOUT_MS = 120_000;

interface Kept {
  readonly seed: number;
  readonly requests: readonly Request[];
}

async function run(
  features: Features,
  seed: number,
  requestOf: (n: number) => Request,
  count: number,
): Promise<Tally> {
  const pair = await startPair(features);
  const tally = newTally();
  try {
    await pair.write(makeData(seed, features));
    await askAll(pair, requestOf, count, tally);
  } finally {
    await pair.dispose();
  }
  return tally;
}

function assertAlike({ differences }: Tally): void {
  const told = differences.map(
    ({ request, narrowed, lines }) =>
      `${JSON.stringify(request)}\n  ${narrowed}\n  ${lines.slice(0, 3).join('\n  ')}`,
  );
  assert.deepEqual(told, []);
}

const skip = skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING);
const features = PROMETHEUS === undefined ? undefined : prometheusFeatures();
const onlyCurrent = features?.current === true ? false : 'this Prometheus is older than the answers';

test('what once was answered otherwise', { skip: skip || onlyCurrent, timeout: TIMEOUT_MS }, async () => {
  const kept = JSON.parse(readFileSync(new URL('./kept.json', import.meta.url), 'utf8')) as Kept;
  const tally = await run(features!, kept.seed, (n) => kept.requests[n]!, kept.requests.length);
  assertAlike(tally);
  assert.ok(tally.answered > kept.requests.length / 2, `${tally.answered} have values`);
});

test('random queries are answered alike', { skip, timeout: TIMEOUT_MS }, async (t) => {
  const generator = new RequestGenerator(SEED, features!);
  const tally = await run(features!, SEED, (n) => generator.request(n), QUERIES);
  const explained = [...tally.accidents.values()].reduce((a, b) => a + b, 0);
  t.diagnostic(`seed ${SEED}: ${tally.asked} asked, ${tally.answered} with values, ${explained} explained`);
  assertAlike(tally);
  assert.ok(tally.answered > QUERIES / 3, `${tally.answered} have values`);
  assert.ok(tally.refused > QUERIES / 50, `${tally.refused} are refused`);
  assert.ok(explained < QUERIES / 50, `${explained} are explained away`);
});
