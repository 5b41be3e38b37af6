/** The label index forgets series of which retention took everything away, and nothing else. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openForReading } from '../../src/storage/sqlite/database.ts';
import { SIGNAL } from '../../src/storage/sqlite/schema.ts';
import { seriesReader } from '../../src/storage/sqlite/series-table.ts';
import { logBatch, metricBatch } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const DAY_MS = 86_400_000;
const NOW = 20_000 * DAY_MS;

/** Ids in the tables of series and of postings, and how many exemplars there are. */
function stored(dir: string): { metrics: number; logs: number; values: number; exemplars: number } {
  const db = openForReading(path.join(dir, 'trilite.db'));
  const { chunks, postings } = seriesReader(db);
  const label = postings.name(SIGNAL.metrics, 'id');
  const values = new Set<string>();
  if (label !== undefined) postings.each(label, (value) => values.add(value));
  const exemplars = db.prepare('SELECT count(*) FROM exemplar').pluck().get() as number;
  const out = {
    metrics: chunks.ids(SIGNAL.metrics).length,
    logs: chunks.ids(SIGNAL.logs).length,
    values: values.size,
    exemplars,
  };
  db.close();
  return out;
}

describe('removal of dead series', () => {
  test('series go with the last of their data', { timeout: 60_000 }, async () => {
    const dir = tempDir();
    const SERIES = 500;
    const fill = async (timeMs: number, from: number, to: number) => {
      const storage = await openEngine(dir, { now: () => timeMs });
      const samples = Array.from({ length: to - from }, (_, i) => ({
        labels: { __name__: 'm', id: `s${from + i}`, job: 'j' },
        timestampMs: timeMs,
        value: 1,
      }));
      const exemplar = { series: samples[0]!.labels, labels: { trace_id: 't' }, timestampMs: NOW, value: 1 };
      const outcome = await storage.metrics.append(metricBatch(samples, [exemplar]), { mode: 'atomic' });
      const entry = { stream: { id: `s${from}` }, timeMs, timeNs: 0, line: 'x', metadata: [] };
      await (await storage.logs.append(logBatch([entry]))).durable;
      await outcome.durable;
      await storage.flush();
      return storage;
    };
    // The last 100 have newer data, too; then 100 come that are not older than a day.
    await (await fill(NOW - 10 * DAY_MS, 0, SERIES)).close();
    await (await fill(NOW - 3 * DAY_MS, SERIES - 100, SERIES)).close();
    const before = stored(dir);
    assert.deepEqual([before.metrics, before.values, before.logs], [SERIES, SERIES, 2]);

    const keep = { metrics: 5 * DAY_MS, logs: 5 * DAY_MS };
    // A pass without anything to do notes the oldest partition; the next finds it gone.
    const first = await openEngine(dir, { now: () => NOW - 6 * DAY_MS, retentionMs: keep });
    await sleep(1500);
    await first.close();
    const storage = await openEngine(dir, { now: () => NOW, retentionMs: keep });
    for (let i = 0; i < 300 && stored(dir).metrics > 100; i++) await sleep(50);
    for (let i = 0; i < 100 && stored(dir).logs > 1; i++) await sleep(50);
    // Exemplars go last, in a transaction of their own.
    for (let i = 0; i < 100 && stored(dir).exemplars > 1; i++) await sleep(50);
    assert.deepEqual(stored(dir), { metrics: 100, logs: 1, values: 100, exemplars: 1 });

    // One that was removed comes again: as a new series.
    const labels = { __name__: 'm', id: 's3', job: 'j' };
    const again = await storage.metrics.append(metricBatch([{ labels, timestampMs: NOW, value: 2 }]), {
      mode: 'atomic',
    });
    assert.equal(again.accepted, 1);
    for (let pass = 0; pass < 2; pass++) {
      await withReader(storage, dir, async ({ metrics }) => {
        const values = await metrics.labelValues('id', { minMs: 0, maxMs: 2 * NOW, matcherSets: [] });
        assert.equal(values.length, 101);
        assert.ok(values.includes('s3') && values.includes(`s${SERIES - 1}`) && !values.includes('s4'));
      });
      await storage.flush();
    }
    assert.equal(stored(dir).metrics, 101);
    await storage.close();
  });
});
