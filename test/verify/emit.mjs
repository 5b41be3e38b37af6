// What an instrumented program sends, without an SDK: one order as a span, a line and a count. With PORT it is a service that does so for
// each request.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
let orders = 0;

async function post(path, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(endpoint + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
}

async function order() {
  orders += 1;
  const now = `${Date.now()}000000`;
  const span = {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: 'POST /checkout',
    kind: 2,
    startTimeUnixNano: now,
    endTimeUnixNano: now,
    attributes: [
      { key: 'http.response.status_code', value: { intValue: '200' } },
      { key: 'http.route', value: { stringValue: '/checkout' } },
    ],
  };
  const point = {
    timeUnixNano: now,
    asInt: String(orders + 2),
    attributes: [{ key: 'currency', value: { stringValue: 'eur' } }],
  };
  const sum = { isMonotonic: true, aggregationTemporality: 2, dataPoints: [point] };
  const record = { timeUnixNano: now, body: { stringValue: 'order 42 taken' } };
  await post('/v1/traces', {
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'shop' }, spans: [span] }] }],
  });
  await post('/v1/logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] });
  await post('/v1/metrics', {
    resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [{ name: 'orders', sum }] }] }],
  });
}

if (process.env.PORT) {
  createServer((request, response) => {
    if (request.method !== 'POST') return response.writeHead(405).end();
    order().then(() => response.writeHead(201).end());
  }).listen(Number(process.env.PORT), '127.0.0.1');
} else {
  await order();
  process.exit(Number(process.env.EXIT ?? 0));
}
