/** How many series tenants may have: against a model that counts, while series come and go. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Labels } from '../../../src/model/labels.ts';
import { DEFAULT_TENANT, TENANT_LABEL } from '../../../src/model/tenant.ts';
import { SeriesIndex } from '../../../src/storage/head/series-index.ts';
import { SeriesLimits } from '../../../src/storage/head/series-limits.ts';
import { SeriesRefusal } from '../../../src/storage/interface.ts';
import { metricBatch } from '../batches.ts';
import { openEngine, tempDir } from '../local-engine.ts';

const TENANTS = ['', 'a', 'b'] as const;
const METRICS = ['m', 'n'] as const;

const step = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    tenant: fc.constantFrom(...TENANTS),
    metric: fc.constantFrom(...METRICS),
    i: fc.nat(12),
  }),
  fc.record({ kind: fc.constant('evict' as const), at: fc.nat(40) }),
);

function labelsOf(tenant: string, metric: string, i: number | string): Labels {
  return Labels.from({ __name__: metric, i: String(i), [TENANT_LABEL]: tenant });
}

function reasonOf(add: () => void): string | undefined {
  try {
    add();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof SeriesRefusal);
    return error.reason;
  }
}

for (const multiTenancy of [true, false]) {
  test(`limits of series hold exactly, ${multiTenancy ? 'by tenant' : 'for all'}`, () => {
    fc.assert(
      fc.property(fc.nat(6), fc.nat(4), fc.array(step, { maxLength: 150 }), (max, perMetric, steps) => {
        let next = 1;
        const index = new SeriesIndex(() => next++);
        const limits = { seriesMax: max, seriesPerMetricMax: perMetric };
        const none = { seriesMax: 0, seriesPerMetricMax: 0 };
        const limitsOf = (tenant: string) => (multiTenancy && tenant === 'b' ? none : limits);
        index.limits = new SeriesLimits(index, { multiTenancy, limitsOf }, 0, () => 0);
        const there: { slot: number; tenant: string; metric: string; key: string }[] = [];
        for (const s of steps) {
          if (s.kind === 'evict') {
            const [gone] = there.splice(s.at % Math.max(1, there.length), 1);
            if (gone) index.evict(gone.slot);
            continue;
          }
          const labels = labelsOf(s.tenant, s.metric, s.i);
          const own = there.filter((t) => !multiTenancy || t.tenant === s.tenant);
          const known = there.some((t) => t.key === labels.key());
          const isLimited = !known && !(multiTenancy && s.tenant === 'b');
          const ofMetric = own.filter((t) => t.metric === s.metric).length;
          let wanted: string | undefined;
          if (isLimited && max > 0 && own.length >= max) wanted = 'per_user_series_limit';
          else if (isLimited && perMetric > 0 && ofMetric >= perMetric) wanted = 'per_metric_series_limit';
          const reason = reasonOf(() => {
            const slot = index.resolveLabels(labels, 1);
            if (!known) there.push({ slot, tenant: s.tenant, metric: s.metric, key: labels.key() });
          });
          assert.equal(reason, wanted);
        }
      }),
    );
  });
}

describe('in storage', () => {
  const limits = { seriesMax: 3, seriesPerMetricMax: 0 };
  const options = { multiTenancy: false, limitsOf: () => limits };
  const batch = (...ids: string[]) =>
    metricBatch(
      ids.map((id, i) => ({ labels: { __name__: 'm', id }, timestampMs: Date.now() + i, value: 1 })),
    );

  test('what is there goes on, what is new is refused, and a restart counts as before', async () => {
    const dir = tempDir();
    let storage = await openEngine(dir);
    storage.limitSeries(options);
    await (await storage.metrics.append(batch('a', 'b'), { mode: 'atomic' })).durable;
    const outcome = await storage.metrics.append(batch('a', 'c', 'd', 'b'), { mode: 'partial' });
    assert.deepEqual(
      outcome.refused.map(({ item, reason }) => [item, reason]),
      [[2, 'per_user_series_limit']],
    );
    assert.match(
      outcome.refused[0]!.message,
      /^per-user series limit of 3 exceeded \(err-mimir-max-series-per-user\)/,
    );
    await outcome.durable;
    const atomic = await storage.metrics.append(batch('a', 'e'), { mode: 'atomic' });
    assert.deepEqual([atomic.accepted, atomic.refused.length], [0, 1]);
    await storage.close();
    let now = Date.now();
    storage = await openEngine(dir, { now: () => now });
    storage.limitSeries(options);
    // The places of those that were there are theirs, whoever comes first.
    assert.equal((await storage.metrics.append(batch('f'), { mode: 'partial' })).refused.length, 0);
    const again = await storage.metrics.append(batch('a', 'b', 'c', 'g'), { mode: 'partial' });
    assert.deepEqual(
      again.refused.map(({ item }) => item),
      [3],
    );
    now += 2 * 3_600_000;
    storage.limitSeries(undefined);
    assert.equal((await storage.metrics.append(batch('g', 'h'), { mode: 'partial' })).refused.length, 0);
  });

  test("a series' tenant is its stored label", async () => {
    const storage = await openEngine(tempDir());
    const limitsOf = (tenant: string) => ({
      seriesMax: tenant === DEFAULT_TENANT ? 1 : 2,
      seriesPerMetricMax: 0,
    });
    storage.limitSeries({ multiTenancy: true, limitsOf });
    const of = (tenant: string, ids: readonly string[]) =>
      metricBatch(
        ids.map((id) => ({
          labels: { __name__: 'm', id, ...(tenant && { [TENANT_LABEL]: tenant }) },
          timestampMs: 1,
          value: 1,
        })),
      );
    const refused = async (tenant: string) =>
      (await storage.metrics.append(of(tenant, ['1', '2', '3']), { mode: 'partial' })).refused.length;
    assert.deepEqual([await refused('a'), await refused(''), await refused('b')], [1, 2, 1]);
  });
});
