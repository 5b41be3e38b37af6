/**
 * Random rule files over random data must come to the same in a real Prometheus and in Trilite: series of recording rules and
 * of alerts, moment by moment, with their ends; states, texts and errors in `/api/v1/rules`; and what of it is left after
 * `kill -9`. `../rules-run.ts` does so with as many as one likes.
 *
 * Prometheus is the one that `TRILITE_TEST_PROMETHEUS` names, or `prometheus` on `PATH`. One that is older than the answers takes
 * other moments for its groups: of it only what stands still is compared, without errors.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROMETHEUS, PROMETHEUS_MISSING } from '../../clients/prometheus/run-prometheus.ts';
import { skipUnless } from '../../support/program.ts';
import { prometheusFeatures } from '../pair.ts';
import { runRules } from './differential.ts';

/** Another with every change would not tell a regression from a find. */
const SEED = 20_260_101;
const GROUPS = 10;
const MOVING_SECONDS = 12;
const TIMEOUT_MS = 150_000;

const skip = skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING);

test('random rules come to the same, also over a restart', { skip, timeout: TIMEOUT_MS }, async (t) => {
  const features = prometheusFeatures();
  const { written, differences, leftOut } = await runRules({
    seed: SEED,
    movingSeconds: MOVING_SECONDS,
    groups: GROUPS,
    restart: true,
    features,
    sameMoments: features.current,
  });
  t.diagnostic(`seed ${SEED}: rules wrote ${written} samples, ${leftOut} groups had to be left out`);
  assert.deepEqual(differences, []);
  assert.ok(written > 1000, `${written} samples`);
  assert.ok(leftOut <= GROUPS / 2, `${leftOut} groups left a moment out`);
});
