/**
 * Questions across signals beside the same done by hand over the public APIs: a million lines, 200,000 spans, 10,000 series. A
 * diagnostic: it prints, it asserts nothing.
 *
 *     node bench/micro/across.ts URL     a server with an empty data directory; without --fill again to ask only
 *     node bench/micro/across.ts URL --fill
 */

import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../../test/support/remote-write.ts';

const BASE = process.argv[2] ?? 'http://127.0.0.1:9090';
const LINES = 1_000_000;
const TRACES = 40_000;
const SPANS_PER_TRACE = 5;
const SERIES = 10_000;
const SERVICES = 20;
const ROUNDS = 5;
/** All within this before now. */
const SPREAD_MS = 1_800_000;
const JSON_BODY = { 'content-type': 'application/json' };

const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0');
const idOf = (trace: number) => hex(Math.imul(trace + 1, 0x9e3779b1) >>> 0, 8) + hex(trace + 1, 8).repeat(3);
const ns = (ms: number) => `${Math.round(ms)}000000`;

async function post(path: string, headers: Record<string, string>, body: string | Uint8Array): Promise<void> {
  const answer = await fetch(BASE + path, { method: 'POST', headers, body: body as string });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

function span(trace: number, i: number, startMs: number) {
  // One in a hundred is slow.
  const durationMs = i === 0 && trace % 100 === 0 ? 2500 : 20 + (trace % 50);
  return {
    traceId: idOf(trace),
    spanId: hex(trace * SPANS_PER_TRACE + i + 1, 16),
    parentSpanId: i === 0 ? '' : hex(trace * SPANS_PER_TRACE + 1, 16),
    name: `op-${i}`,
    kind: 2,
    startTimeUnixNano: ns(startMs),
    endTimeUnixNano: ns(startMs + durationMs),
    attributes: [{ key: 'http.route', value: { stringValue: `/r/${trace % 30}` } }],
  };
}

async function fillSpans(fromMs: number): Promise<void> {
  for (let first = 0; first < TRACES; first += 1000) {
    const byService = new Map<number, unknown[]>();
    for (let t = first; t < first + 1000; t++) {
      for (let i = 0; i < SPANS_PER_TRACE; i++) {
        const service = (t + i) % SERVICES;
        const spans = byService.get(service) ?? [];
        byService.set(service, spans);
        spans.push(span(t, i, fromMs + (t / TRACES) * SPREAD_MS));
      }
    }
    const resourceSpans = [...byService].map(([service, spans]) => ({
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: `service-${service}` } },
          { key: 'service.instance.id', value: { stringValue: `service-${service}-0` } },
        ],
      },
      scopeSpans: [{ spans }],
    }));
    await post('/v1/traces', JSON_BODY, JSON.stringify({ resourceSpans }));
  }
}

async function fillLines(fromMs: number): Promise<void> {
  const batch = 10_000;
  for (let first = 0; first < LINES; first += batch) {
    const values = Array.from({ length: SERVICES }, (): [string, string][] => []);
    for (let n = first; n < first + batch; n++) {
      const trace = Math.floor((n / LINES) * TRACES);
      const level = n % 25 === 0 ? 'error' : 'info';
      const line = `{"level":"${level}","msg":"did step ${n % 97} of the order","trace_id":"${idOf(trace)}","took":${n % 500}}`;
      values[n % SERVICES]!.push([ns(fromMs + (n / LINES) * SPREAD_MS), line]);
    }
    const streams = values.map((of, s) => ({ stream: { service_name: `service-${s}` }, values: of }));
    await post('/loki/api/v1/push', JSON_BODY, JSON.stringify({ streams }));
  }
}

async function fillSeries(fromMs: number): Promise<void> {
  for (let first = 0; first < SERIES; first += 1000) {
    const series = Array.from({ length: 1000 }, (_, k) => {
      const n = first + k;
      const service = `service-${n % SERVICES}`;
      const labels = {
        __name__: `metric_${Math.floor(n / 100)}`,
        job: service,
        instance: `${service}-${Math.floor(n / SERVICES) % 5}`,
        n: String(n),
      };
      const samples = Array.from({ length: 60 }, (_, i) => [fromMs + i * 30_000, n + i] as const);
      return { labels, samples };
    });
    await post('/api/v1/write', REMOTE_WRITE_HEADERS, remoteWriteBody(series as never));
  }
}

async function ask(path: string, params: Record<string, string>) {
  const answer = await fetch(`${BASE}${path}?${new URLSearchParams(params)}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

async function timed(name: string, run: () => Promise<string>): Promise<void> {
  const times: number[] = [];
  let found = '';
  for (let i = 0; i < ROUNDS; i++) {
    const began = performance.now();
    found = await run();
    times.push(performance.now() - began);
  }
  const sorted = times.sort((a, b) => a - b);
  const median = sorted[ROUNDS >> 1]!;
  console.log(`${name.padEnd(52)} ${median.toFixed(0).padStart(6)} ms   ${found}`);
}

const toMs = Date.now();
if (process.argv.includes('--fill')) {
  const fromMs = toMs - SPREAD_MS;
  await fillSpans(fromMs);
  await fillLines(fromMs);
  await fillSeries(fromMs);
  await post('/-/flush', {}, '');
}
const range = { start: ns(toMs - 2 * SPREAD_MS), end: ns(toMs) };
const seconds = { start: String(Math.floor(toMs / 1000) - 3600), end: String(Math.ceil(toMs / 1000)) };
const SLOW = '{ duration > 2s }';
const lines = (a: { data: { result: { values: unknown[] }[] } }) =>
  String(a.data.result.reduce((n, s) => n + s.values.length, 0));
const across = (what: string, params: Record<string, string>) =>
  ask(`/api/v1/trilite/${what}`, { ...range, ...params });
const slowIds = async () => {
  const { traces } = await ask('/api/search', { q: SLOW, limit: '500', spss: '1', ...seconds });
  return (traces as { traceID: string }[]).map(({ traceID }) => traceID.padStart(32, '0'));
};

await timed('logs: error lines of 400 slow traces', async () =>
  lines(await across('logs', { traceql: SLOW, logql: '|= "error"', limit: '5000' })),
);
await timed('  by hand: a search, a query with the ids as regex', async () => {
  const query = `{service_name=~".+"} |= "error" |~ "${(await slowIds()).join('|')}"`;
  return lines(await ask('/loki/api/v1/query_range', { query, limit: '5000', ...range }));
});
await timed('  by hand: a search, a query for each trace', async () => {
  let count = 0;
  for (const id of await slowIds()) {
    const query = `{service_name=~".+"} |= "error" | json | trace_id="${id}"`;
    count += Number(lines(await ask('/loki/api/v1/query_range', { query, limit: '5000', ...range })));
  }
  return String(count);
});
await timed('logs: the same, deep', async () =>
  lines(await across('logs', { traceql: SLOW, logql: '|= "error"', limit: '5000', deep: 'true' })),
);
await timed('logs: all lines of the newest 5000 traces', async () =>
  lines(await across('logs', { traceql: '{}', traces: '5000', limit: '5000' })),
);
await timed('logs: lines of slow traces, counted by service', async () => {
  const logql = 'sum by (service_name) (count_over_time({service_name=~".+"}[1h]))';
  return `${(await across('logs', { traceql: SLOW, logql })).data.result.length} services`;
});
await timed('logs: of one trace', async () =>
  lines(await across('logs', { traceql: `{ trace:id = "${idOf(20_000)}" }` })),
);
const found = (a: { traces: unknown[]; across: { lines: number } }) =>
  `${a.traces.length} traces of ${a.across.lines} lines`;
await timed('traces: of error lines of a service', async () =>
  found(
    await across('traces', { logql: '{service_name="service-0"} |= "error"', traceql: SLOW, limit: '500' }),
  ),
);
await timed('traces: of all lines', async () => found(await across('traces', { logql: '{}', limit: '500' })));
const trace = idOf(20_000);
await timed('metrics: of a trace', async () => {
  const { data, across: joined } = await ask('/api/v1/trilite/metrics', { trace });
  return `${data.result.length} series, ${joined.selectors.length} selectors`;
});
await timed('metrics: of a trace, a rate', async () => {
  const promql = 'sum by (job) (rate(metric_7[2m]))';
  return `${(await ask('/api/v1/trilite/metrics', { trace, promql })).data.result.length} series`;
});
