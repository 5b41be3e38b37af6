/** One trace from OTLP to Jaeger's JSON: every type of value, events, links, status, parents; and what is not found. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ask, attribute, ofService, resourceSpans, START_S, span, stored } from './spans.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SHORT = '0000000000000000a448eb211c80319c';
const START_US = START_S * 1e6;

const values = [
  attribute('text', 'a "b" ü'),
  attribute('empty text', ''),
  attribute('yes', { boolValue: true }),
  attribute('no', { boolValue: false }),
  attribute('int', { intValue: '-42' }),
  attribute('safe', { intValue: '9007199254740991' }),
  attribute('large', { intValue: '9007199254740993' }),
  attribute('lowest', { intValue: '-9223372036854775808' }),
  attribute('double', { doubleValue: 1.5 }),
  attribute('whole double', { doubleValue: 2 }),
  attribute('nan', { doubleValue: 'NaN' }),
  attribute('infinity', { doubleValue: 'Infinity' }),
  attribute('bytes', { bytesValue: Buffer.from([0, 255, 16]).toString('base64') }),
  attribute('list', {
    arrayValue: {
      values: [
        { stringValue: 'x"' },
        { intValue: '9007199254740993' },
        { boolValue: true },
        { doubleValue: 0.5 },
        {},
      ],
    },
  }),
  attribute('map', {
    kvlistValue: { values: [attribute('z', { intValue: '1' }), attribute('a', { arrayValue: {} })] },
  }),
  attribute('nothing', {}),
];

const shownValues = [
  { key: 'text', type: 'string', value: 'a "b" ü' },
  { key: 'empty text', type: 'string', value: '' },
  { key: 'yes', type: 'bool', value: true },
  { key: 'no', type: 'bool', value: false },
  { key: 'int', type: 'int64', value: -42 },
  { key: 'safe', type: 'int64', value: Number.MAX_SAFE_INTEGER },
  { key: 'large', type: 'int64', value: '9007199254740993' },
  { key: 'lowest', type: 'int64', value: '-9223372036854775808' },
  { key: 'double', type: 'float64', value: 1.5 },
  { key: 'whole double', type: 'float64', value: 2 },
  { key: 'nan', type: 'float64', value: 'NaN' },
  { key: 'infinity', type: 'float64', value: 'Infinity' },
  { key: 'bytes', type: 'binary', value: 'AP8Q' },
  { key: 'list', type: 'string', value: '["x\\"",9007199254740993,true,0.5,null]' },
  { key: 'map', type: 'string', value: '{"a":[],"z":1}' },
  { key: 'nothing', type: 'string', value: '' },
];

const sorted = (tags: readonly { key: string }[]) => [...tags].sort((a, b) => (a.key < b.key ? -1 : 1));

async function traceOf(request: Parameters<typeof stored>[0][number], id = TRACE) {
  const { status, json } = await ask(stored([request]), 'jaeger.trace', {}, { id });
  assert.equal(status, 200);
  assert.equal(json.errors, null);
  assert.equal(json.data.length, 1);
  return json.data[0];
}

test('attributes of every type become tags of spans, processes and logs', async () => {
  const events = [{ timeUnixNano: `${START_S}000000000`, name: 'e', attributes: values }];
  const trace = await traceOf([
    resourceSpans({ attributes: [attribute('service.name', 'shop'), ...values] }, {}, [
      span({ traceId: TRACE, spanId: '00000000000000a1', attributes: values, events }),
    ]),
  ]);
  assert.deepEqual(sorted(trace.spans[0].tags), sorted(shownValues));
  assert.deepEqual(Object.keys(trace.processes), ['p1']);
  assert.equal(trace.processes.p1.serviceName, 'shop');
  assert.deepEqual(sorted(trace.processes.p1.tags), sorted(shownValues));
  const [event, ...fields] = trace.spans[0].logs[0].fields;
  assert.deepEqual(event, { key: 'event', type: 'string', value: 'e' });
  assert.deepEqual(sorted(fields), sorted(shownValues));
});

test('a span has every key, with times in whole microseconds', async () => {
  const trace = await traceOf([
    ofService('shop', span({ traceId: TRACE, spanId: '00000000000000a1', flags: 0x301 }, 1.2345678, 0.9999)),
  ]);
  assert.deepEqual(trace, {
    traceID: TRACE,
    spans: [
      {
        traceID: TRACE,
        spanID: '00000000000000a1',
        flags: 1,
        operationName: 'op',
        references: [],
        startTime: START_US + 1234,
        duration: 999,
        tags: [],
        logs: [],
        processID: 'p1',
        warnings: null,
      },
    ],
    processes: { p1: { serviceName: 'shop', tags: [] } },
    warnings: null,
  });
});

test('a span that ends before it starts takes no time', async () => {
  const trace = await traceOf([
    ofService('shop', span({ traceId: TRACE, spanId: '00000000000000a1' }, 5, -3)),
  ]);
  assert.equal(trace.spans[0].duration, 0);
  assert.equal(trace.spans[0].startTime, START_US + 5000);
});

test('kind, status, scope and trace state are tags', async () => {
  const tagsOf = async (parts: object, scope = {}) => {
    const one = span({ traceId: TRACE, spanId: '00000000000000a1', ...parts });
    const trace = await traceOf([resourceSpans({}, scope, [one])]);
    return Object.fromEntries(
      trace.spans[0].tags.map((t: { key: string; value: unknown }) => [t.key, t.value]),
    );
  };
  const kinds = ['internal', 'server', 'client', 'producer', 'consumer'];
  for (const [i, word] of kinds.entries())
    assert.deepEqual(await tagsOf({ kind: i + 1 }), { 'span.kind': word });
  assert.deepEqual(await tagsOf({ kind: 0 }), {});
  assert.deepEqual(await tagsOf({ kind: 77 }), {});
  assert.deepEqual(await tagsOf({ status: { code: 1 } }), { 'otel.status_code': 'OK' });
  assert.deepEqual(await tagsOf({ status: { code: 2, message: 'broke' } }), {
    'otel.status_code': 'ERROR',
    error: true,
    'otel.status_description': 'broke',
  });
  assert.deepEqual(await tagsOf({ traceState: 'a=b' }, { name: 'lib', version: '1.2' }), {
    'otel.scope.name': 'lib',
    'otel.scope.version': '1.2',
    'w3c.tracestate': 'a=b',
  });
});

test('parents and links are references', async () => {
  const other = 'f'.repeat(32);
  const links = [
    { traceId: other, spanId: 'e'.repeat(16) },
    {
      traceId: SHORT,
      spanId: '00000000000000b1',
      attributes: [attribute('opentracing.ref_type', 'child_of')],
    },
    {
      traceId: other,
      spanId: '00000000000000b2',
      attributes: [attribute('opentracing.ref_type', 'follows_from')],
    },
    { traceId: '', spanId: '00000000000000b3' },
  ];
  const trace = await traceOf([
    ofService(
      'shop',
      span({ traceId: TRACE, spanId: '00000000000000a2', parentSpanId: '00000000000000a1', links }, 5),
      span({ traceId: TRACE, spanId: '00000000000000a1' }, 0),
    ),
  ]);
  // By start, not by id or order of arrival.
  assert.deepEqual(
    trace.spans.map((s: { spanID: string }) => s.spanID),
    ['00000000000000a1', '00000000000000a2'],
  );
  assert.deepEqual(trace.spans[1].references, [
    { refType: 'CHILD_OF', traceID: TRACE, spanID: '00000000000000a1' },
    { refType: 'FOLLOWS_FROM', traceID: other, spanID: 'e'.repeat(16) },
    { refType: 'CHILD_OF', traceID: 'a448eb211c80319c', spanID: '00000000000000b1' },
    { refType: 'FOLLOWS_FROM', traceID: other, spanID: '00000000000000b2' },
  ]);
});

test('events without a name, or with an attribute of the same key', async () => {
  const timeUnixNano = `${START_S}000001999`;
  const events = [
    { timeUnixNano, attributes: [attribute('a', 'b')] },
    { timeUnixNano, name: 'name', attributes: [attribute('event', 'own')] },
    { timeUnixNano, name: 'alone' },
  ];
  const trace = await traceOf([
    ofService('shop', span({ traceId: TRACE, spanId: '00000000000000a1', events })),
  ]);
  const text = (key: string, value: string) => ({ key, type: 'string', value });
  // By name.
  assert.deepEqual(trace.spans[0].logs, [
    { timestamp: START_US + 1, fields: [text('a', 'b')] },
    { timestamp: START_US + 1, fields: [text('event', 'alone')] },
    { timestamp: START_US + 1, fields: [text('event', 'own')] },
  ]);
});

test('processes: one for each resource, also over groups, and services without name', async () => {
  const storage = stored([
    [ofService('a', span({ traceId: TRACE, spanId: '00000000000000a1' }))],
    [
      ofService('a', span({ traceId: TRACE, spanId: '00000000000000a2' }, 1)),
      ofService('', span({ traceId: TRACE, spanId: '00000000000000a3' }, 2)),
      resourceSpans({ attributes: [attribute('service.name', { intValue: '5' })] }, {}, [
        span({ traceId: TRACE, spanId: '00000000000000a4' }, 3),
      ]),
      resourceSpans({}, {}, [span({ traceId: TRACE, spanId: '00000000000000a5' }, 4)]),
    ],
  ]);
  const { json } = await ask(storage, 'jaeger.trace', {}, { id: TRACE });
  const { spans, processes } = json.data[0];
  const services = spans.map((s: { processID: string }) => processes[s.processID].serviceName);
  assert.deepEqual(services, [
    'a',
    'a',
    'empty-service-name',
    'service-name-wrong-type',
    'missing-service-name',
  ]);
  assert.equal(Object.keys(processes).length, 4);
  const { json: names } = await ask(storage, 'jaeger.services');
  assert.deepEqual(names.data, [
    'a',
    'empty-service-name',
    'missing-service-name',
    'service-name-wrong-type',
  ]);
});

test('ids: any case, leading zeros left out, 16 digits where the upper half is zero', async () => {
  const storage = stored([
    [ofService('a', span({ traceId: TRACE, spanId: '00000000000000a1' }))],
    [ofService('a', span({ traceId: SHORT, spanId: '00000000000000a1' }))],
  ]);
  const idFor = async (id: string) => (await ask(storage, 'jaeger.trace', {}, { id })).json.data[0].traceID;
  assert.equal(await idFor(TRACE.toUpperCase()), TRACE);
  assert.equal(await idFor(TRACE.slice(1)), TRACE);
  assert.equal(await idFor(SHORT), SHORT.slice(16));
  assert.equal(await idFor(SHORT.slice(16)), SHORT.slice(16));
});

test('a trace that is not there is 404, an id that is none 400', async () => {
  const storage = stored([[ofService('a', span({ traceId: TRACE, spanId: '00000000000000a1' }))]]);
  const absent = await ask(storage, 'jaeger.trace', {}, { id: 'abc' });
  assert.equal(absent.status, 404);
  assert.equal(absent.contentType, 'application/json');
  assert.deepEqual(absent.json, {
    data: null,
    total: 0,
    limit: 0,
    offset: 0,
    errors: [{ code: 404, msg: 'trace not found' }],
  });
  for (const id of ['zz', 'a'.repeat(33), '0x1', 'a=', 'abcd*']) {
    const { status, json } = await ask(storage, 'jaeger.trace', {}, { id });
    assert.equal(status, 400, id);
    assert.equal(json.data, null);
    assert.equal(json.errors[0].code, 400);
  }
  assert.equal((await ask(storage, 'jaeger.trace', { start: 'x' }, { id: TRACE })).status, 400);
  assert.equal((await ask(storage, 'jaeger.trace', { start: '1', end: '2' }, { id: TRACE })).status, 200);
});

test('prettyPrint breaks lines and changes nothing else', async () => {
  const storage = stored([[ofService('a', span({ traceId: TRACE, spanId: '00000000000000a1' }))]]);
  const plain = await ask(storage, 'jaeger.trace', {}, { id: TRACE });
  const pretty = await ask(storage, 'jaeger.trace', { prettyPrint: 'true' }, { id: TRACE });
  assert.deepEqual(pretty.json, plain.json);
  assert.ok(!plain.text.includes('\n') && pretty.text.includes('\n    "data"'));
});

test('version 3 answers OTLP JSON: ids in hexadecimal, enums as numbers', async () => {
  const sent = {
    ...span({
      traceId: TRACE,
      spanId: '00000000000000a1',
      parentSpanId: '00000000000000a0',
      kind: 2,
      flags: 1,
    }),
    attributes: [attribute('n', { intValue: '7' }), attribute('b', { bytesValue: 'AP8Q' })],
    events: [{ timeUnixNano: `${START_S}000000001`, name: 'e' }],
    links: [{ traceId: TRACE, spanId: '00000000000000ff' }],
    status: { code: 2, message: 'broke' },
  };
  const parentMissing = 'parent span ID=00000000000000a0 is not in the trace; skipping clock skew adjustment';
  const resource = { attributes: [attribute('service.name', 'shop')] };
  const storage = stored([[resourceSpans(resource, { name: 'lib' }, [sent])]]);
  const answer = (shown: unknown) => ({
    result: { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'lib' }, spans: [shown] }] }] },
  });
  const { json } = await ask(storage, 'jaeger.traceV3', {}, { id: TRACE });
  const warnings = attribute('@jaeger@warnings', {
    arrayValue: { values: [{ stringValue: parentMissing }] },
  });
  assert.deepEqual(json, answer({ ...sent, attributes: [...sent.attributes].reverse().concat(warnings) }));
  const raw = await ask(storage, 'jaeger.traceV3', { raw_traces: 'true' }, { id: TRACE });
  assert.deepEqual(raw.json, answer(sent));
  const absent = await ask(storage, 'jaeger.traceV3', {}, { id: 'abc' });
  assert.equal(absent.status, 404);
  assert.deepEqual(absent.json, { error: { httpCode: 404, message: 'No traces found' } });
  assert.equal((await ask(storage, 'jaeger.traceV3', {}, { id: 'xyz' })).json.error.httpCode, 400);
});

test('whatever is sent, numbers are whole and every span has a process', async () => {
  const anyText = fc.string({ unit: 'grapheme', maxLength: 8 });
  const anyValue = fc.oneof(
    anyText.map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => ({ intValue: String(n) })),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((doubleValue) => ({ doubleValue })),
  );
  const anySpan = fc.record({
    id: fc.integer({ min: 1, max: 1e6 }),
    startNs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    endNs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    name: anyText,
    attributes: fc.array(fc.tuple(anyText, anyValue), { maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(anySpan, { minLength: 1, maxLength: 6, selector: (s) => s.id }),
      async (all) => {
        const spans = all.map((s) => ({
          traceId: TRACE,
          spanId: s.id.toString(16).padStart(16, '0'),
          name: s.name,
          startTimeUnixNano: String(s.startNs),
          endTimeUnixNano: String(s.endNs),
          attributes: s.attributes.map(([key, value]) => attribute(key, value)),
        }));
        const trace = await traceOf([ofService('shop', ...spans)]);
        assert.equal(trace.spans.length, all.length);
        for (const shown of trace.spans) {
          const sent = all.find((s) => s.id === Number.parseInt(shown.spanID, 16))!;
          assert.equal(shown.operationName, sent.name || 'empty-span-name');
          assert.equal(shown.startTime, Number(sent.startNs / 1000n));
          const took = sent.endNs > sent.startNs ? sent.endNs - sent.startNs : 0n;
          assert.equal(shown.duration, Number(took / 1000n));
          assert.equal(shown.tags.length, new Set(sent.attributes.map(([key]) => key)).size);
          assert.ok(Object.hasOwn(trace.processes, shown.processID));
        }
      },
    ),
    { numRuns: 60 },
  );
});
