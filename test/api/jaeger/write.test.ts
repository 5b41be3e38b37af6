/** What is sent to the API: files to be shown, traces to be archived; and metrics, which there are none of. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JAEGER_SERVICES } from '../../../src/api/jaeger/services.ts';
import type { StorageReader } from '../../../src/storage/interface.ts';
import { MemoryTraces } from '../../storage/memory-traces.ts';
import { ask, attribute, NOW_MS, ofService, resourceSpans, span, stored } from './spans.ts';

const A = '0af7651916cd43dd8448eb211c80319c';
const B = '0000000000000000a448eb211c80319c';
const ID = '00000000000000a1';
const storage = { traces: new MemoryTraces([]) } as unknown as StorageReader;

async function transformed(body: string) {
  const request = { params: [], path: {}, headers: {}, nowMs: NOW_MS, body: Buffer.from(body) };
  const { signal } = new AbortController();
  const answer = await JAEGER_SERVICES['jaeger.transform']!(request, { storage, signal });
  return { status: answer.status, json: JSON.parse(Buffer.from(answer.body).toString()) };
}

test('a file is shown like the same trace from storage, by trace', async () => {
  const attributes = [
    attribute('text', 'x'),
    attribute('yes', { boolValue: true }),
    attribute('int', { intValue: '9007199254740993' }),
    attribute('number', { intValue: 7 }),
    attribute('double', { doubleValue: 0.5 }),
    attribute('bytes', { bytesValue: 'AP8Q' }),
    attribute('list', {
      arrayValue: { values: [{ intValue: '1' }, { kvlistValue: { values: [attribute('k', 'v')] } }] },
    }),
    attribute('nothing', {}),
  ];
  const parts = {
    kind: 2,
    flags: 1,
    traceState: 'a=b',
    status: { code: 2, message: 'broke' },
    attributes,
    events: [{ timeUnixNano: '1767268800000001999', name: 'e', attributes }],
    links: [{ traceId: A, spanId: ID }],
  };
  const resource = { attributes: [attribute('service.name', 'shop'), ...attributes] };
  const all = [
    resourceSpans(resource, { name: 'lib', version: '1' }, [
      span({ traceId: A, spanId: ID, ...parts }),
      span({ traceId: B, spanId: ID, parentSpanId: '00000000000000b1' }),
    ]),
  ];
  const { status, json } = await transformed(JSON.stringify({ resourceSpans: all }));
  assert.equal(status, 200);
  assert.deepEqual(
    json.data.map((trace: { traceID: string }) => trace.traceID),
    [A, B.slice(16)],
  );
  const found = await ask(stored([all]), 'jaeger.trace', { raw: 'true' }, { id: A });
  assert.deepEqual(json.data[0], found.json.data[0]);
});

test('a file without service, without spans, or that is none', async () => {
  const bare = { resourceSpans: [resourceSpans({}, {}, [span({ traceId: A, spanId: ID, name: '' })])] };
  const { json } = await transformed(JSON.stringify(bare));
  assert.deepEqual(json.data[0].processes, { p1: { serviceName: 'OTLPResourceNoServiceName', tags: [] } });
  assert.equal(json.data[0].spans[0].operationName, '');
  for (const text of [
    '{}',
    '[]',
    '{"resourceSpans":[{}]}',
    '{"resourceSpans":[null,1]}',
    '{"resourceSpans":{}}',
  ]) {
    const { status, json: empty } = await transformed(text);
    assert.deepEqual([status, empty.data], [200, []], text);
  }
  for (const text of ['', '{', 'x']) {
    const refused = await transformed(text);
    assert.equal(refused.status, 400);
    assert.match(refused.json.errors[0].msg, /^cannot unmarshal OTLP : /);
  }
});

test('there is no archive', async () => {
  const kept = stored([[ofService('a', span({ traceId: A, spanId: ID }))]]);
  const { status, json } = await ask(kept, 'jaeger.archive', {}, { id: A });
  assert.equal(status, 500);
  assert.deepEqual(json.errors, [{ code: 500, msg: 'archive span storage was not configured' }]);
  assert.equal((await ask(kept, 'jaeger.archive', {}, { id: 'x' })).status, 400);
});

test('there are no metrics; what is asked for wrongly is refused as such', async () => {
  const asked = { service: 'a', quantile: '0.95', spanKind: 'Server', step: '1000' };
  for (const service of ['jaeger.latencies', 'jaeger.rates']) {
    const { status, json } = await ask(storage, service, asked);
    assert.equal(status, 501);
    assert.match(json.errors[0].msg, /^trace metrics are currently disabled/);
  }
  const wrong: [string, Record<string, string>, string][] = [
    ['jaeger.latencies', { service: 'a' }, 'quantile'],
    ['jaeger.rates', {}, 'service'],
    ['jaeger.rates', { service: 'a', groupByOperation: 'x' }, 'groupByOperation'],
    ['jaeger.rates', { service: 'a', spanKind: 'any' }, 'spanKind'],
    ['jaeger.rates', { service: 'a', endTs: '1.5' }, 'endTs'],
    ['jaeger.rates', { service: 'a', ratePer: 'x' }, 'ratePer'],
  ];
  for (const [service, params, name] of wrong) {
    const { status, json } = await ask(storage, service, params);
    assert.equal(status, 400, name);
    assert.ok(json.errors[0].msg.startsWith(`unable to parse param '${name}': `), json.errors[0].msg);
  }
});
