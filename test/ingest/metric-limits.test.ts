/** Limits of metrics in front of an appender, groups of tenants, and what made-up names take. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collectGarbage } from '../../src/base/collect-garbage.ts';
import { decodeLokiPushJson } from '../../src/ingest/decode/loki-push-json.ts';
import { LimitGroups } from '../../src/ingest/limit-groups.ts';
import { LogAdmission } from '../../src/ingest/log-admission.ts';
import { metricLimiter } from '../../src/ingest/metric-limits.ts';
import { PaceByTenant, paceByTenant } from '../../src/ingest/pace-by-tenant.ts';
import { TriliteError } from '../../src/model/errors.ts';
import { NO_LOG_RATE_LIMITS } from '../../src/model/limits.ts';
import { NO_METRIC_LIMITS, type Pace } from '../../src/model/tenant-limits.ts';
import type { MetricAppender } from '../../src/storage/interface.ts';
import { metricBatch } from '../storage/batches.ts';

const batch = metricBatch([{ labels: { __name__: 'm', é: 'é'.repeat(4) }, timestampMs: 1, value: 1 }]);
const PARTIAL = { mode: 'partial' } as const;

function recorder(failure?: TriliteError): { appender: MetricAppender; batches: unknown[] } {
  const batches: Parameters<MetricAppender['append']>[0][] = [];
  const append: MetricAppender['append'] = async (given) => {
    if (failure) throw failure;
    batches.push(given);
    return { accepted: given.sampleCount, refused: [], durable: Promise.resolve() };
  };
  return { appender: { append }, batches };
}

describe('limits of metrics', () => {
  it('are nothing where nothing is limited', async () => {
    assert.equal(metricLimiter(NO_METRIC_LIMITS), undefined);
    const paced = metricLimiter({ ...NO_METRIC_LIMITS, ingestion: { perSecond: 1, burst: 1 } })!;
    const { appender, batches } = recorder();
    await paced.append('t', appender, [batch, PARTIAL], 0);
    assert.equal(batches[0], batch, 'a batch that is only counted is passed on as it came');
  });

  it('count a request that was not stored as none', async () => {
    const paced = metricLimiter({ ...NO_METRIC_LIMITS, ingestion: { perSecond: 1, burst: 1 } })!;
    const failing = recorder(new TriliteError('overloaded', 'full')).appender;
    for (let i = 0; i < 3; i++)
      await assert.rejects(paced.append('t', failing, [batch, PARTIAL], 0), { kind: 'overloaded' });
    const { appender } = recorder();
    await paced.append('t', appender, [batch, PARTIAL], 0);
    await assert.rejects(paced.append('t', appender, [batch, PARTIAL], 500), {
      kind: 'rate_limited',
      retrySeconds: 1,
    });
    await paced.append('u', appender, [batch, PARTIAL], 500);
    await paced.append('t', appender, [batch, PARTIAL], 1000);
  });

  it('measure labels in bytes', () => {
    const check = (limits: object) =>
      metricLimiter({ ...NO_METRIC_LIMITS, ...limits })!
        .checked(batch)
        .labels(0);
    assert.ok(check({ labelValueMaxBytes: 8, labelNameMaxBytes: 8, labelNamesMax: 2 }));
    assert.throws(() => check({ labelValueMaxBytes: 7 }), { reason: 'label_value_too_long' });
    assert.throws(() => check({ labelNameMaxBytes: 7 }), { reason: 'label_name_too_long' });
    assert.throws(() => check({ labelNamesMax: 1 }), { reason: 'max_label_names_per_series' });
  });

  it('cut help between characters', () => {
    const limiter = metricLimiter({ ...NO_METRIC_LIMITS, helpMaxBytes: 5 })!;
    const entry = { family: 'm', type: 'gauge', unit: '' } as const;
    const metadata = ['short', 'longer', 'ééé', '\u{1f600}\u{1f600}'].map((help) => ({ ...entry, help }));
    const cut = limiter.checked({ ...batch, metadata }).metadata.map((m) => m.help);
    assert.deepEqual(cut, ['short', 'longe', 'éé', '\u{1f600}']);
  });
});

describe('groups of tenants', () => {
  const slow: Pace = { perSecond: 1, burst: 1 };
  const none: Pace = { perSecond: 0, burst: 0 };

  it('keep the state of limits that stay', () => {
    const groups = new LimitGroups<Pace, PaceByTenant>(
      { defaults: none, tenants: { a: slow, b: slow, c: none } },
      paceByTenant,
    );
    const [a, b] = [groups.of('a'), groups.of('b')];
    assert.ok(a && b && a !== b && groups.isAny);
    assert.deepEqual([groups.of('c'), groups.of('constructor')], [undefined, undefined]);
    groups.take({ defaults: slow, tenants: { a: { ...slow }, b: { ...slow, burst: 2 } } });
    assert.equal(groups.of('a'), a);
    assert.notEqual(groups.of('b'), b);
    assert.equal(groups.of('c'), groups.of('d'), 'it has the defaults now');
    groups.take({ defaults: none, tenants: {} });
    assert.ok(!groups.isAny && groups.of('a') === undefined);
  });
});

describe('names that are made up', () => {
  it('take no more than a bound', () => {
    const pace = new PaceByTenant({ perSecond: 1, burst: 1 });
    const admission = new LogAdmission({
      ...NO_LOG_RATE_LIMITS,
      streamsMax: 2,
      ingestionRate: 1000,
      ingestionBurst: 1000,
    });
    const push = { streams: [{ stream: { a: 'b' }, values: [['1', 'x']] }] };
    const { batch: entries } = decodeLokiPushJson(Buffer.from(JSON.stringify(push)), 1000);
    const heapMb = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed / 1e6;
    };
    const before = heapMb();
    for (let i = 0; i < 200_000; i++) {
      pace.take(`tenant-${i}`, 1, 1000);
      admission.admit(`tenant-${i}`, entries, 1000);
    }
    assert.ok(heapMb() - before < 60, `${heapMb() - before} MB`);
    assert.equal(admission.admit('tenant-199999', entries, 1000).refused.length, 0);
  });
});
