/** The metrics that are sent: decoded by our own decoders, the same for the same seed, and shaped as they claim. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decompressSnappy } from '../../src/base/snappy.ts';
import { MetricSeries } from '../../src/bench/metric-series.ts';
import { BLOCK_SERIES } from '../../src/bench/metric-shapes.ts';
import { REMOTE_WRITE_1, REMOTE_WRITE_2 } from '../../src/bench/remote-write-workloads.ts';
import { SCRAPE } from '../../src/bench/scrape-workload.ts';
import type { BenchRequest, LoadOptions, PushWorkload } from '../../src/bench/workload.ts';
import { parseExposition } from '../../src/ingest/decode/exposition.ts';
import { decodeRemoteWrite1 } from '../../src/ingest/decode/remote-write.ts';
import { decodeRemoteWrite2 } from '../../src/ingest/decode/remote-write-v2.ts';
import type { MetricBatch } from '../../src/model/batch.ts';

const OPTIONS: LoadOptions = {
  seed: 7,
  series: 150,
  churn: 0.2,
  churnEvery: 3,
  batch: 40,
  items: 1400,
  startMs: 1_800_000_000_000,
  intervalMs: 15_000,
  targets: 2,
  run: 'test',
};

function all(workload: PushWorkload, options: LoadOptions): BenchRequest[] {
  const out: BenchRequest[] = [];
  const requests = workload.requests(options);
  for (let step = requests.next(); !step.done; step = requests.next()) out.push(step.value);
  return out;
}

/** `labels → [time, value]…` of everything sent. */
function stored(
  requests: readonly BenchRequest[],
  decode: (body: Uint8Array) => MetricBatch,
): Map<string, number[]> {
  const out = new Map<string, number[]>();
  for (const { body, items } of requests) {
    const batch = decode(decompressSnappy(body));
    assert.equal(batch.sampleCount, items);
    for (let i = 0; i < batch.sampleCount; i++) {
      const key = JSON.stringify(batch.labels(batch.sampleSeries[i]!)!.toObject());
      const samples = out.get(key) ?? [];
      out.set(key, samples);
      samples.push(batch.timestamps[i]!, batch.values[i]!);
    }
  }
  return out;
}

const decode2 = (body: Uint8Array) => {
  const { batch, errors } = decodeRemoteWrite2(body);
  assert.deepEqual(errors, []);
  return batch;
};

describe('remote-write', () => {
  it('says the same in 1.0 and 2.0', () => {
    const one = stored(all(REMOTE_WRITE_1, OPTIONS), decodeRemoteWrite1);
    const two = stored(all(REMOTE_WRITE_2, OPTIONS), decode2);
    assert.deepEqual(two, one);
    let samples = 0;
    for (const series of one.values()) samples += series.length / 2;
    assert.equal(samples, OPTIONS.items);
  });

  it('is the same for the same seed and another for another', () => {
    const bodies = (options: LoadOptions) =>
      all(REMOTE_WRITE_1, options).map((r) => Buffer.from(r.body).toString('hex'));
    assert.deepEqual(bodies(OPTIONS), bodies(OPTIONS));
    assert.notDeepEqual(bodies(OPTIONS), bodies({ ...OPTIONS, seed: 8 }));
  });

  it('sends each series in the order of time, a shard at a time', () => {
    const times = new Map<number, number>();
    for (const { shard, newestMs } of all(REMOTE_WRITE_1, OPTIONS)) {
      assert.ok(newestMs > (times.get(shard!) ?? 0));
      times.set(shard!, newestMs);
    }
    assert.equal(times.size, Math.ceil(OPTIONS.series / OPTIONS.batch));
    for (const samples of stored(all(REMOTE_WRITE_1, OPTIONS), decodeRemoteWrite1).values()) {
      for (let i = 2; i < samples.length; i += 2)
        assert.equal(samples[i]! - samples[i - 2]!, OPTIONS.intervalMs);
    }
  });

  it('churns the share of series that it is told to', () => {
    // Scrapes 0 to 9; churns at 3, 6 and 9 of 30 series each. The last scrape has 50 series only.
    const series = stored(all(REMOTE_WRITE_1, OPTIONS), decodeRemoteWrite1);
    assert.equal(series.size, 150 + 30 + 30 + 0);
    assert.equal(stored(all(REMOTE_WRITE_1, { ...OPTIONS, churn: 0 }), decodeRemoteWrite1).size, 150);
  });

  it('keeps its metadata', () => {
    const [request] = all(REMOTE_WRITE_2, OPTIONS);
    const types = decode2(decompressSnappy(request!.body)).metadata?.map((m) => m.type) ?? [];
    assert.ok(
      types.includes('counter') && types.includes('gauge') && types.includes('histogram'),
      types.join(),
    );
  });
});

describe('the series', () => {
  it('have counters and buckets that only grow, and buckets that are cumulative', () => {
    const series = new MetricSeries({ ...OPTIONS, series: 2 * BLOCK_SERIES, targets: 1, churn: 0 });
    let before = series.values.slice();
    for (let scrape = 0; scrape < 20; scrape++) {
      series.next();
      for (let i = 0; i < series.count; i++) {
        const { type, name } = series.slot(i);
        if (type !== 'gauge') assert.ok(series.values[i]! >= before[i]!, name);
        const next = i + 1 < series.count ? series.slot(i + 1).name : '';
        if (name.endsWith('_bucket') && next === name)
          assert.ok(series.values[i]! <= series.values[i + 1]!, name);
      }
      before = series.values.slice();
    }
    assert.ok(before.some((value) => !Number.isInteger(value)));
  });

  it('all have labels of their own', () => {
    const series = new MetricSeries({ ...OPTIONS, series: 1000 });
    const labels = new Set(Array.from({ length: 1000 }, (_, i) => series.labels(i).join('\n')));
    assert.equal(labels.size, 1000);
  });
});

describe('a page to scrape', () => {
  it('is read whole by our parser, and its values go on', () => {
    const pages = SCRAPE.pages(OPTIONS);
    const text = (page: Uint8Array) => Buffer.from(page).toString('utf8');
    const first = pages.next(0);
    assert.equal(pages.items(0), 75);
    const batch = parseExposition(first, 'text');
    assert.equal(batch.count, 75);
    assert.equal(batch.error, undefined);
    assert.equal(new Set(text(first).match(/^# TYPE \S+/gm)).size, text(first).match(/^# TYPE/gm)!.length);
    assert.notEqual(text(pages.next(0)), text(first));
    assert.equal(text(SCRAPE.pages(OPTIONS).next(0)), text(first));
  });
});
