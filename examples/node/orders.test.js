import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { startTrilite } from 'trilite';
import { assertLog, assertNoSpan, assertSeries, assertSpan, assertTrace } from 'trilite/assert';

let sink;
let server;
let stopTelemetry;

before(async () => {
  sink = await startTrilite();
  // Before the SDK is loaded: it reads them as it starts.
  Object.assign(process.env, sink.env);
  const { startTelemetry } = await import('./telemetry.js');
  const { createShop } = await import('./orders.js');
  stopTelemetry = startTelemetry('shop');
  server = createShop({ apple: 10 }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

after(async () => {
  server?.close();
  await stopTelemetry?.();
  await sink?.stop();
});

async function order(item, count) {
  const body = JSON.stringify({ item, count });
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/orders`, { method: 'POST', body });
  return answer.status;
}

test('an order is traced down to the stock', async () => {
  assert.equal(await order('apple', 2), 201);
  await assertTrace(
    sink,
    {
      ...{ name: 'POST /orders', service: 'shop', kind: 'server' },
      attributes: { 'http.response.status_code': 201 },
      children: [{ name: 'reserve stock', attributes: { 'shop.item': 'apple', 'shop.count': 2 } }],
    },
    { exact: true },
  );
});

test('a refused order is an error with a warning in its trace', async () => {
  assert.equal(await order('apple', 11), 409);
  const [span] = await assertSpan(sink, { name: 'POST /orders', status: 'error' });
  await assertLog(sink, { line: 'no 11 of apple left', severity: 'warn', traceId: span.traceId });
});

test('orders are counted by outcome', async () => {
  await order('apple', 1);
  await order('pear', 1);
  for (const outcome of ['taken', 'refused']) {
    await assertSeries(sink, { name: 'shop_orders_total', labels: { outcome }, value: '>= 1' });
  }
});

test('what is wrong is told', async () => {
  await order('apple', 1);
  await assertSpan(sink, 'POST /orders');
  await assertNoSpan(sink, { name: 'POST /orders', kind: 'client' });
  await assert.rejects(
    assertSpan(sink, { name: 'POST /order', attributes: { 'http.status_code': 201 } }, { timeout: 100 }),
    /Nearest.*expected {2}"POST \/order"\n {4}actual {4}"POST \/orders"\n.*http\.response\.status_code = 201 is there/s,
  );
});
