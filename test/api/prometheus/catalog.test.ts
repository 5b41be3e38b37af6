/** Labels, values and metadata over a store of its own: which of them a limit leaves, and whose metadata counts. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PROMETHEUS_SERVICES } from '../../../src/api/prometheus/services.ts';
import { withoutPastMetadata } from '../../../src/ingest/admit.ts';
import { decodeRemoteWrite1 } from '../../../src/ingest/decode/remote-write.ts';
import type { LocalStorage } from '../../../src/storage/engine.ts';
import { encode, WriteRequest } from '../../ingest/decode/remote-write-proto.ts';
import { metricBatch } from '../../storage/batches.ts';
import { openEngine, tempDir, withReader } from '../../storage/local-engine.ts';

interface Answer {
  readonly data: unknown;
  readonly warnings?: readonly string[];
}

async function ask(
  storage: LocalStorage,
  dir: string,
  service: string,
  params: [string, string][],
  path: Record<string, string> = {},
): Promise<Answer> {
  const request = { params, path, headers: {}, nowMs: 0 };
  const signal = new AbortController().signal;
  const answer = await withReader(storage, dir, (reader) =>
    PROMETHEUS_SERVICES[service]!(request, { storage: reader, signal }),
  );
  return JSON.parse(new TextDecoder().decode(answer.body)) as Answer;
}

describe('label values with a limit', () => {
  const names = ['zebra', 'monkey', 'ant', 'yak', 'bee'];
  for (const series of [1, 600]) {
    test(`are those stored first, sorted (${series} series a value)`, async () => {
      const dir = tempDir();
      const storage = await openEngine(dir);
      const samples = names.flatMap((name) =>
        Array.from({ length: series }, (_, i) => ({
          labels: { __name__: name, n: String(i) },
          timestampMs: 1000,
          value: 1,
        })),
      );
      await (await storage.metrics.append(metricBatch(samples), { mode: 'atomic' })).durable;
      const values = (limit: string) =>
        ask(storage, dir, 'prometheus.label_values', [['limit', limit]], { name: '__name__' });
      for (const state of ['in the head', 'flushed']) {
        const { data, warnings } = await values('2');
        // One more than the limit is looked at, so that the warning can be given.
        assert.deepEqual(data, ['ant', 'monkey'], state);
        assert.deepEqual(warnings, ['results truncated due to limit']);
        assert.deepEqual((await values('5')).data, [...names].sort());
        assert.equal((await values('5')).warnings, undefined);
        assert.deepEqual((await values('0')).data, [...names].sort());
        await storage.flush();
      }
      await storage.close();
    });
  }
});

describe('metadata', () => {
  const gauge = { type: 'gauge', help: 'h', unit: '' } as const;
  const metadata = [
    { family: 'a', ...gauge },
    { family: 'b', ...gauge },
    { family: 'b', ...gauge, help: 'other' },
  ];

  test('limits: 0 families are none, a negative limit is no limit; per family 0 is no limit', async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    await (await storage.metrics.append(metricBatch([], [], metadata), { mode: 'atomic' })).durable;
    const read = async (...params: [string, string][]) =>
      (await ask(storage, dir, 'prometheus.metadata', params)).data as Record<string, unknown[]>;
    assert.deepEqual(await read(['limit', '0']), {});
    assert.deepEqual(Object.keys(await read(['limit', '1'])), ['a']);
    assert.deepEqual(Object.keys(await read(['limit', '-1'])), ['a', 'b']);
    assert.deepEqual((await read(['limit_per_metric', '0'])).b, [gauge, { ...gauge, help: 'other' }]);
    assert.deepEqual((await read(['limit_per_metric', '1'])).b, [gauge]);
    assert.deepEqual(await read(['metric', 'a']), { a: [gauge] });
    await storage.close();
  });

  test('that comes with samples of the past alone is left out', () => {
    const now = Date.UTC(2026, 0, 1);
    const at = (...times: number[]) =>
      metricBatch(
        times.map((timestampMs) => ({ labels: { __name__: 'a' }, timestampMs, value: 1 })),
        [],
        metadata,
      );
    const past = at(now - 90_000_000, now - 91_000_000);
    assert.deepEqual(withoutPastMetadata(past, now).metadata, []);
    assert.equal(withoutPastMetadata(past, now).sampleCount, 2);
    const mixed = at(now - 90_000_000, now - 1000);
    assert.equal(withoutPastMetadata(mixed, now), mixed);
  });
});

test('an exemplar whose entry comes before the samples of its series needs a series that is known', async () => {
  const dir = tempDir();
  const storage = await openEngine(dir);
  const series = { __name__: 'h' };
  const send = async (timestampMs: number) => {
    const batch = metricBatch(
      [{ labels: series, timestampMs, value: 1 }],
      [{ series, labels: { t: String(timestampMs) }, timestampMs, value: 1 }],
    );
    const exemplars = batch.exemplars.map((e) => ({ ...e, beforeSamples: true }));
    await (await storage.metrics.append({ ...batch, exemplars }, { mode: 'atomic' })).durable;
  };
  await send(1000);
  await send(2000);
  const { data } = await ask(storage, dir, 'prometheus.query_exemplars', [['query', 'h']]);
  assert.deepEqual(data, [
    { seriesLabels: series, exemplars: [{ labels: { t: '2000' }, value: '1', timestamp: 2 }] },
  ]);
  await storage.close();
});

test('an exemplar in an entry of its own, as Prometheus sends them, is kept behind the entry with the samples', async () => {
  const dir = tempDir();
  const storage = await openEngine(dir);
  const entry = { labels: [{ name: '__name__', value: 'm' }] };
  const samples = { ...entry, samples: [{ value: 1, timestamp: 1000 }] };
  const exemplar = (value: number) => ({
    ...entry,
    exemplars: [{ labels: [{ name: 't', value: String(value) }], value, timestamp: 1000 }],
  });
  const batch = decodeRemoteWrite1(
    encode(WriteRequest, { timeseries: [exemplar(1), samples, exemplar(2), exemplar(3)] }),
  );
  await (await storage.metrics.append(batch, { mode: 'atomic' })).durable;
  const { data } = await ask(storage, dir, 'prometheus.query_exemplars', [['query', 'm']]);
  const [{ exemplars }] = data as [{ exemplars: { value: string }[] }];
  assert.deepEqual(exemplars.map((e) => e.value).sort(), ['2', '3']);
  await storage.close();
});
