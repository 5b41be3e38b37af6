/** Counting spans: by TraceQL's metrics where they count them all, else by a sample of traces that are fetched. */

import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { countSpans, expectedTraces } from '../../src/bench/count-spans.ts';
import { OTLP_TRACES } from '../../src/bench/otlp-traces-workload.ts';
import { DelayWatch, ownMetrics } from '../../src/bench/own-metrics.ts';
import type { System } from '../../src/bench/target.ts';
import { decodeOtlpTraces } from '../../src/ingest/decode/otlp-traces.ts';
import { allRequests, loadOptions } from './load-options.ts';

const OPTIONS = loadOptions({ items: 4000, batch: 500 });
const SENT = { fromMs: OPTIONS.startMs, toMs: OPTIONS.startMs + 400_000, acknowledged: 4000 };
const METRICS = `# TYPE trilite_blocks gauge
trilite_blocks{signal="logs"} 3
trilite_head_bytes 1024
trilite_event_loop_delay_seconds{quantile="0.5"} 0.001
trilite_event_loop_delay_seconds{quantile="0.99"} 0.02
trilite_event_loop_delay_seconds{quantile="1"} 0.03
go_goroutines 8
`;

/** Spans of each trace, by its id. */
const stored = new Map<string, number>();
let server: http.Server;
let system: System;
/** What the answer to a metrics query is; undefined: there are no such queries. */
let metricsAnswer: unknown;

before(async () => {
  server = http.createServer((request, answer) => {
    const { pathname } = new URL(request.url!, 'http://x');
    if (pathname === '/metrics') return answer.end(METRICS);
    if (pathname === '/api/metrics/query_range' && metricsAnswer)
      return answer.end(JSON.stringify(metricsAnswer));
    const spans = stored.get(pathname.slice('/api/traces/'.length));
    if (!pathname.startsWith('/api/traces/') || spans === undefined) return answer.writeHead(404).end();
    const half = Math.floor(spans / 2);
    const batches = [half, spans - half].map((n) => ({ scopeSpans: [{ spans: Array(n).fill({}) }] }));
    return answer.end(JSON.stringify({ batches }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  system = {
    name: 'stub',
    urls: { tempo: base, prometheus: base },
    headers: {},
    pids: [],
    dataDir: undefined,
  };
  for (const { body } of allRequests(OTLP_TRACES, OPTIONS)) {
    const { traceIds, spanCount } = decodeOtlpTraces(body);
    for (let i = 0; i < spanCount; i++) {
      const id = Buffer.from(traceIds.subarray(i * 16, i * 16 + 16)).toString('hex');
      stored.set(id, (stored.get(id) ?? 0) + 1);
    }
  }
});
after(() => server.close());

test('the traces that are expected are those that were sent, spread over all of them', () => {
  const expected = expectedTraces(OPTIONS, 4000, 50);
  assert.ok(expected.length >= 49 && expected.length <= 51);
  for (const { id, spans } of expected) assert.equal(stored.get(id), spans);
  assert.equal(new Set(expected.map(({ id }) => id)).size, expected.length);
  assert.ok(expectedTraces({ ...OPTIONS, run: 'other' }, 4000, 50).every(({ id }) => !stored.has(id)));
});

test('a system without TraceQL metrics is counted by a sample', async () => {
  metricsAnswer = undefined;
  const counted = await countSpans(system, OPTIONS, SENT);
  assert.ok(typeof counted !== 'number');
  assert.equal(counted.items, 4000);
  assert.match(counted.how, /^sampled: (\d+) of \1 spans in \d+ traces$/);
});

test('what metrics miss and the sample finds is there; what both miss is lost', async () => {
  metricsAnswer = { series: [{ samples: [{ value: 1000 }, { value: 500 }] }] };
  assert.equal(((await countSpans(system, OPTIONS, SENT)) as { items: number }).items, 4000);
  const [first] = stored.keys();
  const spans = stored.get(first!)!;
  stored.delete(first!);
  const counted = (await countSpans(system, OPTIONS, SENT)) as { items: number };
  stored.set(first!, spans);
  assert.ok(counted.items < 4000, 'the first trace is always in the sample');
  metricsAnswer = { series: [{ samples: [{ value: 1000 }, { value: 3000 }] }] };
  assert.equal(await countSpans(system, OPTIONS, SENT), 4000);
});

test('of the metrics page the own families are read', async () => {
  const metrics = await ownMetrics(system);
  assert.equal(metrics.get('trilite_blocks{signal="logs"}'), 3);
  assert.equal(metrics.get('trilite_head_bytes'), 1024);
  assert.equal(metrics.has('go_goroutines'), false);
  const watch = new DelayWatch(system);
  assert.deepEqual(await watch.take(), { p99Ms: 20, maxMs: 30 });
  const away = { ...system, urls: { prometheus: 'http://127.0.0.1:9' } };
  assert.equal((await ownMetrics(away)).size, 0);
  assert.equal(await new DelayWatch(away).take(), undefined);
});
