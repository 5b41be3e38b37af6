/** The window for samples out of order, where one is configured: Prometheus' rules, in the engine. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { OrderWindow } from '../../src/storage/head/order-window.ts';
import { metricBatch, type TestSample } from './batches.ts';
import { copyOfFiles } from './engine-states.ts';
import { histogram } from './histograms.ts';
import { openEngine, tempDir } from './local-engine.ts';

const TIMEOUT = { timeout: 60_000 };
const MINUTE = 60_000;
const T = 1_767_268_800_000;

const at = (series: string, minute: number, value = minute): TestSample => ({
  labels: { __name__: series },
  timestampMs: T + minute * MINUTE,
  value,
});

async function refusals(storage: LocalStorage, samples: readonly TestSample[]): Promise<string[]> {
  const outcome = await storage.metrics.append(metricBatch(samples), { mode: 'partial' });
  await outcome.durable;
  return outcome.refused.map((r) => `${r.item} ${r.reason} ${r.message}`);
}

test('the rules', () => {
  const none = Number.NEGATIVE_INFINITY;
  const message = (windowMinutes: number, minute: number, ofSeries: number) =>
    new OrderWindow(windowMinutes * MINUTE).problem(minute * MINUTE, 0, ofSeries * MINUTE)?.message;
  // In order: taken up to an hour behind, whatever the window is.
  assert.equal(message(0, -60, -61), undefined);
  assert.equal(message(0, -60, none), undefined);
  assert.equal(message(10, -60, -61), undefined);
  assert.equal(message(10, 5, 0), undefined);
  // Older than that it must be in the window.
  assert.equal(message(0, -61, -90), 'out of bounds');
  assert.equal(message(10, -61, none), 'too old sample');
  assert.equal(message(90, -61, none), undefined);
  // Out of order.
  assert.equal(message(0, -1, 0), 'out of order sample');
  assert.equal(message(0, -61, 0), 'out of bounds');
  assert.equal(message(10, -10, 0), undefined);
  assert.equal(message(10, -11, 0), 'too old sample');
  assert.equal(message(90, -90, 0), undefined);
  assert.equal(message(90, -91, none), 'too old sample');
});

describe('with a window of ten minutes', TIMEOUT, () => {
  test('samples out of order are taken within it, refused beyond it', async () => {
    const dir = tempDir();
    const options = { outOfOrderWindowMs: 10 * MINUTE };
    let storage = await openEngine(dir, options);
    assert.deepEqual(await refusals(storage, [at('a', 0), at('b', -5)]), []);
    assert.deepEqual(await refusals(storage, [at('a', -10), at('a', -11)]), ['1 too_old too old sample']);
    assert.deepEqual(await refusals(storage, [at('b', -11)]), ['0 too_old too old sample'], 'behind its own');
    assert.deepEqual(await refusals(storage, [at('c', -11)]), [], 'the first of its series');
    assert.deepEqual(await refusals(storage, [at('c', -11)]), [], 'the newest sent again');
    assert.deepEqual(await refusals(storage, [at('d', -61), at('d', -60)]), ['0 too_old too old sample']);
    await storage.flush();
    assert.deepEqual(await refusals(storage, [at('a', -11)]), ['0 too_old too old sample'], 'after a flush');
    assert.deepEqual(await refusals(storage, [at('a', -10, 7)]), [
      '0 duplicate_timestamp duplicate sample for timestamp',
    ]);
    await storage.close();
    storage = await openEngine(dir, options);
    assert.deepEqual(
      await refusals(storage, [at('e', -61)]),
      ['0 too_old too old sample'],
      'after a restart',
    );
    await storage.close();
  });

  test('histograms too, and what the WAL brings back counts', async () => {
    const options = { outOfOrderWindowMs: 10 * MINUTE };
    const dir = tempDir();
    const first = await openEngine(dir, options);
    assert.deepEqual(await refusals(first, [at('a', 0)]), []);
    const copy = copyOfFiles(dir);
    const storage = await openEngine(copy, options);
    const value = fc.sample(histogram, { numRuns: 1, seed: 1 })[0]!;
    const late: TestSample = { labels: { __name__: 'a' }, timestampMs: T - 11 * MINUTE, value };
    assert.deepEqual(await refusals(storage, [late]), ['0 too_old too old sample']);
    await storage.close();
    await first.close();
  });

  test('an atomic batch with such a sample is refused as a whole', async () => {
    const storage = await openEngine(tempDir(), { outOfOrderWindowMs: 10 * MINUTE });
    await refusals(storage, [at('a', 0)]);
    const batch = metricBatch([at('a', 1), at('a', -20)]);
    const outcome = await storage.metrics.append(batch, { mode: 'atomic' });
    assert.deepEqual([outcome.accepted, outcome.refused.length], [0, 1]);
    await storage.close();
  });
});

test('a window of zero refuses samples out of order', TIMEOUT, async () => {
  const storage = await openEngine(tempDir(), { outOfOrderWindowMs: 0 });
  assert.deepEqual(await refusals(storage, [at('a', 0)]), []);
  assert.deepEqual(await refusals(storage, [at('a', -1), at('a', 0)]), [
    '0 out_of_order out of order sample',
  ]);
  assert.deepEqual(await refusals(storage, [at('a', -61)]), ['0 too_old out of bounds']);
  await storage.close();
});

test('without the setting any age and order is taken', TIMEOUT, async () => {
  const storage = await openEngine(tempDir());
  assert.deepEqual(await refusals(storage, [at('a', 0), at('a', -600_000), at('a', -5), at('b', -1e6)]), []);
  await storage.close();
});

test('another window holds at once, whatever there was before', TIMEOUT, async () => {
  const keep = { retentionMs: {} };
  const storage = await openEngine(tempDir());
  assert.deepEqual(await refusals(storage, [at('a', 0), at('b', -30)]), []);
  storage.change({ ...keep, outOfOrderWindowMs: 10 * MINUTE });
  assert.deepEqual(await refusals(storage, [at('b', -31), at('b', -10)]), ['0 too_old too old sample']);
  storage.change({ ...keep, outOfOrderWindowMs: 0 });
  assert.deepEqual(await refusals(storage, [at('a', -1)]), ['0 out_of_order out of order sample']);
  storage.change({ ...keep, outOfOrderWindowMs: 60 * MINUTE });
  assert.deepEqual(await refusals(storage, [at('a', -59), at('a', -61)]), ['1 too_old too old sample']);
  storage.change({ ...keep, outOfOrderWindowMs: undefined });
  assert.deepEqual(await refusals(storage, [at('a', -600)]), []);
  await storage.close();
});

test('a batch may want to be in order whatever the settings', TIMEOUT, async () => {
  const storage = await openEngine(tempDir());
  const append = async (samples: readonly TestSample[], inOrderOnly: boolean) => {
    const outcome = await storage.metrics.append(
      { ...metricBatch(samples), inOrderOnly },
      { mode: 'partial' },
    );
    await outcome.durable;
    return outcome.refused.map((r) => `${r.item} ${r.reason} ${r.message}`);
  };
  assert.deepEqual(await append([at('a', 0)], true), []);
  assert.deepEqual(await append([at('b', -1), at('a', -1)], true), ['1 out_of_order out of order sample']);
  assert.deepEqual(await append([at('a', -1), at('a', 0), at('a', 1)], false), []);
  assert.deepEqual(await append([at('a', 1), at('a', 2)], true), [], 'the newest again is no other');
  await storage.close();
});
