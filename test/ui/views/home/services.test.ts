/** Services of all signals as one list. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstantAnswer } from '../../../../src/ui/api/vector.ts';
import {
  numberQueries,
  serviceNumbers,
  serviceRows,
  servicesOfJobs,
} from '../../../../src/ui/views/home/services.ts';

function vector(...rows: readonly [service: string, kind: string, value: string][]): InstantAnswer {
  const result = rows.map(([service, kind, value]) => ({
    metric: { service, span_kind: `SPAN_KIND_${kind}` },
    value: [0, value] as const,
  }));
  return { data: { resultType: 'vector', result } };
}

const CALLS = vector(
  ['cart', 'CLIENT', '50'],
  ['cart', 'SERVER', '10'],
  ['job', 'INTERNAL', '2'],
  ['off', 'SERVER', '0'],
);
const FAILED = vector(['cart', 'SERVER', '1'], ['cart', 'CLIENT', '50']);
const P95 = vector(['cart', 'SERVER', '0.25'], ['job', 'INTERNAL', 'NaN']);

test('what a service answers is what counts; without that what else it does', () => {
  const numbers = serviceNumbers(CALLS, FAILED, P95);
  assert.deepEqual(numbers.get('cart'), { calls: 10, errors: 0.1, p95: 0.25, kind: 'SPAN_KIND_SERVER' });
  assert.deepEqual(numbers.get('job'), { calls: 2, errors: 0, p95: undefined, kind: 'SPAN_KIND_INTERNAL' });
  assert.ok(!numbers.has('off'));
});

test('services without numbers follow by name, each once', () => {
  const rows = serviceRows(serviceNumbers(CALLS, FAILED, P95), ['web', 'cart', '', 'auth', 'web']);
  assert.deepEqual(
    rows.map(({ name, numbers }) => [name, numbers !== undefined]),
    [
      ['cart', true],
      ['job', true],
      ['auth', false],
      ['web', false],
    ],
  );
});

test('a job of OTLP is called by its last part', () => {
  assert.deepEqual(servicesOfJobs(['shop/cart', 'node']), ['cart', 'node']);
});

test('the window stands in every query', () => {
  for (const expr of numberQueries('600s')) assert.match(expr, /\[600s\]/);
});
