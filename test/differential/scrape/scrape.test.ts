/**
 * A real Prometheus and Trilite scrape the same targets with the same configuration file, and store and say the same of them.
 * `../scrape-run.ts` lets them scrape as long as one likes.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROMETHEUS, PROMETHEUS_MISSING } from '../../clients/prometheus/run-prometheus.ts';
import { skipUnless } from '../../support/program.ts';
import { runScrapes } from './differential.ts';
import { makeJobs } from './jobs.ts';
import { startScrapePair } from './pair.ts';

const SEED = 20_260_101;
/** Enough for every job to have gone through all of its pages, and for a target to go and come back. */
const SECONDS = 26;

test('the same scrapes leave the same', {
  timeout: 120_000,
  skip: skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING),
}, async () => {
  const pair = await startScrapePair((startMs, version) => makeJobs(SEED, startMs, version));
  try {
    const { samples, disturbed, differences } = await runScrapes(pair, SECONDS);
    const told = differences.slice(0, 20).map((d) => JSON.stringify(d));
    assert.deepEqual(told, []);
    assert.ok(disturbed < pair.jobs.length / 2, `${disturbed} targets were disturbed`);
    assert.ok(samples > 1500, `${samples} samples`);
  } finally {
    await pair.dispose();
  }
});
