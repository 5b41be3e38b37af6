/** Retention by label selector and by size, carried out in the local engine: what is past its age is gone from answers. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Matcher } from '../../src/model/matcher.ts';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import { openForReading } from '../../src/storage/sqlite/database.ts';
import { logBatch, metricBatch, spanBatch } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const TIMEOUT = { timeout: 60_000 };
const HOUR = 3_600_000;
/** The start of a partition of every signal. */
const START = 20_000 * 24 * HOUR;
const SIGNAL = new AbortController().signal;

/** Items at whole hours 0 … 5 of each of the series and streams `dev` and `prod`. */
async function fill(storage: LocalStorage): Promise<void> {
  for (let hour = 0; hour < 6; hour++) {
    const timestampMs = START + hour * HOUR;
    for (const ns of ['dev', 'prod']) {
      const labels = { __name__: 'm', ns };
      const exemplar = { series: labels, labels: { trace_id: 't' }, timestampMs, value: 1 };
      await storage.metrics.append(metricBatch([{ labels, timestampMs, value: hour }], [exemplar]), {
        mode: 'atomic',
      });
      const entry = { stream: { ns }, timeMs: timestampMs, timeNs: 0, line: `${hour}`, metadata: [] };
      await (await storage.logs.append(logBatch([entry]))).durable;
    }
  }
  await storage.flush();
}

/** The hours that are left, by `ns`. */
async function left(storage: LocalStorage, dir: string) {
  const hourOf = (ms: number) => (ms - START) / HOUR;
  return withReader(storage, dir, async ({ metrics, logs }) => {
    const range = { minMs: 0, maxMs: 8e15 };
    const out: Record<string, number[]> = {};
    const add = (key: string, hours: number[]) => {
      out[key] = [...(out[key] ?? []), ...hours];
    };
    const columns = new SampleColumns();
    const series = await metrics.select({ ...range, matchers: [new Matcher('=', '__name__', 'm')] }, SIGNAL);
    while (await series.nextBatch()) {
      while (series.next()) {
        const n = series.read(columns);
        if (n === 0) continue;
        add(`metrics ${series.labels().get('ns')}`, [...columns.timestamps.subarray(0, n)].map(hourOf));
      }
    }
    const entries = await logs.select({ ...range, matchers: [], direction: 'forward' }, SIGNAL);
    while (await entries.nextBatch()) {
      while (entries.next()) {
        const chunk = entries.chunk();
        const times = [...chunk.offsetsNs].map((ns) => hourOf(chunk.baseMs + ns / 1e6));
        add(`logs ${entries.labels().get('ns')}`, times);
      }
    }
    for (const { labels, exemplars } of await metrics.exemplars({ ...range, matcherSets: [] })) {
      add(
        `exemplars ${labels.get('ns')}`,
        exemplars.map((e) => hourOf(e.timestampMs)),
      );
    }
    return out;
  });
}

const dev = [{ type: '=', name: 'ns', value: 'dev' }] as const;
const ALL = [0, 1, 2, 3, 4, 5];

/** What is expected of all three kinds, but for series without any samples, which are not named. */
function expected(devHours: number[], prodHours: number[]) {
  const of = (kind: string) => ({
    ...(devHours.length > 0 && { [`${kind} dev`]: devHours }),
    ...(prodHours.length > 0 && { [`${kind} prod`]: prodHours }),
  });
  return { ...of('metrics'), ...of('logs'), ...of('exemplars') };
}

const rulesFor = (keepMs: number) => ({
  rules: (['metrics', 'logs'] as const).map((signal) => ({ signal, matchers: dev, keepMs, priority: 0 })),
});

describe('retention by selector', () => {
  test('drops what is past the age of its series, and of nothing else', TIMEOUT, async () => {
    const dir = tempDir();
    let now = START + 6 * HOUR;
    const retention = rulesFor(4 * HOUR);
    const storage = await openEngine(dir, { now: () => now, retention });
    await fill(storage);
    await storage.applyRetention();
    assert.deepEqual(await left(storage, dir), expected([2, 3, 4, 5], ALL));
    // Whole blocks too, and again after a restart.
    now = START + 8 * HOUR;
    await storage.applyRetention();
    assert.deepEqual(await left(storage, dir), expected([4, 5], ALL));
    await storage.close();
    now = START + 10 * HOUR;
    const again = await openEngine(dir, { now: () => now, retention });
    await again.applyRetention();
    assert.deepEqual(await left(again, dir), expected([], ALL));
    const { blocks } = await again.stats();
    assert.deepEqual(blocks, { metrics: 1, logs: 1, traces: 0 });
    await again.flush({ compact: true });
    assert.deepEqual(await left(again, dir), expected([], ALL));
    await again.close();
  });

  test('keeps what a rule keeps longer than its signal is kept', TIMEOUT, async () => {
    const dir = tempDir();
    let now = START + 6 * HOUR;
    const retentionMs = { metrics: 10 * HOUR, logs: 10 * HOUR };
    const storage = await openEngine(dir, { now: () => now, retentionMs, retention: rulesFor(20 * HOUR) });
    await fill(storage);
    now = START + 16 * HOUR;
    await storage.applyRetention();
    assert.deepEqual(await left(storage, dir), expected(ALL, []));
    now = START + 26 * HOUR;
    await storage.applyRetention();
    assert.deepEqual(await left(storage, dir), {});
    assert.deepEqual((await storage.stats()).blocks, { metrics: 0, logs: 0, traces: 0 });
    await storage.close();
  });
});

describe('retention by size', () => {
  /** Lines that do not compress, `kilobytes` of them. */
  const noise = (hour: number, kilobytes: number) =>
    logBatch(
      Array.from({ length: kilobytes }, (_, i) => ({
        stream: { a: '1' },
        timeMs: START + hour * HOUR + i,
        timeNs: 0,
        line: Array.from({ length: 64 }, (_, k) => pseudoRandom(hour * 1e6 + i * 64 + k)).join(''),
        metadata: [],
      })),
    );
  const pseudoRandom = (n: number) => {
    const mixed = Math.imul(n ^ (n >>> 15), 0x85ebca6b) ^ Math.imul(n ^ (n >>> 13), 0xc2b2ae35);
    return (
      (mixed >>> 0).toString(16).padStart(8, '0') +
      (Math.imul(mixed, n | 1) >>> 0).toString(16).padStart(8, '0')
    );
  };
  const times = async (storage: LocalStorage, dir: string) => {
    const db = openForReading(path.join(dir, 'trilite.db'));
    const rows = db.prepare('SELECT signal, min_ms FROM block WHERE state = 1 ORDER BY signal, min_ms').raw();
    const found = (rows.all() as [number, number][]).map(([s, ms]) => `${s}:${(ms - START) / HOUR}`);
    db.close();
    await storage.stats();
    return found;
  };

  test('a signal that is too large loses its oldest blocks, the others nothing', TIMEOUT, async () => {
    const dir = tempDir();
    const storage = await openEngine(dir, { now: () => START, retention: { sizeBytes: { logs: 6 << 20 } } });
    const span = { service: 's', trace: 1, span: 1, name: 'op', startMs: START, durationMs: 1 };
    await (await storage.traces.append(spanBatch([span]))).durable;
    for (let hour = 1; hour <= 5; hour++) {
      await (await storage.logs.append(noise(hour, 4096))).durable;
      await storage.flush();
    }
    const found = await times(storage, dir);
    assert.equal(found.at(-1), '3:0');
    const logs = found.slice(0, -1);
    assert.ok(logs.length >= 1 && logs.length < 5, `${logs}`);
    assert.deepEqual(logs, ['2:1', '2:2', '2:3', '2:4', '2:5'].slice(-logs.length), 'the newest stay');
    const { blockBytes } = await storage.stats();
    assert.ok(blockBytes.logs <= 6 << 20);
    await storage.close();
  });

  test(
    'past the budget the oldest goes, whatever its signal, and the file stays within it',
    TIMEOUT,
    async () => {
      const dir = tempDir();
      const budgetBytes = 24 << 20;
      const storage = await openEngine(dir, { now: () => START, retention: { budgetBytes } });
      const labels = { __name__: 'm' };
      const sample = (hour: number) =>
        metricBatch([{ labels, timestampMs: START + hour * HOUR, value: hour }]);
      await (await storage.metrics.append(sample(0), { mode: 'atomic' })).durable;
      let largest = 0;
      for (let hour = 1; hour <= 12; hour++) {
        await (await storage.logs.append(noise(hour, 4096))).durable;
        await storage.flush();
        largest = Math.max(largest, fs.statSync(path.join(dir, 'trilite.db')).size);
      }
      await (await storage.metrics.append(sample(13), { mode: 'atomic' })).durable;
      await storage.flush();
      const found = await times(storage, dir);
      assert.equal(found[0], '1:13', 'the old sample is gone, the new one is there');
      assert.ok(found.length > 2 && found.length < 12);
      assert.equal(found.at(-1), '2:12');
      assert.ok(largest <= budgetBytes, `${largest} bytes`);
      await storage.close();
    },
  );
});
