/** What a failing matcher says, word for word, and that what is there is found. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  assertLog,
  assertLogql,
  assertNoLog,
  assertNoSeries,
  assertNoSpan,
  assertNoTrace,
  assertPromql,
  assertSeries,
  assertSpan,
  assertTrace,
  assertTraceql,
} from '../../../src/library/matchers/assert.ts';
import { sendSpans } from '../../support/otlp-spans.ts';
import { openSink } from './open-sink.ts';

const TRACE = '5b8efff798038103d269b633813fc60c';
const startMs = Math.floor(Date.now() / 1000) * 1000 - 5000;
/** Nothing is on its way any more. */
const SHORT = { timeout: 20 };

async function messageOf(assertion: Promise<unknown>): Promise<string> {
  try {
    await assertion;
  } catch (error) {
    assert.ok(error instanceof assert.AssertionError, String((error as Error).stack));
    return error.message;
  }
  return assert.fail('the assertion held');
}

async function fails(assertion: Promise<unknown>, message: string): Promise<void> {
  assert.equal(await messageOf(assertion), message.trim());
}

const TREE = `
  in trace ${TRACE}
    shop: GET /order  server  error  20 ms
    └─ shop: GET  client  10 ms
       └─ stock: GET /stock  server  8 ms
          └─ stock: SELECT  client  2 ms`;

/** The tree with a mark behind one line. */
const tree = (line: string, mark = 'nearest') =>
  TREE.split('\n')
    .map((text) => (text.trim().replace('└─ ', '').startsWith(line) ? `${text}  ← ${mark}` : text))
    .join('\n')
    .slice(1);

describe('where nothing has arrived', () => {
  let own: Awaited<ReturnType<typeof openSink>>;
  before(async () => {
    own = await openSink();
  });
  after(() => own?.stop());

  it('says where it is taken, and what was refused', async () => {
    await fails(
      assertSpan(own.sink, 'GET /orders', SHORT),
      `
assertSpan(sink, expected)  (waited 20 ms)

Expected: a span with
  name  "GET /orders"

There is no span.

Nothing at all has arrived at this server.

It takes traces by OTLP http://127.0.0.1:4318 (gRPC http://127.0.0.1:4317), Zipkin http://127.0.0.1:9411/api/v2/spans; sink.env has the variables for OpenTelemetry's SDKs.
An SDK sends in batches: end it, or call its forceFlush(), before you look.`,
    );
    const headers = { 'content-type': 'application/json' };
    const streams = [{ stream: { app: 'a' }, values: [[`${startMs}000000`, 'x']] }];
    await fetch(`${own.base}/loki/api/v1/push`, {
      ...{ method: 'POST', headers },
      body: JSON.stringify({ streams }),
    });
    await fetch(`${own.base}/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    });
    await fails(
      assertSeries(own.sink, { name: 'up', value: 1 }, SHORT),
      `
assertSeries(sink, expected)  (waited 20 ms)

Expected: a series with
  name   "up"
  value  1

There is no series.

What has arrived since the server started:
  Loki push: 1 log line

Refused:
  OTLP/HTTP metrics: 1 request from 127.0.0.1 (node) refused: unsupported
    → send Content-Type application/x-protobuf or application/json; it named text/plain. In the collector that is the exporter's encoding and compression

It takes metrics by OTLP http://127.0.0.1:4318 (gRPC http://127.0.0.1:4317), remote-write http://127.0.0.1:9090/api/v1/write; sink.env has the variables for OpenTelemetry's SDKs.
An SDK sends in batches: end it, or call its forceFlush(), before you look.`,
    );
  });
});

describe('messages', () => {
  let own: Awaited<ReturnType<typeof openSink>>;
  let sink: (typeof own)['sink'];

  before(async () => {
    own = await openSink();
    sink = own.sink;
    const headers = { 'content-type': 'application/json' };
    const post = async (path: string, body: unknown) => {
      const answer = await fetch(own.base + path, { method: 'POST', headers, body: JSON.stringify(body) });
      assert.ok(answer.ok, `${path} ${answer.status}`);
    };
    const shop = { service: 'shop', traceId: TRACE } as const;
    const stock = { service: 'stock', traceId: TRACE } as const;
    await sendSpans(own.base, [
      {
        ...{ ...shop, id: '00f067aa0ba902b1', name: 'GET /order', kind: 'server', startMs, durationMs: 20 },
        attributes: { 'http.status_code': 500, 'http.method': 'GET' },
        error: 'no stock',
        events: [{ name: 'exception', atMs: startMs, attributes: { 'exception.type': 'Error' } }],
        links: [{ traceId: `${TRACE.slice(0, 31)}d`, spanId: '00f067aa0ba902c1' }],
      },
      {
        ...{ ...shop, id: '00f067aa0ba902b2', parent: '00f067aa0ba902b1', name: 'GET', kind: 'client' },
        ...{ startMs: startMs + 1, durationMs: 10 },
      },
      {
        ...{
          ...stock,
          id: '00f067aa0ba902b3',
          parent: '00f067aa0ba902b2',
          name: 'GET /stock',
          kind: 'server',
        },
        ...{ startMs: startMs + 2, durationMs: 8, attributes: { rows: 3 } },
      },
      {
        ...{ ...stock, id: '00f067aa0ba902b4', parent: '00f067aa0ba902b3', name: 'SELECT', kind: 'client' },
        ...{ startMs: startMs + 3, durationMs: 2 },
      },
    ]);
    const metadata = { trace_id: TRACE, http_route: '/orders', severity_text: 'ERROR' };
    await post('/loki/api/v1/push', {
      streams: [
        {
          stream: { service_name: 'shop', env: 'ci' },
          values: [
            [`${startMs}000000`, 'payment failed for order 17', metadata],
            [`${startMs + 1}000000`, 'order 18 paid'],
          ],
        },
        { stream: { service_name: 'stock' }, values: [[`${startMs}000000`, 'level=warn low on "bolts"']] },
      ],
    });
    const now = `${Date.now()}000000`;
    const route = [{ key: 'http.route', value: { stringValue: '/orders' } }];
    const point = { timeUnixNano: now, asInt: 3, attributes: route };
    const sum = { isMonotonic: true, aggregationTemporality: 2, dataPoints: [point] };
    const gauge = { dataPoints: [{ timeUnixNano: now, asDouble: 1.5 }] };
    const metrics = [
      { name: 'http.server.requests', sum },
      { name: 'queue.age', unit: 's', gauge },
    ];
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
    await post('/v1/metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
  });
  after(() => own?.stop());

  it('finds what is there and hands it over', async () => {
    const spans = await assertSpan(sink, {
      ...{ name: /^GET \/o/, service: 'shop', kind: 'server', status: 'error', statusMessage: 'no stock' },
      attributes: {
        'http.status_code': (code) => Number(code) >= 500,
        'http.method': 'GET',
        other: undefined,
      },
      resource: { 'service.name': 'shop' },
      ...{
        durationMs: '>= 20',
        traceId: TRACE,
        parent: null,
        child: { kind: 'client', child: 'GET /stock' },
      },
      events: ['exception', { attributes: { 'exception.type': /Err/ } }],
      links: [{ spanId: '00f067aa0ba902c1' }],
      count: 1,
    });
    assert.deepEqual(
      spans.map(({ spanId }) => spanId),
      ['00f067aa0ba902b1'],
    );
    await assertTrace(sink, { name: 'GET /order', children: [{ name: 'GET', children: ['GET /stock'] }] });
    const whole = ['GET /order', 'GET', 'GET /stock', 'SELECT'].reduceRight<
      { name: string; children: object[] }[]
    >((children, name) => [{ name, children }], []);
    await assertTrace(sink, whole[0]!, { exact: true, count: 1 });
    const [entry] = await assertLog(sink, {
      ...{
        line: 'payment failed',
        service: 'shop',
        severity: 'error',
        traceId: TRACE,
        labels: { env: 'ci' },
      },
      ...{ attributes: { 'http.route': '/orders' }, structuredMetadata: { http_route: /orders/ }, count: 1 },
    });
    assert.equal(entry?.line, 'payment failed for order 17');
    await assertLog(sink, { line: 'low on "bolts"', severity: 'warning' });
    const [series] = await assertSeries(sink, { name: 'queue_age_seconds', value: { min: 1, max: 2 } });
    assert.equal(series?.value, 1.5);
    await assertSeries(sink, {
      metric: /requests/,
      labels: { 'http.route': '/orders' },
      value: (v) => v === 3,
    });
    assert.equal(
      (await assertPromql(sink, 'queue_age_seconds > 1', { count: 1, value: '< 2' })).kind,
      'vector',
    );
    await assertLogql(sink, '{env="ci"} |= "paid"', { count: 1 });
    await assertTraceql(sink, '{ status = error }', { count: '>= 1' });
    await assertNoSpan(sink, { name: 'GET /order', status: 'ok' }, { within: 10 });
    await assertNoLog(sink, { line: 'payment failed', service: 'stock' });
    await assertNoSeries(sink, 'nothing');
    await assertNoTrace(sink, { name: 'GET', children: ['SELECT'] });
  });

  it('of a span: the nearest field by field, with what may be meant, and its trace', async () => {
    await fails(
      assertSpan(
        sink,
        {
          ...{ name: 'GET /orders', service: 'shop', kind: 'server', durationMs: { max: 5 } },
          attributes: { 'http.response.status_code': 500, 'http.method': 'GET', 'service.name': 'shop' },
        },
        SHORT,
      ),
      `
assertSpan(sink, expected)  (waited 20 ms)

Expected: a span with
  name                                  "GET /orders"
  service                               "shop"
  kind                                  "server"
  durationMs                            <= 5 ms
  attributes.http.response.status_code  500
  attributes.http.method                "GET"
  attributes.service.name               "shop"

There are 4 spans in 1 trace: shop (2), stock (2)

Nearest (3 of 7 hold): shop: GET /order  server  error  20 ms
  name
    expected  "GET /orders"
    actual    "GET /order"
  attributes.http.response.status_code
    expected  500
    actual    none
    → http.status_code = 500 is there, the same under another version of the conventions
  attributes.service.name
    expected  "shop"
    actual    none
    → the resource has it: service.name = "shop"
  durationMs
    expected  <= 5 ms
    actual    20 ms
${tree('shop: GET /order')}`,
    );
  });

  it('of a span: parents, children, events, links and kinds of values', async () => {
    await fails(
      assertSpan(
        sink,
        {
          ...{
            name: 'GET /order',
            status: 'ok',
            parent: 'POST',
            child: { name: 'PUT' },
            events: ['exceptions'],
          },
          attributes: { 'http.status_code': '500' },
          links: [{ traceId: TRACE }],
        },
        SHORT,
      ),
      `
assertSpan(sink, expected)  (waited 20 ms)

Expected: a span with
  name                         "GET /order"
  status                       "ok"
  parent                       "POST"
  child.name                   "PUT"
  events[0]                    "exceptions"
  attributes.http.status_code  "500"
  links[0]                     { traceId: "${TRACE}" }

There are 4 spans in 1 trace: shop (2), stock (2)

Nearest (1 of 7 hold): shop: GET /order  server  error  20 ms
  status
    expected  "ok"
    actual    "error"
    → its message: "no stock"
  attributes.http.status_code
    expected  "500"
    actual    500
    → a number is there, a string was asked for
  events[0].name
    expected  "exceptions"
    actual    "exception"
  links[0].traceId
    expected  "${TRACE}"
    actual    "${TRACE.slice(0, 31)}d"
  parent
    expected  "POST"
    actual    none: it is a root
  child.name
    expected  "PUT"
    actual    "GET"
${tree('shop: GET /order')}`,
    );
  });

  it('of a span: where none is near, what there is', async () => {
    await fails(
      assertSpan(sink, { name: 'qqqq', service: 'zzzzzz' }, SHORT),
      `
assertSpan(sink, expected)  (waited 20 ms)

Expected: a span with
  name     "qqqq"
  service  "zzzzzz"

There are 4 spans in 1 trace: shop (2), stock (2)

None comes near. Their names: GET (1), GET /order (1), GET /stock (1), SELECT (1)`,
    );
  });

  it('of a span that is there too often, or must not be', async () => {
    await fails(
      assertNoSpan(sink, { service: 'stock', kind: 'client' }),
      `
assertNoSpan(sink, expected)

Expected not: a span with
  service  "stock"
  kind     "client"

1 span is so:

${tree('stock: SELECT', 'this one')
  .split('\n')
  .map((line) => line.slice(2))
  .join('\n')}`,
    );
    const told = await messageOf(assertSpan(sink, { kind: 'server', count: '> 2' }, SHORT));
    assert.match(told, /\n {2}kind {3}"server"\n {2}count {2}> 2\n\n2 spans are so\. There are 4 spans/);
    assert.equal(told.match(/← this one/g)?.length, 2);
  });

  it('of a trace: the shape with what stands for it', async () => {
    const stock = {
      service: 'stock',
      kind: 'server',
      attributes: { rows: 4 },
      children: ['SELECT', 'INSERT'],
    } as const;
    await fails(
      assertTrace(sink, { name: 'GET /order', children: [{ name: 'GET', children: [stock] }] }, SHORT),
      `
assertTrace(sink, expected)  (waited 20 ms)

Expected: a trace that contains
  "GET /order"
    "GET"
      service: "stock", kind: "server", attributes.rows: 4
        "SELECT"
        "INSERT"

There are 4 spans in 1 trace: shop (2), stock (2)

Nearest (3 of 5 spans hold):
  ✓ "GET /order"
    ✓ "GET"
      ✗ service: "stock", kind: "server", attributes.rows: 4
          is stock: GET /stock  server  8 ms
            attributes.rows
              expected  4
              actual    3
        ✓ "SELECT"
        ✗ "INSERT"  is missing
${tree('shop: GET /order', 'here')}`,
    );
    const exact = await messageOf(
      assertTrace(sink, { name: 'GET /order', children: ['GET'] }, { exact: true, ...SHORT }),
    );
    assert.match(exact, /Expected: a trace of exactly these spans\n/);
    assert.match(
      exact,
      / {2}✓ "GET \/order"\n {4}✓ "GET"\n {6}✗ stock: GET \/stock {2}server {2}8 ms {2}is more than was expected\n/,
    );
  });

  it('of a log line', async () => {
    await fails(
      assertLog(
        sink,
        {
          ...{ line: 'payment faild', service: 'shop', severity: 'warn', labels: { env: 'prod' } },
          ...{ attributes: { 'http.route': '/order' }, traceId: TRACE },
        },
        SHORT,
      ),
      `
assertLog(sink, expected)  (waited 20 ms)

Expected: a log line with
  line                   "payment faild"
  service                "shop"
  severity               "warn"
  labels.env             "prod"
  attributes.http.route  "/order"
  traceId                "${TRACE}"

There are lines in 2 streams:
  {env="ci", service_name="shop"}
  {service_name="stock"}

Nearest (2 of 6 hold): {env="ci", service_name="shop"} payment failed for order 17
  line
    expected  contains "payment faild"
    actual    "payment failed for order 17"
  severity
    expected  "warn"
    actual    "ERROR"
  labels.env
    expected  "prod"
    actual    "ci"
  attributes.http.route
    expected  "/order"
    actual    "/orders"`,
    );
    await fails(
      assertNoLog(sink, /failed|paid/),
      `
assertNoLog(sink, expected)

Expected not: a log line with
  line  /failed|paid/

2 lines are so:
  {env="ci", service_name="shop"} payment failed for order 17
  {env="ci", service_name="shop"} order 18 paid`,
    );
  });

  it('of a series', async () => {
    const there = /There are 2 metrics: http_server_requests_total, queue_age_seconds/;
    const told = await messageOf(
      assertSeries(
        sink,
        { name: 'http.server.requests', labels: { 'http.route': '/order' }, value: '>= 5' },
        SHORT,
      ),
    );
    assert.match(told, there);
    assert.ok(
      told.endsWith(`
Nearest (0 of 3 hold): http_server_requests_total{http_route="/orders", job="shop"} 3
  name
    expected  "http.server.requests"
    actual    "http_server_requests_total"
    → the same metric with the suffix of its unit or type
  labels.http.route
    expected  "/order"
    actual    "/orders"
  value
    expected  >= 5
    actual    3`),
      told,
    );
    await fails(
      assertNoSeries(sink, 'queue_age_seconds'),
      `
assertNoSeries(sink, expected)

Expected not: a series with
  name  "queue_age_seconds"

1 series is so:
  queue_age_seconds{job="shop"} 1.5`,
    );
  });

  it('of a query: what stands before a comparison, or what there is', async () => {
    const told = await messageOf(assertPromql(sink, '(http_server_requests_total > 3)', SHORT));
    assert.ok(
      told.startsWith(`assertPromql(sink, expected)  (waited 20 ms)

Expected: an answer that is not empty, to
  (http_server_requests_total > 3)

The answer is empty.

Without the comparison http_server_requests_total has
  http_server_requests_total{http_route="/orders", job="shop"} 3

There are 2 metrics: http_server_requests_total, queue_age_seconds`),
      told,
    );
    await fails(
      assertPromql(sink, 'queue_age_seconds', { value: '> 2', count: 1, ...SHORT }),
      `
assertPromql(sink, expected)  (waited 20 ms)

Expected: an answer with count 1 and value > 2, to
  queue_age_seconds

The answer has
  queue_age_seconds{job="shop"} 1.5`,
    );
    assert.match(
      await messageOf(assertLogql(sink, '{env="dev"}', SHORT)),
      /\n\nThere are the streams \{env="ci", service_name="shop"\}, \{service_name="stock"\}$/,
    );
    assert.match(
      await messageOf(assertTraceql(sink, '{ status = ok }', SHORT)),
      /\n\nThere are the services shop, stock$/,
    );
  });

  it('fails at once, in the server’s words, where a query is wrong, and where there is no sink', async () => {
    await assert.rejects(assertPromql(sink, 'sum(', { timeout: 60_000 }), /unclosed left parenthesis/);
    await assert.rejects(
      assertSpan(Promise.resolve() as never, 'x'),
      /assertSpan\(\) asks what startTrilite\(\) or its since\(\) gave, not a promise: is an await missing\?/,
    );
    await assert.rejects(assertSpan(sink, { durationMs: '~ 3' as never }), /"~ 3" is no comparison/);
  });

  it('waits for what comes later', async () => {
    const waiting = assertSpan(sink, { name: 'late', parent: 'later' });
    const late = { service: 'shop', traceId: `${TRACE.slice(0, 31)}e`, startMs } as const;
    await sendSpans(own.base, [
      { ...late, id: '00f067aa0ba902d2', parent: '00f067aa0ba902d1', name: 'late' },
    ]);
    await sendSpans(own.base, [{ ...late, id: '00f067aa0ba902d1', name: 'later' }]);
    await waiting;
  });
});
