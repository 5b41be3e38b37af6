/** What becomes of spans: series, their values and times, edges and their expiry, the limit, idle series. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeriveCounts } from '../../src/derive/derive-counts.ts';
import { DEFAULT_METRICS_GENERATOR, type MetricsGeneratorSettings } from '../../src/derive/settings.ts';
import { TenantGenerator } from '../../src/derive/tenant-generator.ts';
import type { Histogram } from '../../src/model/histogram.ts';
import { SampleSink } from './sample-sink.ts';
import { NOW_MS, type SpanText, spanBatch } from './span-batches.ts';

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

/** A generator whose process began long ago. */
function generatorOf(change: Partial<MetricsGeneratorSettings> = {}, startedMs = 0) {
  const sink = new SampleSink();
  const counts = new DeriveCounts();
  const settings = { ...DEFAULT_METRICS_GENERATOR, ...change };
  const generator = new TenantGenerator('fake', settings, sink, counts, startedMs);
  const take = (...spans: SpanText[]) => takeAt(NOW_MS, ...spans);
  const takeAt = (nowMs: number, ...spans: SpanText[]) => {
    for (const _ of generator.take(spanBatch(...spans), undefined, nowMs));
  };
  return { generator, sink, counts, take, takeAt };
}

const graphs = DEFAULT_METRICS_GENERATOR.serviceGraphs;
const edge = (client: string, server: string, connection = '') =>
  `traces_service_graph_request_total{client="${client}",${connection && `connection_type="${connection}",`}server="${server}"}`;

describe('span metrics', () => {
  it('count, time and measure spans by service, name, kind and status', async () => {
    const { generator, sink, take } = generatorOf({ slackMs: 0 });
    take(
      { service: 'a', kind: SERVER, ms: 3 },
      { service: 'a', kind: SERVER, ms: 100_000 },
      { service: 'b', status: { code: 2 } },
    );
    await generator.collect(NOW_MS, true);
    const labels =
      'service="a",span_kind="SPAN_KIND_SERVER",span_name="work",status_code="STATUS_CODE_UNSET"';
    assert.equal(sink.last(`traces_spanmetrics_calls_total{${labels}}`), 2);
    assert.equal(sink.last(`traces_spanmetrics_latency_sum{${labels}}`), 100.003);
    assert.equal(sink.last(`traces_spanmetrics_latency_count{${labels}}`), 2);
    assert.equal(sink.last(`traces_spanmetrics_latency_bucket{le="0.004",${labels}}`), 1);
    assert.equal(sink.last(`traces_spanmetrics_latency_bucket{le="16.384",${labels}}`), 1);
    assert.equal(sink.last(`traces_spanmetrics_latency_bucket{le="+Inf",${labels}}`), 2);
    const failed =
      'service="b",span_kind="SPAN_KIND_INTERNAL",span_name="work",status_code="STATUS_CODE_ERROR"';
    assert.equal(sink.last(`traces_spanmetrics_calls_total{${failed}}`), 1);
  });

  it('begin with a zero at the end of the minute before, but not before the process began', async () => {
    const zeroTimes = async (startedMs: number) => {
      const { generator, sink, take } = generatorOf({}, startedMs);
      take({ service: 'a' });
      await generator.collect(NOW_MS + 30_000, false);
      return [...sink.series].filter(([name]) => !name.includes('_sum')).map(([, kept]) => kept[0]!);
    };
    for (const kept of await zeroTimes(0)) assert.deepEqual(kept, { timeMs: NOW_MS - 1000, value: 0 });
    for (const kept of await zeroTimes(NOW_MS + 20_000))
      assert.deepEqual(kept, { timeMs: NOW_MS + 20_000, value: 0 });
  });

  it('give dimensions labels of their own, the last of equal names winning', async () => {
    const spanMetrics = {
      ...DEFAULT_METRICS_GENERATOR.spanMetrics,
      dimensions: ['service', 'x.y', 'x_y', 'none'],
    };
    const { generator, sink, take } = generatorOf({ spanMetrics });
    const attributes = { service: 'inner', 'x.y': 'first', x_y: 'second' };
    take({ service: 'a', attributes }, { service: 'a', attributes: { ...attributes, 'x.y': 'other' } });
    await generator.collect(NOW_MS, true);
    const calls = [...sink.series].filter(([name]) => name.startsWith('traces_spanmetrics_calls_total'));
    assert.equal(calls.length, 1);
    assert.match(calls[0]![0], /\{__service="inner",service="a",.*,x_y="second"\}/);
    assert.equal(calls[0]![1].at(-1)!.value, 2);
  });

  it('leave out and count spans that ended too long ago or end too late', async () => {
    const { counts, take, generator } = generatorOf();
    take({ startMs: NOW_MS - 31_000 }, { startMs: NOW_MS + 31_000 }, { startMs: NOW_MS - 29_000 });
    assert.equal(counts.outsideSlack, 2);
    assert.equal(generator.activeSeries, 19);
    const all = generatorOf({ slackMs: 0 });
    all.take({ startMs: 0 }, { startMs: NOW_MS * 1.5 });
    assert.equal(all.counts.outsideSlack, 0);
  });

  it('point to a trace per bucket, once per collection', async () => {
    const { generator, sink, take } = generatorOf({ processors: ['span-metrics-latency'] });
    take(
      { service: 'a', ms: 3, trace: 0x1f },
      { service: 'a', ms: 3, trace: 0x2f },
      { service: 'a', ms: 9, trace: 0x3f },
    );
    await generator.collect(NOW_MS, false);
    await generator.collect(NOW_MS + 1000, true);
    assert.deepEqual(
      sink.exemplars.map((e) => [e.trace, e.value]),
      [
        ['traceID=1f', 0.003],
        ['traceID=3f', 0.009],
      ],
    );
  });
});

describe('the service graph', () => {
  it('pairs both halves, whichever comes first', async () => {
    const { generator, sink, counts, take } = generatorOf();
    take({ service: 'a', kind: CLIENT, id: 1, ms: 20 });
    take({ service: 'b', kind: SERVER, parent: 1, ms: 10, status: { code: 2 } });
    take({ service: 'd', kind: CONSUMER, parent: 2 }, { service: 'c', kind: PRODUCER, id: 2 });
    await generator.collect(NOW_MS, false);
    assert.equal(sink.last(edge('a', 'b')), 1);
    assert.equal(sink.last(edge('a', 'b').replace('request_total', 'request_failed_total')), 1);
    assert.equal(sink.last('traces_service_graph_request_server_seconds_sum{client="a",server="b"}'), 0.01);
    assert.equal(sink.last('traces_service_graph_request_client_seconds_sum{client="a",server="b"}'), 0.02);
    assert.equal(sink.last(edge('c', 'd', 'messaging_system')), 1);
    assert.equal(counts.edges, 2);
    assert.equal(generator.waitingEdges, 0);
  });

  it('knows databases at once, and what sends no spans when the wait is over', async () => {
    const { generator, sink, counts, take } = generatorOf();
    take(
      { service: 'a', kind: CLIENT, attributes: { 'db.name': 'orders' } },
      {
        service: 'a',
        kind: CLIENT,
        attributes: { 'db.system': 'redis', 'network.peer.address': 'h', 'network.peer.port': '1' },
      },
      { service: 'a', kind: CLIENT, attributes: { 'peer.service': 'stripe' } },
      { service: 'a', kind: SERVER },
      { service: 'a', kind: CLIENT },
      { service: 'a', kind: SERVER, parent: 9 },
    );
    generator.expire(NOW_MS + 9999);
    assert.equal(generator.waitingEdges, 4);
    generator.expire(NOW_MS + 10_000);
    await generator.collect(NOW_MS + 10_000, false);
    assert.equal(sink.last(edge('a', 'orders', 'database')), 1);
    assert.equal(sink.last(edge('a', 'h:1', 'database')), 1);
    assert.equal(sink.last(edge('a', 'stripe', 'virtual_node')), 1);
    assert.equal(sink.last(edge('user', 'a', 'virtual_node')), 1);
    assert.deepEqual([counts.expiredClient, counts.expiredServer, generator.waitingEdges], [1, 1, 0]);
  });

  it('lets no more wait than it may, and finds those that wait among many', async () => {
    const { generator, sink, counts, take } = generatorOf({ serviceGraphs: { ...graphs, maxItems: 500 } });
    for (let i = 1; i <= 600; i++) take({ service: 'a', kind: CLIENT, trace: i, id: 1 });
    assert.deepEqual([generator.waitingEdges, counts.serviceGraphsFull], [500, 100]);
    for (let i = 600; i >= 1; i--) take({ service: 'b', kind: SERVER, trace: i, parent: 1 });
    await generator.collect(NOW_MS, false);
    assert.equal(sink.last(edge('a', 'b')), 500);
    // Halves that came while there was no room are not waited for.
    assert.deepEqual([generator.waitingEdges, counts.serviceGraphsFull], [0, 200]);
  });

  it('does not wait for a half that a policy leaves out', async () => {
    const value = { type: 'string', value: 'b' } as const;
    const exclude = [{ scope: 'resource', key: 'service.name', value }] as const;
    const filterPolicies = [{ include: undefined, includeAny: undefined, exclude }];
    const { generator, counts, take } = generatorOf({ serviceGraphs: { ...graphs, filterPolicies } });
    take({ service: 'a', kind: CLIENT, id: 1 }, { service: 'b', kind: SERVER, parent: 1 });
    take({ service: 'b', kind: SERVER, parent: 2 }, { service: 'a', kind: CLIENT, id: 2 });
    assert.deepEqual([generator.waitingEdges, counts.droppedEdges, counts.serviceGraphsFiltered], [0, 2, 2]);
  });
});

describe('series', () => {
  it('beyond the limit are counted under one label set', async () => {
    const { generator, sink, take } = generatorOf({ processors: ['span-metrics-count'], maxActiveSeries: 2 });
    take({ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }, { name: 'a' });
    await generator.collect(NOW_MS, true);
    assert.equal(generator.activeSeries, 2);
    assert.equal(sink.last('traces_spanmetrics_calls_total{metric_overflow="true"}'), 2);
  });

  it('end with a stale marker when idle, and make room', async () => {
    const { generator, sink, take, takeAt } = generatorOf({
      processors: ['span-metrics-count'],
      maxActiveSeries: 1,
    });
    take({ service: 'a' });
    await generator.collect(NOW_MS, true);
    await generator.collect(NOW_MS + 15 * 60_000 + 1, true);
    const [name, kept] = [...sink.series][0]!;
    assert.deepEqual(
      kept.map((k) => k.value),
      [0, 1, 1, 'stale'],
    );
    assert.equal(generator.isIdle, true);
    takeAt(NOW_MS + 16 * 60_000, { service: 'a', startMs: NOW_MS + 16 * 60_000 });
    await generator.collect(NOW_MS + 16 * 60_000, true);
    assert.equal(sink.last(name), 1);
  });

  it('are written again after an append that failed', async () => {
    const { generator, sink, take } = generatorOf({ processors: ['span-metrics-count'] });
    take({ service: 'a' });
    sink.fails = true;
    await assert.rejects(generator.collect(NOW_MS, false), /disk is full/);
    sink.fails = false;
    await generator.collect(NOW_MS + 1000, false);
    assert.deepEqual(
      [...sink.series.values()].map((kept) => kept.at(-1)!.value),
      [1],
    );
  });

  it('can be native histograms', async () => {
    const { generator, sink, take } = generatorOf({
      processors: ['span-metrics-latency'],
      histograms: 'native',
    });
    take({ service: 'a', ms: 1000 }, { service: 'a', ms: 1000 }, { service: 'a', ms: 0 });
    await generator.collect(NOW_MS, false);
    assert.equal(sink.series.size, 1);
    const [zero, full] = [...sink.series.values()][0]!.map((k) => k.value as Histogram);
    assert.equal(zero!.count, 0);
    assert.deepEqual([full!.count, full!.zeroCount, full!.schema, full!.positiveCounts], [3, 1, 3, [2]]);
    assert.deepEqual(full!.positiveSpans, [{ offset: 0, length: 1 }]);
  });
});
