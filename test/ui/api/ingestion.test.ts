/** What comes in, by signal and way in. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failedRequests, inflows, signalInflows } from '../../../src/ui/api/ingestion.ts';
import { type OwnFamily, OwnMetrics } from '../../../src/ui/api/own-metrics.ts';

function counter(
  name: string,
  ...rows: readonly [labels: Record<string, string>, value: number][]
): OwnFamily {
  return {
    name,
    metric: rows.map(([labels, value]) => ({
      label: Object.entries(labels).map(([key, text]) => ({ name: key, value: text })),
      counter: { value },
    })),
  };
}

function reading(atMs: number, factor: number): OwnMetrics {
  return new OwnMetrics(
    [
      counter(
        'trilite_receiver_accepted_samples_total',
        [{ receiver: 'scrape' }, 100 * factor],
        [{ receiver: 'remote_write' }, 400 * factor],
        [{ receiver: 'metrics_generator' }, 1000 * factor],
      ),
      counter('trilite_receiver_accepted_spans_total', [{ receiver: 'zipkin' }, 10]),
      counter(
        'trilite_receiver_refused_entries_total',
        [{ receiver: 'loki_push', reason: 'too_old' }, 2],
        [{ receiver: 'loki_push', reason: 'rate_limit' }, 7],
        [{ receiver: 'loki_push', reason: 'invalid' }, 0],
      ),
      counter('trilite_receiver_bytes_total', [{ receiver: 'remote_write' }, 1000 * factor]),
      counter(
        'trilite_receiver_failed_requests_total',
        [{ receiver: 'zipkin', reason: 'bad_data' }, 1],
        [{ receiver: 'zipkin', reason: 'overloaded' }, 0],
      ),
    ],
    atMs,
  );
}

const READINGS = [reading(0, 1), reading(10_000, 2)];

test('every way in has its rate, the fastest first, with what was refused and why', () => {
  const rows = inflows(READINGS);
  assert.deepEqual(
    rows.map(({ signal, receiver, perSecond, total }) => [signal, receiver, perSecond, total]),
    [
      ['metrics', 'metrics_generator', 100, 2000],
      ['metrics', 'remote_write', 40, 800],
      ['metrics', 'scrape', 10, 200],
      ['logs', 'loki_push', undefined, 0],
      ['traces', 'zipkin', 0, 10],
    ],
  );
  assert.deepEqual(rows[3]!.refused, [
    { reason: 'rate_limit', count: 7 },
    { reason: 'too_old', count: 2 },
  ]);
  assert.equal(rows[1]!.bytesPerSecond, 100);
  assert.equal(rows[2]!.bytesPerSecond, undefined);
});

test('what the server makes itself is not somebody who sends', () => {
  assert.deepEqual(signalInflows(READINGS), [
    { signal: 'metrics', total: 1000, perSecond: 50, isSettled: false, refused: 0 },
    { signal: 'logs', total: 0, perSecond: 0, isSettled: false, refused: 9 },
    { signal: 'traces', total: 10, perSecond: 0, isSettled: false, refused: 0 },
  ]);
  assert.equal(signalInflows(READINGS.slice(0, 1))[0]!.perSecond, undefined);
  assert.ok(signalInflows([reading(0, 1), reading(20_000, 1)])[0]!.isSettled);
  assert.deepEqual(
    signalInflows([]).map(({ total }) => total),
    [0, 0, 0],
  );
});

test('requests that were refused as a whole are told with their reason', () => {
  assert.deepEqual(failedRequests(READINGS[1]!), [{ receiver: 'zipkin', reason: 'bad_data', count: 1 }]);
});
