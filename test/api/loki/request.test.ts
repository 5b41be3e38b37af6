/** Loki's notations of time, and answers of services over a small store: ties, limits, empty data, cancelling. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { instantFromNs, parseInstant } from '../../../src/api/loki/request.ts';
import { LOKI_SERVICES } from '../../../src/api/loki/services.ts';
import { Labels } from '../../../src/model/labels.ts';
import type { StorageReader } from '../../../src/storage/interface.ts';
import { MemoryLogs } from '../../storage/memory-logs.ts';

describe('times', () => {
  const rows: [text: string, ms: number | undefined, ns: number][] = [
    ['1767268800', 1767268800000, 0],
    ['1767268800.123', 1767268800123, 0],
    ['1767268800000000001', 1767268800000, 1],
    ['2026-01-01T12:00:00Z', 1767268800000, 0],
    ['2026-01-01T13:00:00.000000005+01:00', 1767268800000, 5],
    ['xyz', undefined, 0],
    ['', undefined, 0],
  ];
  for (const [text, ms, ns] of rows) {
    it(text, () => assert.deepEqual(parseInstant(text), ms === undefined ? undefined : { ms, ns }));
  }

  it('floor before the epoch', () => assert.deepEqual(instantFromNs(-1n), { ms: -1, ns: 999999 }));
});

const START_MS = 1767268800000;

function store(): StorageReader {
  const logs = new MemoryLogs(1000);
  for (let i = 0; i < 30; i++) {
    logs.add(Labels.from({ app: 'a' }), START_MS + Math.floor(i / 3) * 500, 7, `line ${i}`);
  }
  return { logs } as unknown as StorageReader;
}

async function call(
  service: string,
  params: Record<string, string>,
  storage = store(),
  signal = new AbortController().signal,
): Promise<{ status: number; text: string }> {
  const request = { params: Object.entries(params), path: {}, headers: {}, nowMs: START_MS + 60_000 };
  const answer = await LOKI_SERVICES[service]!(request, { storage, signal });
  return { status: answer.status, text: Buffer.from(answer.body).toString() };
}

/** Lines in the order in which they were given. */
async function lines(params: Record<string, string>): Promise<string[]> {
  const { text } = await call('loki.query_range', {
    query: '{app="a"}',
    start: String(START_MS / 1000),
    ...params,
  });
  const streams = JSON.parse(text).data.result as { values: [string, string][] }[];
  return streams.flatMap((s) => s.values.map(([, line]) => line));
}

describe('log queries', () => {
  const all = Array.from({ length: 30 }, (_, i) => `line ${i}`);

  it('go forward in insertion order and backward in its reverse', async () => {
    assert.deepEqual(await lines({ direction: 'forward' }), all);
    assert.deepEqual(await lines({ direction: 'backward' }), all.toReversed());
  });

  it('cut at the limit, in a tie and over partitions', async () => {
    for (const limit of [1, 4, 7, 29, 30, 31]) {
      const text = String(limit);
      assert.deepEqual(await lines({ direction: 'forward', limit: text }), all.slice(0, limit));
      assert.deepEqual(await lines({ limit: text }), all.toReversed().slice(0, limit));
    }
  });

  it('end before the end, to the nanosecond', async () => {
    const end = `${START_MS + 500}000007`;
    assert.deepEqual(await lines({ direction: 'forward', end }), all.slice(0, 3));
    assert.deepEqual(await lines({ direction: 'forward', end: `${START_MS + 500}000008` }), all.slice(0, 6));
  });

  it('stop when the client is gone', async () => {
    const aborted = AbortSignal.abort();
    const params = { query: '{app="a"}', start: String(START_MS / 1000) };
    assert.equal((await call('loki.query_range', params, store(), aborted)).status, 499);
  });
});

describe('an empty store', () => {
  const empty = { logs: new MemoryLogs() } as unknown as StorageReader;

  it('answers the health check of Grafana', async () => {
    const { text } = await call('loki.query', { query: 'vector(1)+vector(1)', time: '4000000000' }, empty);
    assert.deepEqual(JSON.parse(text).data.result, [{ metric: {}, value: [4000000000, '2'] }]);
  });

  it('leaves out what it has not', async () => {
    assert.equal((await call('loki.labels', {}, empty)).text, '{"status":"success"}');
    assert.equal(
      (await call('loki.series', { 'match[]': '{}' }, empty)).text,
      '{"status":"success","data":[]}',
    );
    assert.equal((await call('loki.detected_labels', {}, empty)).text, '{}');
  });
});
