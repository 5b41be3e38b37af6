/** Rules over metrics: random requests with a secret anywhere, series that become one, handles, and what each action makes of a series. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeOtlpMetrics } from '../../../src/ingest/decode/otlp-metrics.ts';
import { MetricProcessor } from '../../../src/ingest/process/metric-processor.ts';
import type { ProcessorRule } from '../../../src/ingest/process/process-config.ts';
import type { MetricBatch } from '../../../src/model/batch.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { Labels } from '../../../src/model/labels.ts';
import { Matcher } from '../../../src/model/matcher.ts';
import { DEFAULT_OTLP_SETTINGS, otlpOptionsByPath } from '../../../src/model/otlp-options.ts';
import { type MetricAppender, SampleColumns } from '../../../src/storage/interface.ts';
import { metricBatch } from '../../storage/batches.ts';
import { openEngine, tempDir, withReader } from '../../storage/local-engine.ts';
import { encode, messageArbitrary, type PlainMessage } from '../decode/otlp-arbitrary.ts';
import {
  drop,
  dropItem,
  hash,
  keep,
  processTelemetry,
  redact,
  rename,
  rule,
  ruleSet,
  SECRET,
  set,
} from './rules.ts';
import { requestWithSecrets } from './secrets.ts';

/** All that storage keeps of a batch, with its samples by series. */
class Recorder implements MetricAppender {
  /** Labels that were asked for. */
  asked = 0;
  readonly samples: string[] = [];
  readonly others: unknown[] = [];

  async append(batch: MetricBatch) {
    const labels = Array.from({ length: batch.seriesCount }, (_, i) => {
      const { places, ids } = batch.handles!;
      if (places[i] !== 0) return `#${ids[i]}`;
      this.asked++;
      try {
        const own = batch.labels(i);
        if (own) [places[i], ids[i]] = [i + 1, i + 1];
        return own && JSON.stringify(own.toObject());
      } catch {
        return 'invalid';
      }
    });
    for (let i = 0; i < batch.sampleCount; i++) {
      const own = labels[batch.sampleSeries[i]!];
      if (own !== undefined) this.samples.push(`${own} ${batch.timestamps[i]} ${batch.values[i]}`);
    }
    for (const h of batch.histograms) this.samples.push(`${labels[h.series]} ${h.timestampMs} histogram`);
    for (const { exemplar } of batch.exemplars)
      this.others.push([exemplar.labels.pairs, exemplar.timestampMs]);
    this.others.push(batch.metadata);
    return { accepted: batch.sampleCount, refused: [], durable: Promise.resolve() };
  }

  get all(): string {
    return JSON.stringify([this.samples, this.others]);
  }
}

const processor = (inner: MetricAppender, ...rules: ProcessorRule[]) =>
  new MetricProcessor(ruleSet('metrics', ...rules), inner, processTelemetry(), () => 0);

async function stored(batch: MetricBatch, ...rules: ProcessorRule[]): Promise<Recorder> {
  const recorder = new Recorder();
  await processor(recorder, ...rules).append(batch, { mode: 'partial' });
  return recorder;
}

/** A cache of its own for each: what decoders remember is not what is tested. Undefined where the request is refused. */
function decoded(plain: PlainMessage): MetricBatch | undefined {
  const options = otlpOptionsByPath(DEFAULT_OTLP_SETTINGS).prometheus;
  try {
    return decodeOtlpMetrics(encode('MetricsData', plain), options).batch;
  } catch (error) {
    assert.ok(error instanceof TriliteError);
    return undefined;
  }
}

const CLEAN = [
  rule([dropItem], { __name__: `.*${SECRET}.*` }),
  rule([drop(`*${SECRET}*`), redact('text', SECRET, { replacement: '' })]),
];

describe('rules over metrics', () => {
  it('leave nothing of a secret in what is stored, wherever it was', async () => {
    await fc.assert(
      fc.asyncProperty(requestWithSecrets('MetricsData', 1), async (plain) => {
        const batch = decoded(plain);
        if (batch) assert.equal((await stored(batch, ...CLEAN)).all.indexOf(SECRET), -1);
      }),
      { numRuns: 60 },
    );
  });

  it('leave everything else as it is without them', async () => {
    await fc.assert(
      fc.asyncProperty(messageArbitrary('MetricsData', 1), async (plain) => {
        const given = decoded(plain);
        if (!given) return;
        const before = new Recorder();
        const n = given.seriesCount;
        await before.append({
          ...given,
          labels: (i) => given.labels(i),
          handles: { places: new Uint32Array(n), ids: new Uint32Array(n) },
        });
        assert.equal((await stored(decoded(plain)!, ...CLEAN)).all, before.all);
      }),
      { numRuns: 60 },
    );
  });

  const ONE = { __name__: 'http_requests_total', user_email: 'e', pod: 'p', le: '0.5' };
  const at = (labels: Record<string, string>, timestampMs: number, value = 1) => ({
    labels,
    timestampMs,
    value,
  });

  async function labelsUnder(...rules: ProcessorRule[]): Promise<Record<string, string> | undefined> {
    const { samples } = await stored(metricBatch([at(ONE, 1)]), ...rules);
    return samples[0] === undefined ? undefined : JSON.parse(samples[0].split(' 1 1')[0]!);
  }

  it('drop, keep, rename, hash and set labels, and leave what makes a series', async () => {
    assert.deepEqual(await labelsUnder(rule([drop('user.email', 'le', '__name__x')])), {
      __name__: 'http_requests_total',
      pod: 'p',
    });
    assert.deepEqual(await labelsUnder(rule([drop('*')])), { __name__: 'http_requests_total', le: '0.5' });
    assert.deepEqual(await labelsUnder(rule([drop('_name_'), hash('_name_'), rename('_name_', 'x')])), ONE);
    assert.deepEqual(await labelsUnder(rule([keep('pod')])), {
      __name__: 'http_requests_total',
      le: '0.5',
      pod: 'p',
    });
    assert.deepEqual(
      await labelsUnder(rule([rename('pod', 'k8s.pod')]), rule([set('__name__', 'x')], { k8s_pod: 'p' })),
      {
        __name__: 'x',
        k8s_pod: 'p',
        le: '0.5',
        user_email: 'e',
      },
    );
    assert.match((await labelsUnder(rule([hash('user.email')])))!.user_email!, /^[0-9a-f]{32}$/);
    assert.deepEqual(await labelsUnder(rule([redact('text', '.')])), {
      ...ONE,
      pod: '****',
      user_email: '****',
    });
    assert.equal(
      (await labelsUnder(rule([set('pod', 'x', { ifMissing: true }), set('env', 'y', { ifMissing: true })])))!
        .pod,
      'p',
    );
    assert.equal(await labelsUnder(rule([dropItem], { __name__: 'http_.*' })), undefined);
  });

  it('reach exemplars and what is said of families', async () => {
    const exemplar = {
      series: ONE,
      labels: { trace_id: 'a'.repeat(32), user_email: 'x', n: 'card 4111111111111111' },
      timestampMs: 1,
      value: 1,
    };
    const metadata = [
      { family: 'http_requests_total', type: 'counter', help: 'for 4111111111111111', unit: '' },
      { family: 'gone', type: 'gauge', help: 'x', unit: '' },
    ] as const;
    const rules = [
      rule([dropItem], { __name__: 'gone' }),
      rule([redact('text', 'credit_card'), drop('user.email')], { pod: 'p' }),
    ];
    const { others } = await stored(metricBatch([at(ONE, 1)], [exemplar], metadata), ...rules);
    assert.deepEqual(others, [
      [['n', 'card ****', 'trace_id', 'a'.repeat(32)], 1],
      [{ ...metadata[0], help: 'for ****' }],
    ]);
  });

  it('run for a new series alone, whether it is stored or not', async () => {
    const recorder = new Recorder();
    const to = processor(recorder, rule([dropItem], { pod: 'gone' }), rule([drop('pod')]));
    let asked = 0;
    const count = (labels: Labels | undefined) => {
      asked++;
      return labels;
    };
    for (let t = 1; t <= 3; t++) {
      const batch = metricBatch([at({ __name__: 'a', pod: '1' }, t), at({ __name__: 'a', pod: 'gone' }, t)]);
      const counted = { ...batch, labels: (i: number) => count(batch.labels(i)) };
      await to.append(counted, { mode: 'partial' });
    }
    assert.equal(asked, 2);
    assert.equal(recorder.samples.length, 3);
    assert.deepEqual(recorder.samples.slice(1), ['#1 2 1', '#1 3 1']);
  });

  it('name what was refused as the sender counts it', async () => {
    const inner: MetricAppender = {
      append: async (batch) => {
        const refused = [
          { item: batch.sampleCount - 1, reason: 'out_of_order', message: 'm' },
          { item: batch.sampleCount, reason: 'out_of_order', message: 'm' },
        ] as const;
        return { accepted: 0, refused, durable: Promise.resolve() };
      },
    };
    const gone = { __name__: 'a', pod: 'gone' };
    const histogram = { schema: 0, zeroThreshold: 0, zeroCount: 0, count: 0, sum: 0 } as never;
    const batch = metricBatch([
      at(gone, 1),
      at(ONE, 1),
      at(gone, 2),
      { labels: gone, timestampMs: 3, value: histogram },
      { labels: ONE, timestampMs: 3, value: histogram },
    ]);
    const { refused } = await processor(inner, rule([dropItem], { pod: 'gone' })).append(batch, {
      mode: 'partial',
    });
    assert.deepEqual(
      refused.map(({ item }) => item),
      [1, 4],
    );
  });

  it('make series one that become equal: samples meet, another value for a time is refused', async () => {
    const dir = tempDir();
    const engine = await openEngine(dir);
    const to = processor(engine.metrics, rule([drop('pod')]));
    const pods = (t: number, values: readonly number[]) =>
      metricBatch(values.map((v, i) => at({ __name__: 'a', pod: String(i) }, t + i, v)));
    const apart = await to.append(pods(1000, [1, 2]), { mode: 'partial' });
    assert.deepEqual([apart.accepted, apart.refused], [2, []]);
    const same = [at({ __name__: 'a', pod: '0' }, 2000, 5), at({ __name__: 'a', pod: '1' }, 2000, 6)];
    const met = await to.append(metricBatch(same), { mode: 'partial' });
    assert.equal(met.accepted, 1);
    assert.deepEqual(
      met.refused.map((r) => [r.item, r.reason]),
      [[1, 'duplicate_timestamp']],
    );
    const samples = await withReader(engine, dir, async (reader) => {
      const query = { minMs: 0, maxMs: 3000, matchers: [new Matcher('=', '__name__', 'a')] };
      const cursor = await reader.metrics.select(query, new AbortController().signal);
      const out: unknown[] = [];
      const columns = new SampleColumns();
      while (await cursor.nextBatch())
        while (cursor.next()) {
          cursor.read(columns);
          out.push([cursor.labels().toObject(), [...columns.timestamps.subarray(0, columns.count)]]);
        }
      cursor.close();
      return out;
    });
    assert.deepEqual(samples, [[{ __name__: 'a' }, [1000, 1001, 2000]]]);
  });

  it('hold for who names series by handles, and mark there what is not stored', async () => {
    const recorder = new Recorder();
    const to = processor(recorder, rule([dropItem], { pod: 'gone' }), rule([drop('pod')]));
    const handles = { places: new Uint32Array(2), ids: new Uint32Array(2) };
    let asked = 0;
    const count = (labels: Labels | undefined) => {
      asked++;
      return labels;
    };
    for (let t = 1; t <= 3; t++) {
      const batch = metricBatch([at({ __name__: 'a', pod: '1' }, t), at({ __name__: 'a', pod: 'gone' }, t)]);
      await to.append({ ...batch, handles, labels: (i) => count(batch.labels(i)) }, { mode: 'partial' });
    }
    assert.equal(asked, 2);
    assert.deepEqual(recorder.samples, ['{"__name__":"a"} 1 1', '#1 2 1', '#1 3 1']);
    assert.notEqual(to.epoch, processor(recorder, rule([drop('x')])).epoch);
  });

  it('show a series to its sender as it is stored', () => {
    const to = processor(new Recorder(), rule([dropItem], { pod: 'gone' }), rule([drop('user.email')]));
    assert.deepEqual(to.shown(Labels.from({ a: 'b', user_email: SECRET }))!.toObject(), { a: 'b' });
    assert.equal(to.shown(Labels.from({ pod: 'gone' })), undefined);
  });
});
