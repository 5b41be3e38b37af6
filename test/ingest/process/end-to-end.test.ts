/**
 * A running server with rules and one without: a secret of its own comes in by each way there is. Without rules each is found in
 * the files of the data directory, with them none is, nor in anything that the server tells, follows, derives or sends on.
 */

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { Client, credentials } from '@grpc/grpc-js';
import { compress, uncompress } from 'snappyjs';
import { getJson, postBody, promInstant } from '../../support/http-api.ts';
import { LOKI_PUSH_HEADERS, lokiPushBody } from '../../support/loki-push.ts';
import { eventually } from '../../support/poll.ts';
import { REMOTE_WRITE_HEADERS } from '../../support/remote-write.ts';
import { openTail } from '../../support/tail-client.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { postSpans, thriftBatch } from '../decode/jaeger/batches.ts';
import { binary, call } from '../decode/jaeger/thrift-writer.ts';
import { encode } from '../decode/otlp-arbitrary.ts';
import { encode as encodeWrite, Request2, WriteRequest } from '../decode/remote-write-proto.ts';
import { SECRET } from './rules.ts';

const RULES = `
  processors:
    - actions:
        - {drop: "*${SECRET}*"}
        - {redact: text, pattern: '${SECRET}\\w*', with: gone}
`;

const now = Date.now();
const ns = (offsetMs = 0) => String(BigInt(now + offsetMs) * 1_000_000n);
const JSON_TYPE = { 'content-type': 'application/json' };
const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const text = (stringValue: string) => ({ stringValue });
const attribute = (key: string, value: string) => ({ key, value: text(value) });

interface Way {
  readonly tag: string;
  readonly signal: 'metrics' | 'logs' | 'traces';
  send(server: TemporaryServer, secret: string): Promise<void>;
}

// ------------------------------------------------------------------------------------------------- requests

function otlpMetrics(tag: string, secret: string): Record<string, unknown> {
  const dataPoints = [
    { attributes: [attribute('tag', tag), attribute('v', secret)], timeUnixNano: ns(), asDouble: 1 },
  ];
  const metrics = [{ name: 'way', description: `help ${secret}`, gauge: { dataPoints } }];
  const attributes = [attribute('service.name', 's'), attribute('host', secret)];
  return { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }] };
}

function otlpLogs(tag: string, secret: string): Record<string, unknown> {
  const body = { kvlistValue: { values: [attribute('a', secret)] } };
  const logRecords = [
    { timeUnixNano: ns(), body, attributes: [attribute('tag', tag), attribute('v', secret)] },
  ];
  const attributes = [attribute('service.name', `s ${secret}`)];
  return {
    resourceLogs: [{ resource: { attributes }, scopeLogs: [{ scope: { name: secret }, logRecords }] }],
  };
}

let spans = 0;
function otlpTraces(tag: string, secret: string): Record<string, unknown> {
  const array = { arrayValue: { values: [text(secret)] } };
  const span = {
    traceId: Buffer.alloc(16, ++spans),
    spanId: Buffer.alloc(8, spans),
    name: `get ${secret}`,
    kind: 2,
    startTimeUnixNano: ns(),
    endTimeUnixNano: ns(5),
    attributes: [attribute('tag', tag), { key: 'v', value: array }],
    events: [{ name: secret, attributes: [attribute('e', secret)] }],
    status: { code: 2, message: secret },
  };
  const attributes = [attribute('service.name', `s ${secret}`)];
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] };
}

/** Ids are hex in OTLP's JSON. */
const asJson = (message: unknown) =>
  JSON.stringify(message, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('hex') : value,
  );

const SIGNALS = {
  metrics: { message: 'MetricsData', service: 'metrics.v1.MetricsService', make: otlpMetrics },
  logs: { message: 'LogsData', service: 'logs.v1.LogsService', make: otlpLogs },
  traces: { message: 'TracesData', service: 'trace.v1.TraceService', make: otlpTraces },
} as const;

function grpc(address: string, method: string, body: Uint8Array): Promise<void> {
  const client = new Client(address, credentials.createInsecure());
  const identity = (bytes: Buffer) => bytes;
  return new Promise<void>((resolve, reject) => {
    client.makeUnaryRequest(method, identity, identity, Buffer.from(body), (error) =>
      error ? reject(error) : resolve(),
    );
  }).finally(() => client.close());
}

function otlpWays(signal: keyof typeof SIGNALS): Way[] {
  const { message, service, make } = SIGNALS[signal];
  return [
    {
      tag: `${signal}json`,
      signal,
      send: ({ server }, secret) =>
        postBody(`${server.base}/v1/${signal}`, JSON_TYPE, asJson(make(`${signal}json`, secret))),
    },
    {
      tag: `${signal}proto`,
      signal,
      send: ({ server }, secret) =>
        postBody(`${server.base}/v1/${signal}`, PROTOBUF, encode(message, make(`${signal}proto`, secret))),
    },
    {
      tag: `${signal}grpc`,
      signal,
      send: ({ server }, secret) =>
        grpc(
          server.grpc,
          `/opentelemetry.proto.collector.${service}/Export`,
          encode(message, make(`${signal}grpc`, secret)),
        ),
    },
  ];
}

function jaegerBatch(tag: string, secret: string) {
  const tags = [
    { key: 'tag', value: { string: tag } },
    { key: 'v', value: { string: secret } },
  ];
  const span = {
    high: 7n,
    low: BigInt(++spans),
    spanId: 9n,
    parentId: 0n,
    name: `op ${secret}`,
    references: [],
    start: BigInt(now) * 1000n,
    duration: 5n,
    tags,
    logs: [{ time: BigInt(now) * 1000n, fields: [{ key: 'event', value: { string: secret } }] }],
    process: undefined,
  };
  return {
    process: { name: `s ${secret}`, tags: [{ key: 'host', value: { string: secret } }] },
    spans: [span],
  };
}

/** `127.0.0.1:port` of what the ready line calls so. */
function port(server: TemporaryServer, scheme: string): string {
  return new RegExp(`${scheme.replace('+', '\\+')}://(\\S+)`).exec(server.server.readyLine)![1]!;
}

async function sendUdp(server: TemporaryServer, datagram: Uint8Array): Promise<void> {
  const socket = createSocket('udp4');
  const to = Number(port(server, 'jaeger+udp').split(':').at(-1));
  await new Promise<void>((resolve, reject) =>
    socket.send(datagram, to, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
  );
  socket.close();
}

function writeBody2(tag: string, secret: string): Uint8Array {
  const symbols = ['', '__name__', 'way', 'tag', tag, 'v', secret, 'trace', `help ${secret}`];
  const exemplars = [{ labelsRefs: [7, 6], value: 1, timestamp: now }];
  const metadata = { type: 2, helpRef: 8, unitRef: 0 };
  const timeseries = [
    { labelsRefs: [1, 2, 3, 4, 5, 6], samples: [{ value: 1, timestamp: now }], exemplars, metadata },
  ];
  return compress(encodeWrite(Request2, { symbols, timeseries }));
}

function writeBody1(secret: string): Uint8Array {
  const labels = Object.entries({ __name__: 'way', tag: 'rw1', v: secret }).map(([name, value]) => ({
    name,
    value,
  }));
  const exemplars = [{ labels: [{ name: 'trace', value: secret }], value: 1, timestamp: now }];
  const timeseries = [{ labels, samples: [{ value: 1, timestamp: now }], exemplars }];
  const metadata = [{ type: 2, metricFamilyName: 'way1', help: `help ${secret}` }];
  return compress(encodeWrite(WriteRequest, { timeseries, metadata }));
}

const V2_TYPE = {
  ...REMOTE_WRITE_HEADERS,
  'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
};

const WAYS: readonly Way[] = [
  ...otlpWays('metrics'),
  ...otlpWays('logs'),
  ...otlpWays('traces'),
  {
    tag: 'rw1',
    signal: 'metrics',
    send: ({ server }, secret) =>
      postBody(`${server.base}/api/v1/write`, REMOTE_WRITE_HEADERS, writeBody1(secret)),
  },
  {
    tag: 'rw2',
    signal: 'metrics',
    send: ({ server }, secret) => postBody(`${server.base}/api/v1/write`, V2_TYPE, writeBody2('rw2', secret)),
  },
  {
    tag: 'promotlp',
    signal: 'metrics',
    send: ({ server }, secret) =>
      postBody(
        `${server.base}/api/v1/otlp/v1/metrics`,
        PROTOBUF,
        encode('MetricsData', otlpMetrics('promotlp', secret)),
      ),
  },
  {
    tag: 'pushjson',
    signal: 'logs',
    send: ({ server }, secret) => {
      const streams = [
        {
          stream: { tag: 'pushjson', app: secret },
          values: [[ns(), `line ${secret}`, { m: secret, level: secret }]],
        },
      ];
      return postBody(`${server.base}/loki/api/v1/push`, JSON_TYPE, JSON.stringify({ streams }));
    },
  },
  {
    tag: 'pushproto',
    signal: 'logs',
    send: ({ server }, secret) => {
      const entry = {
        ns: BigInt(ns()),
        line: `line ${secret}`,
        metadata: { [`n_${secret}`]: 'x', m: secret },
      };
      const body = lokiPushBody(`{tag="pushproto",app="${secret}",n_${secret}="x"}`, [entry]);
      return postBody(`${server.base}/loki/api/v1/push`, LOKI_PUSH_HEADERS, body);
    },
  },
  {
    tag: 'pushlegacy',
    signal: 'logs',
    send: ({ server }, secret) => {
      const entries = [{ ts: new Date(now).toISOString(), line: `line ${secret}` }];
      const streams = [{ labels: `{tag="pushlegacy",app="${secret}"}`, entries }];
      return postBody(`${server.base}/api/prom/push`, JSON_TYPE, JSON.stringify({ streams }));
    },
  },
  {
    tag: 'lokiotlp',
    signal: 'logs',
    send: ({ server }, secret) =>
      postBody(`${server.base}/otlp/v1/logs`, PROTOBUF, encode('LogsData', otlpLogs('lokiotlp', secret))),
  },
  {
    tag: 'jaegerhttp',
    signal: 'traces',
    send: ({ server }, secret) =>
      postBody(
        `${server.base}/api/traces`,
        { 'content-type': 'application/x-thrift' },
        binary(thriftBatch(jaegerBatch('jaegerhttp', secret))),
      ),
  },
  {
    tag: 'jaegergrpc',
    signal: 'traces',
    send: ({ server }, secret) =>
      grpc(
        server.grpc,
        '/jaeger.api_v2.CollectorService/PostSpans',
        postSpans(jaegerBatch('jaegergrpc', secret)),
      ),
  },
  {
    tag: 'jaegerudp',
    signal: 'traces',
    send: (server, secret) => sendUdp(server, call('compact', thriftBatch(jaegerBatch('jaegerudp', secret)))),
  },
  {
    tag: 'zipkin',
    signal: 'traces',
    send: ({ server }, secret) => {
      const span = {
        traceId: 'ab'.repeat(16),
        id: 'cd'.repeat(8),
        name: `op ${secret}`,
        timestamp: now * 1000,
        duration: 5,
        localEndpoint: { serviceName: `s ${secret}` },
        annotations: [{ timestamp: now * 1000, value: secret }],
        tags: { tag: 'zipkin', v: secret },
      };
      return postBody(`${server.base}/api/v2/spans`, JSON_TYPE, JSON.stringify([span]));
    },
  },
];

// --------------------------------------------------------------------------------------------------- the run

interface Surroundings {
  readonly target: Server;
  readonly remote: Server;
  /** What the remote got. */
  readonly received: Uint8Array[];
  readonly followed: string;
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function begin(
  rules: string,
  t: { after(f: () => unknown): void },
): Promise<TemporaryServer & Surroundings> {
  const exposition = `# HELP way_scraped help ${SECRET}scrape\n# TYPE way_scraped counter\nway_scraped_total{tag="scrape",v="x ${SECRET}scrape"} 1 # {t="${SECRET}scrape"} 1\n# EOF\n`;
  const target = createServer((_, answer) => {
    answer.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    answer.end(exposition);
  });
  const received: Uint8Array[] = [];
  const remote = createServer((request, answer) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      received.push(uncompress(Buffer.concat(pieces)));
      answer.writeHead(204).end();
    });
  });
  const followed = fs.mkdtempSync('/tmp/trilite-processed-');
  const targetPort = await listening(target);
  const remotePort = await listening(remote);
  const config = `
scrape_configs:
  - job_name: ways
    scrape_interval: 200ms
    scrape_timeout: 200ms
    static_configs: [{targets: ["127.0.0.1:${targetPort}"]}]
remote_write:
  - url: http://127.0.0.1:${remotePort}/write
    send_exemplars: true
trilite:
  self_scrape: false
  jaeger_udp: 127.0.0.1:0
  metrics_generator: {processors: [span-metrics, service-graphs], processor: {span_metrics: {dimensions: [v]}}}
  tail:
    scrape_configs:
      - job_name: ways
        static_configs: [{labels: {tag: tail, app: "${SECRET}tail", __path__: "${followed}/*.log"}}]
${rules}`;
  const server = await temporaryServer(config);
  t.after(async () => {
    await server.dispose();
    for (const s of [target, remote]) {
      s.closeAllConnections();
      s.close();
    }
    fs.rmSync(followed, { recursive: true, force: true });
  });
  return { ...server, target, remote, received, followed };
}

/** The tags of all secrets in the files of the data directory. */
function found(dir: string): string[] {
  const tags = new Set<string>();
  for (const entry of fs.readdirSync(path.join(dir, 'data'), { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const bytes = fs.readFileSync(path.join(entry.parentPath, entry.name)).toString('latin1');
    for (const [, tag] of bytes.matchAll(new RegExp(`${SECRET}([a-z0-9]+)`, 'g'))) tags.add(tag!);
  }
  return [...tags].sort();
}

async function storedTags(base: string): Promise<string[]> {
  const series = await promInstant(base, 'last_over_time({__name__=~"way.*"}[5m])');
  const streams = await getJson<{ data: { result: { stream: Record<string, string> }[] } }>(
    base,
    '/loki/api/v1/query_range',
    {
      query: '{service_name=~".+"}',
      limit: 100,
      start: ns(-60_000),
    },
  );
  const tags = await getJson<{ tagValues: string[] }>(base, '/api/search/tag/tag/values', {
    start: Math.floor(now / 1000) - 60,
    end: Math.floor(now / 1000) + 60,
  });
  return [
    ...new Set([
      ...series.map(({ metric }) => metric.tag!),
      ...streams.data.result.map(({ stream }) => stream.tag!),
      ...tags.tagValues,
    ]),
  ].sort();
}

const ALL = [...WAYS.map(({ tag }) => tag), 'scrape', 'tail'].sort();

async function sendAll(running: TemporaryServer & Surroundings): Promise<void> {
  for (const way of WAYS) await way.send(running, `${SECRET}${way.tag}`);
  fs.writeFileSync(path.join(running.followed, 'a.log'), `line ${SECRET}tail\n`);
  await eventually(async () => assert.deepEqual(await storedTags(running.server.base), ALL), 30_000);
}

test('without rules every way leads to the files', { timeout: 120_000 }, async (t) => {
  const running = await begin('', t);
  await sendAll(running);
  // Bytes that follow may look like more of one.
  const tags = found(running.dir);
  for (const tag of ALL) assert.ok(tags.includes(tag), tag);
});

test('with rules nothing of a secret is stored, told, followed, derived or sent on', {
  timeout: 120_000,
}, async (t) => {
  const running = await begin(RULES, t);
  const { server, received, dir } = running;
  const tail = await openTail(server.base, { query: '{service_name=~".+"}' });
  await sendAll(running);
  const lines = ALL.filter(
    (tag) => tag === 'tail' || WAYS.some((w) => w.tag === tag && w.signal === 'logs'),
  ).length;
  await tail.hasLines(lines);
  await eventually(async () => {
    const [derived] = await promInstant(server.base, 'count(traces_spanmetrics_calls_total)');
    assert.ok(derived);
    assert.ok(received.some((body) => Buffer.from(body).includes('traces_spanmetrics')));
  });
  assert.deepEqual(found(dir), []);
  assert.ok(!tail.texts.join().includes(SECRET));
  assert.ok(received.length > 0 && received.every((body) => !Buffer.from(body).includes(SECRET)));
  const again = await fetch(`${server.base}/api/v1/write`, {
    method: 'POST',
    headers: V2_TYPE,
    body: compress(
      encodeWrite(Request2, {
        symbols: ['', '__name__', 'way', 'tag', 'rw2', 'v', `${SECRET}rw2`],
        timeseries: [{ labelsRefs: [1, 2, 3, 4, 5, 6], samples: [{ value: 2, timestamp: now }] }],
      }),
    ),
  });
  assert.equal(again.status, 400);
  assert.match(await again.text(), /duplicate sample.*v="gone"/);
  tail.close();
  await postBody(`${server.base}/-/flush?compact=true`, {}, '');
  assert.deepEqual(found(dir), []);
  assert.deepEqual(await storedTags(server.base), ALL);
  const metadata = await getJson<unknown>(server.base, '/api/v1/metadata');
  assert.match(JSON.stringify(metadata), /help gone/);
  assert.ok(!server.stderr().includes(SECRET));
  assert.equal(await server.stop(), 0);
  assert.deepEqual(found(dir), []);
});
