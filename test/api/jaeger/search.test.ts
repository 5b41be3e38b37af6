/** Search: what a span must have to be found, order, limits, refusals; and the same answer as looking at every trace's JSON. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Asked,
  ask,
  attribute,
  NOW_MS,
  ofService,
  resourceSpans,
  START_S,
  span,
  stored,
} from './spans.ts';

const id = (n: number) => n.toString(16).padStart(32, '0');
const spanId = (n: number) => n.toString(16).padStart(16, '0');
/** As answers have them. */
const shown = (...ns: number[]) => ns.map((n) => spanId(n));
const START_US = START_S * 1e6;

const storage = stored([
  [
    resourceSpans(
      { attributes: [attribute('service.name', 'shop'), attribute('region', 'eu')] },
      { name: 'http', version: '1', attributes: [attribute('scope kind', 'library')] },
      [
        span({
          traceId: id(1),
          spanId: spanId(1),
          name: 'GET /',
          kind: 2,
          status: { code: 2, message: 'broke' },
          traceState: 'v=1',
          attributes: [
            attribute('http.status_code', { intValue: '500' }),
            attribute('retry', { boolValue: true }),
            attribute('ratio', { doubleValue: 0.5 }),
            attribute('whole', { doubleValue: 2 }),
            attribute('large', { intValue: '9007199254740993' }),
            attribute('list', { arrayValue: { values: [{ stringValue: 'x' }] } }),
            attribute('raw', { bytesValue: 'AP8Q' }),
          ],
          links: [{ traceId: id(2), spanId: spanId(1), attributes: [attribute('linked', 'yes')] }],
          events: [
            { name: 'exception', attributes: [attribute('exception.type', 'Oops')] },
            { name: 'later', attributes: [attribute('n', { intValue: '3' })] },
          ],
        }),
        span({ traceId: id(2), spanId: spanId(1), name: 'GET /', kind: 3, status: { code: 1 } }, 1000, 250),
      ],
    ),
    ofService('db', span({ traceId: id(1), spanId: spanId(2), name: 'SELECT' }, 2, 5)),
  ],
  [ofService('shop', span({ traceId: id(3), spanId: spanId(1), name: 'PUT /' }, 2000, 0.5))],
]);

async function found(params: Asked, from = storage): Promise<string[]> {
  const { status, json, text } = await ask(from, 'jaeger.search', params);
  assert.equal(status, 200, text);
  assert.equal(json.errors, null);
  return json.data.map((trace: { traceID: string }) => trace.traceID);
}

test('by service and operation, newest first, whole traces', async () => {
  assert.deepEqual(await found({ service: 'shop' }), shown(3, 2, 1));
  assert.deepEqual(await found({ service: 'db' }), shown(1));
  assert.deepEqual(await found({ service: 'shop', operation: 'GET /' }), shown(2, 1));
  assert.deepEqual(await found({ service: 'shop', operation: 'SELECT' }), []);
  assert.deepEqual(await found({ service: 'nobody' }), []);
  const { json } = await ask(storage, 'jaeger.search', { service: 'db' });
  assert.equal(json.data[0].spans.length, 2);
  assert.deepEqual(await found({ service: 'shop', limit: '2' }), shown(3, 2));
});

test('by tags, compared as texts', async () => {
  const hits: Record<string, string[]> = {
    'http.status_code:500': shown(1),
    'http.status_code:5': [],
    'retry:true': shown(1),
    'retry:false': [],
    'ratio:0.5': shown(1),
    'whole:2': shown(1),
    'large:9007199254740993': shown(1),
    'large:9007199254740992': [],
    'list:["x"]': shown(1),
    'raw:AP8Q': shown(1),
    'region:eu': shown(2, 1),
    'exception.type:Oops': shown(1),
    'n:3': shown(1),
    'event:exception': shown(1),
    'event:nothing': [],
    'error:true': shown(1),
    'error:false': shown(3, 2),
    'error:t': shown(1),
    'error:maybe': [],
    'span.kind:server': shown(1),
    'span.kind:client': shown(2),
    'span.kind:SERVER': shown(1),
    'span.kind:unspecified': shown(3),
    'span.kind:nothing': shown(3),
    'span.status:error': shown(1),
    'span.status:OK': shown(2),
    'span.status:': shown(3),
    'scope.name:http': shown(2, 1),
    'scope.name:': shown(3),
    'scope.version:1': shown(2, 1),
    'scope kind:library': shown(2, 1),
    'linked:yes': shown(1),
    'resource.region:eu': shown(2, 1),
    'resource.retry:true': [],
    'otel.status_code:ERROR': shown(1),
    'otel.status_code:OK': shown(2),
    'otel.status_code:toString': [],
    'otel.status_description:broke': shown(1),
    'otel.scope.name:http': shown(2, 1),
    'otel.scope.version:1': shown(2, 1),
    'otel.scope.name:': [],
    'w3c.tracestate:v=1': shown(1),
    'toString:x': [],
    'none:x': [],
  };
  for (const [tag, ids] of Object.entries(hits)) {
    assert.deepEqual(await found({ service: 'shop', tag }), ids, tag);
    const [key, ...rest] = tag.split(':');
    const tags = JSON.stringify({ [key!]: rest.join(':') });
    assert.deepEqual(await found({ service: 'shop', tags }), ids, tags);
  }
  // One span must have them all.
  assert.deepEqual(
    await found([
      ['service', 'shop'],
      ['tag', 'error:true'],
      ['tag', 'region:eu'],
    ]),
    shown(1),
  );
  assert.deepEqual(
    await found([
      ['service', 'shop'],
      ['tag', 'error:true'],
      ['tag', 'span.kind:client'],
    ]),
    [],
  );
  assert.deepEqual(await found({ service: 'db', tag: 'error:true' }), []);
});

test('by duration and start', async () => {
  assert.deepEqual(await found({ service: 'shop', minDuration: '10ms' }), shown(2, 1));
  assert.deepEqual(await found({ service: 'shop', minDuration: '10.1ms' }), shown(2));
  assert.deepEqual(await found({ service: 'shop', maxDuration: '10ms' }), shown(3, 1));
  assert.deepEqual(await found({ service: 'shop', minDuration: '1ms', maxDuration: '100ms' }), shown(1));
  // Zero is no bound.
  assert.deepEqual(await found({ service: 'shop', minDuration: '1ms', maxDuration: '0' }), shown(2, 1));
  const between = (start: number, end: number) =>
    found({ service: 'shop', start: String(START_US + start), end: String(START_US + end) });
  assert.deepEqual(await between(0, 0), shown(1));
  assert.deepEqual(await between(1, 999_999), []);
  assert.deepEqual(await between(1_000_000, 2_000_000), shown(3, 2));
  // Without bounds: the last two days.
  assert.deepEqual(await found({ service: 'shop', end: String(START_US) }), shown(1));
  const old = stored([[ofService('shop', span({ traceId: id(9), spanId: spanId(1) }, -49 * 3_600_000))]]);
  assert.deepEqual(await found({ service: 'shop' }, old), []);
  assert.deepEqual(await found({ service: 'shop', start: '0' }, old), shown(9));
});

test('traces by ids', async () => {
  const { status, json } = await ask(storage, 'jaeger.search', [
    ['traceID', '2'],
    ['traceID', 'abc'],
    ['traceID', id(1)],
  ]);
  assert.equal(status, 200);
  assert.deepEqual(
    json.data.map((t: { traceID: string }) => t.traceID),
    shown(2, 1),
  );
  assert.deepEqual(json.errors, [{ msg: 'trace not found', traceID: '0000000000000abc' }]);
  assert.equal((await ask(storage, 'jaeger.search', { traceID: 'xyz' })).status, 400);
});

test('what is refused, and why', async () => {
  const refused: [Asked, RegExp][] = [
    [{}, /^parameter 'service' is required$/],
    [{ service: '' }, /^parameter 'service' is required$/],
    [{ service: 'a', start: 'x' }, /^unable to parse param 'start': .*"x"/],
    [{ service: 'a', end: '1.5' }, /^unable to parse param 'end'/],
    [{ service: 'a', limit: 'x' }, /^strconv.ParseInt: parsing "x": invalid syntax$/],
    [{ service: 'a', limit: '-1' }, /^search depth must be/],
    [{ service: 'a', limit: '100000000' }, /^search depth must be/],
    [{ service: 'a', limit: '2147483648' }, /value out of range$/],
    [{ service: 'a', raw: 'x' }, /^unable to parse param 'raw': strconv.ParseBool/],
    [{ traceID: 'x' }, /^cannot parse traceID param: strconv.ParseUint/],
    [{ service: 'a', minDuration: '5' }, /^unable to parse param 'minDuration'/],
    [{ service: 'a', maxDuration: 'x' }, /^unable to parse param 'maxDuration'/],
    [
      { service: 'a', minDuration: '2s', maxDuration: '1s' },
      /^'maxDuration' should be greater than 'minDuration'$/,
    ],
    [{ service: 'a', tag: 'x' }, /^malformed 'tag' parameter, expecting key:value, received: x$/],
    [{ service: 'a', tags: 'x' }, /^malformed 'tags' parameter, cannot unmarshal JSON: /],
    [{ service: 'a', tags: '' }, /JSON: unexpected end of JSON input$/],
    [
      { service: 'a', tags: '[]' },
      /JSON: json: cannot unmarshal array into Go value of type map\[string\]string$/,
    ],
    [{ service: 'a', tags: '{"a":1}' }, /JSON: json: cannot unmarshal number into Go value of type string$/],
  ];
  for (const [params, message] of refused) {
    const { status, json, contentType } = await ask(storage, 'jaeger.search', params);
    assert.equal(status, 400, JSON.stringify(params));
    assert.equal(contentType, 'application/json');
    assert.deepEqual([json.data, json.errors.length, json.errors[0].code], [null, 1, 400]);
    assert.match(json.errors[0].msg, message);
  }
});

test('version 3: parameters in both spellings, whole traces, 404 for none', async () => {
  const start = new Date(START_S * 1000).toISOString();
  const end = new Date(NOW_MS).toISOString();
  const range = { 'query.start_time_min': start, 'query.start_time_max': end };
  const idsOf = async (params: Record<string, string>) => {
    const { status, json, text } = await ask(storage, 'jaeger.searchV3', params);
    assert.equal(status, 200, text);
    const ids = new Set<string>();
    for (const { scopeSpans } of json.result.resourceSpans) {
      for (const { spans } of scopeSpans) for (const s of spans) ids.add(s.traceId);
    }
    return [...ids];
  };
  assert.deepEqual(await idsOf({ ...range, 'query.service_name': 'shop' }), [id(3), id(2), id(1)]);
  assert.deepEqual(await idsOf({ ...range, 'query.serviceName': 'db' }), [id(1)]);
  assert.deepEqual(await idsOf({ ...range, 'query.search_depth': '1' }), [id(3)]);
  assert.deepEqual(await idsOf({ ...range, 'query.num_traces': '1' }), [id(3)]);
  assert.deepEqual(await idsOf({ ...range, 'query.operation_name': 'SELECT' }), [id(1)]);
  assert.deepEqual(await idsOf({ ...range, 'query.duration_min': '100ms' }), [id(2)]);
  assert.deepEqual(await idsOf({ ...range, 'query.attributes': '{"error":"true"}' }), [id(1)]);
  const zoned = { ...range, 'query.start_time_min': start.replace('Z', '+00:00') };
  assert.equal((await idsOf(zoned)).length, 3);
  const none = await ask(storage, 'jaeger.searchV3', { ...range, 'query.service_name': 'nobody' });
  assert.deepEqual(none.json, { error: { httpCode: 404, message: 'No traces found' } });
  const { json, status } = await ask(storage, 'jaeger.searchV3', { 'query.service_name': 'shop' });
  assert.equal(status, 400);
  assert.equal(json.error.httpCode, 400);
  assert.match(json.error.message, /required/);
  const backwards = { 'query.startTimeMin': end, 'query.startTimeMax': start };
  assert.match((await ask(storage, 'jaeger.searchV3', backwards)).json.error.message, /must be before/);
  const odd = { ...range, 'query.start_time_min': 'yesterday' };
  assert.match((await ask(storage, 'jaeger.searchV3', odd)).json.error.message, /query\.start_time_min/);
});

// ------------------------------------------------------------------------------------------- against the JSON

interface ShownTag {
  readonly key: string;
  readonly value: unknown;
}

interface ShownTrace {
  readonly traceID: string;
  readonly spans: readonly {
    readonly operationName: string;
    readonly startTime: number;
    readonly duration: number;
    readonly tags: readonly ShownTag[];
    readonly logs: readonly { readonly fields: readonly ShownTag[] }[];
    readonly processID: string;
  }[];
  readonly processes: Readonly<Record<string, { serviceName: string; tags: readonly ShownTag[] }>>;
}

interface Wanted {
  readonly service: string;
  readonly operation: string | undefined;
  readonly tags: readonly (readonly [string, string])[];
  readonly minMs: number | undefined;
  readonly startMs: number;
}

/** Some keys mean a field of the span and no attribute. */
function has(own: readonly ShownTag[], all: readonly ShownTag[], key: string, value: string): boolean {
  // Behind the attributes of the span.
  const kinds = own.filter((t) => t.key === 'span.kind');
  if (key === 'span.kind')
    return value === 'server' ? kinds.some((t) => t.value === 'server') : kinds.length === 0;
  const isError = own.some((t) => t.key === 'otel.status_code' && t.value === 'ERROR');
  if (key === 'error')
    return (
      (value === '1' || value === 'true') && (isError || own.some((t) => t.key === key && t.value === true))
    );
  return all.some((t) => t.key === key && String(t.value) === value);
}

/** Jaeger's rule, span by span, on what it would show. */
function satisfies(trace: ShownTrace, wanted: Wanted): boolean {
  return trace.spans.some((s) => {
    const process = trace.processes[s.processID]!;
    const all = [...s.tags, ...process.tags, ...s.logs.flatMap((log) => log.fields)];
    return (
      process.serviceName === wanted.service &&
      (wanted.operation === undefined || s.operationName === wanted.operation) &&
      (wanted.minMs === undefined || s.duration >= wanted.minMs * 1000) &&
      s.startTime >= START_US + wanted.startMs * 1000 &&
      wanted.tags.every(([key, value]) => has(s.tags, all, key, value))
    );
  });
}

test('finds what a look at every trace finds', async () => {
  const keys = fc.constantFrom('a', 'b', 'event');
  const askedKeys = fc.constantFrom('a', 'b', 'error', 'event', 'span.kind');
  const words = fc.constantFrom('1', 'true', 'x', 'server');
  const anyValue = fc.oneof(
    words.map((stringValue) => ({ stringValue })),
    fc.constant({ boolValue: true }),
    fc.constant({ intValue: '1' }),
    fc.constant({ doubleValue: 1 }),
  );
  const attributes = fc
    .uniqueArray(fc.tuple(keys, anyValue), { maxLength: 2, selector: ([key]) => key })
    .map((list) => list.map(([key, value]) => attribute(key, value)));
  const anySpan = fc.record({
    trace: fc.integer({ min: 1, max: 5 }),
    group: fc.integer({ min: 0, max: 2 }),
    service: fc.constantFrom('s', 't'),
    name: fc.constantFrom('o', 'p'),
    kind: fc.integer({ min: 0, max: 3 }),
    code: fc.integer({ min: 0, max: 2 }),
    atMs: fc.integer({ min: 0, max: 4 }),
    ms: fc.integer({ min: 0, max: 4 }),
    own: attributes,
    resource: attributes,
    event: attributes,
  });
  const anyWanted = fc.record({
    service: fc.constantFrom('s', 't', 'u'),
    operation: fc.option(fc.constantFrom('o', 'p', 'q'), { nil: undefined }),
    tags: fc.uniqueArray(fc.tuple(askedKeys, words), { maxLength: 2, selector: ([key]) => key }),
    minMs: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    startMs: fc.integer({ min: 0, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anySpan, { minLength: 1, maxLength: 12 }), anyWanted, async (spans, wanted) => {
      const sent = spans.map((s, n) =>
        resourceSpans({ attributes: [attribute('service.name', s.service), ...s.resource] }, {}, [
          span(
            {
              traceId: id(s.trace),
              spanId: spanId(n + 1),
              name: s.name,
              kind: s.kind,
              status: { code: s.code },
              attributes: s.own,
              events: [{ name: 'x', attributes: s.event }],
            },
            s.atMs,
            s.ms,
          ),
        ]),
      );
      const groups = [0, 1, 2].map((g) => sent.filter((_, n) => spans[n]!.group === g));
      const some = stored(groups.filter((g) => g.length > 0));
      const ids = [...new Set(spans.map((s) => s.trace))].map((n): [string, string] => ['traceID', id(n)]);
      const all = (await ask(some, 'jaeger.search', ids)).json.data as ShownTrace[];
      const params: [string, string][] = [
        ['service', wanted.service],
        ['start', String(START_US + wanted.startMs * 1000)],
        ...wanted.tags.map(([key, value]): [string, string] => ['tag', `${key}:${value}`]),
      ];
      if (wanted.operation !== undefined) params.push(['operation', wanted.operation]);
      if (wanted.minMs !== undefined) params.push(['minDuration', `${wanted.minMs}ms`]);
      const got = (await ask(some, 'jaeger.search', params)).json.data as ShownTrace[];
      const expected = all.filter((trace) => satisfies(trace, wanted));
      const byId = (a: ShownTrace, b: ShownTrace) => (a.traceID < b.traceID ? -1 : 1);
      assert.deepEqual([...got].sort(byId), expected.sort(byId));
      const starts = got.map((trace) => Math.min(...trace.spans.map((s) => s.startTime)));
      assert.deepEqual(
        starts,
        [...starts].sort((a, b) => b - a),
      );
    }),
    { numRuns: 300 },
  );
});
