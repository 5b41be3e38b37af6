/** A sink as a test uses it: what is stored is found, over all time, in all three languages. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Sink, startTrilite } from '../../src/index.ts';

const DAY_MS = 86_400_000;

describe('a sink', () => {
  let sink: Sink;
  const log: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'trilite-sink-test-'));

  before(async () => {
    sink = await startTrilite({ log: (line) => log.push(line), logLevel: 'error' });
  });
  after(async () => {
    await sink.stop();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(log, []);
  });

  it('loads series so that the last sample is now', async () => {
    await sink.load('orders_total{shop="a"} 0+10x30\norders_total{shop="b"} 0+1x30');
    const now = await sink.promql('sum(orders_total)');
    assert.deepEqual(now.kind === 'vector' && now.samples.map((s) => s.value), [330]);
    const range = await sink.promqlRange('orders_total{shop="a"}');
    assert.ok(range.kind === 'matrix');
    assert.equal(range.series[0]!.points[0]!.value, 0);
    assert.equal(range.series[0]!.points.at(-1)!.value, 300);
  });

  it('loads blocks with their own intervals, stale markers and histograms, from a start on', async () => {
    const start = '2020-01-01T00:00:00Z';
    await sink.load(
      `load 10s
         up 1 1 stale

       load 1m
         latency {{schema:0 count:3 sum:5 buckets:[1 2]}}`,
      { start },
    );
    const at = (seconds: number) => new Date(Date.parse(start) + seconds * 1000);
    const up = await sink.promql('up', { at: at(10) });
    assert.equal(up.kind === 'vector' && up.samples.length, 1);
    const gone = await sink.promql('up', { at: at(20) });
    assert.equal(gone.kind === 'vector' && gone.samples.length, 0);
    const sum = await sink.promql('histogram_sum(latency)', { at: at(0) });
    assert.equal(sum.kind === 'vector' && sum.samples[0]!.value, 5);
  });

  it('says in which line a series is malformed', async () => {
    await assert.rejects(sink.load('up 1\n\nload 1m\n  down{ 1'), { message: /^line 4: cannot read/ });
    await assert.rejects(sink.load('eval instant at 1m up'), { message: /only series are loaded/ });
  });

  it('pushes lines and finds them whenever they were', async () => {
    await sink.push({
      logs: [
        { line: 'old', service: 'api', time: Date.now() - 400 * DAY_MS },
        { line: 'paid', service: 'api', level: 'info', metadata: { amount: 3 }, traceId: 'ab'.repeat(16) },
        { line: 'no label' },
      ],
    });
    const found = await sink.logql('{service_name="api"}');
    assert.ok(found.kind === 'entries');
    assert.deepEqual(
      found.entries.map((e) => e.line),
      ['old', 'paid'],
    );
    assert.equal(found.entries[1]!.structuredMetadata.amount, '3');
    assert.equal(found.entries[1]!.structuredMetadata.trace_id, 'ab'.repeat(16));
    const counted = await sink.logql('count_over_time({service_name="api"}[1h])');
    assert.equal(counted.kind === 'vector' && counted.samples.length, 1);
    const other = await sink.logql('{service_name="test"}');
    assert.equal(other.kind === 'entries' && other.entries.length, 1);
  });

  it('pushes trees of spans and finds them whenever they were', async () => {
    const { spans } = await sink.push({
      spans: [
        {
          name: 'GET /orders',
          service: 'shop',
          kind: 'server',
          duration: '20ms',
          attributes: { 'http.response.status_code': 500, ratio: 0.5, tags: ['a', 'b'] },
          status: 'error',
          children: [{ name: 'SELECT', kind: 'client', service: 'db', events: [{ name: 'slow' }] }],
        },
        { name: 'old', start: '2019-05-01T00:00:00Z' },
      ],
    });
    assert.deepEqual(
      spans.map((s) => s.name),
      ['GET /orders', 'SELECT', 'old'],
    );
    const all = await sink.traceql('{ name =~ "GET /orders|old" }');
    assert.equal(all.kind === 'traces' && all.traces.length, 2);
    const failed = await sink.traceql(
      '{ resource.service.name = "shop" && span.http.response.status_code = 500 }',
    );
    assert.equal(failed.kind === 'traces' && failed.traces[0]!.traceId, spans[0]!.traceId);
    const trace = await sink.trace(spans[0]!.traceId);
    const child = trace!.spans.find((s) => s.name === 'SELECT')!;
    assert.equal(child.parentSpanId, spans[0]!.spanId);
    assert.equal(child.resource['service.name'], 'db');
    assert.equal(child.events[0]!.name, 'slow');
    assert.deepEqual(trace!.spans.find((s) => s.name === 'GET /orders')!.attributes.tags, ['a', 'b']);
    const rate = await sink.traceql('{ resource.service.name = "shop" } | count_over_time()');
    assert.ok(rate.kind === 'matrix' && rate.series.length > 0);
    assert.equal(await sink.trace(`${'00'.repeat(15)}01`), undefined);
  });

  it('refuses spans and lines that are none', async () => {
    await assert.rejects(sink.push({ spans: [{ name: 'x', traceId: 'short' }] }), /no trace id/);
    await assert.rejects(sink.push({ spans: [{ name: 'x', kind: 'strange' as never }] }), /is no kind/);
    await assert.rejects(sink.push({ logs: [{ line: 7 as never }] }), /needs a line/);
  });

  it('passes on what is wrong with a query', async () => {
    await assert.rejects(sink.promql('sum('), { kind: 'bad_data' });
    await assert.rejects(sink.logql('{app='), { kind: 'bad_data' });
    await assert.rejects(sink.traceql('{ span. }'), { kind: 'bad_data' });
  });

  it('lists what is there', async () => {
    await sink.load('listed 1');
    await sink.push({
      logs: [{ line: 'x', service: 'listed' }],
      spans: [{ name: 'work', service: 'worker' }],
    });
    const { metrics, streams, services, spans } = await sink.inventory();
    assert.ok(metrics.includes('listed'));
    assert.ok(streams.some((labels) => labels.service_name === 'listed'));
    assert.ok(services.includes('worker'));
    assert.ok(spans.includes('work'));
  });

  it('copies itself into a file that another sink opens', async () => {
    await sink.load('kept 7');
    await sink.snapshot(join(folder, 'trilite.db'));
    await using copy = await startTrilite({ dataDir: folder });
    await copy.waitFor('kept', 7);
  });

  it('tells SDKs where it is', async () => {
    const { otlpHttp, otlpGrpc } = sink.endpoints;
    assert.equal(sink.env.OTEL_EXPORTER_OTLP_ENDPOINT, otlpHttp);
    const env = sink.envFor({
      protocol: 'grpc',
      service: 'api',
      resource: { 'deployment.environment': 'a b' },
    });
    assert.equal(env.OTEL_EXPORTER_OTLP_ENDPOINT, otlpGrpc);
    assert.equal(env.OTEL_SERVICE_NAME, 'api');
    assert.equal(env.OTEL_RESOURCE_ATTRIBUTES, 'deployment.environment=a%20b');
  });
});
