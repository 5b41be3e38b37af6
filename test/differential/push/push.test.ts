/**
 * Random pushes to a real Loki and to Trilite: statuses, bodies and what is there afterwards are alike. `run.ts` sends as
 * many as one likes. Loki is the one that `TRILITE_TEST_LOKI` names, or `loki` on `PATH`.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOKI, LOKI_MISSING } from '../logql/run-loki.ts';
import { pushToBoth } from './pair.ts';

const SEED = 20_260_101;
const REQUESTS = 300;
const TIMEOUT_MS = 180_000;

// Not among what a full run has to have: it is not packaged.
const skip = LOKI === undefined && LOKI_MISSING;

test('pushes are answered and stored as by Loki', { skip, timeout: TIMEOUT_MS }, async () => {
  const { differences, statuses } = await pushToBoth(SEED, Array(REQUESTS).keys());
  const told = differences.map(
    ({ request, lines }) => `#${request.number} ${request.path}\n  ${lines.join('\n  ')}`,
  );
  assert.deepEqual(told, []);
  assert.ok(statuses.size > 5, 'requests of many kinds');
});
