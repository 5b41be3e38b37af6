/** Tempo's services: what they refuse, and the keys of their answers, which strict clients depend on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultStepNs } from '../../../src/api/tempo/metrics-params.ts';
import { TEMPO_ROUTES, tempoFrontRoutes } from '../../../src/api/tempo/routes.ts';
import { TEMPO_SERVICES } from '../../../src/api/tempo/services.ts';
import type { StorageReader } from '../../../src/storage/interface.ts';
import { batchOfJson, MemoryTraces } from '../../storage/memory-traces.ts';
import { decodeResponse } from '../../support/streaming-client.ts';

const START_S = 1_767_268_800;
const TRACE_ID = '0000000000000000000000000000abcd';

const batch = batchOfJson({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          scope: { name: 'lib' },
          spans: [
            {
              traceId: TRACE_ID,
              spanId: '00000000000000a1',
              name: 'GET /',
              kind: 2,
              startTimeUnixNano: `${START_S}000000000`,
              endTimeUnixNano: `${START_S}250000000`,
              attributes: [
                { key: 'http.status_code', value: { intValue: '200' } },
                { key: 'ratio', value: { doubleValue: 2 } },
              ],
              status: { code: 2 },
            },
          ],
        },
      ],
    },
  ],
});

const storage = { traces: MemoryTraces.of([batch]) } as unknown as StorageReader;

async function ask(service: string, params: Record<string, string>, path = {}, headers = {}) {
  const request = { params: Object.entries(params), path, headers, nowMs: (START_S + 60) * 1000 };
  const answer = await TEMPO_SERVICES[service]!(request, { storage, signal: new AbortController().signal });
  const text = Buffer.from(answer.body).toString();
  return { ...answer, text, json: answer.contentType === 'application/json' ? JSON.parse(text) : undefined };
}

test('every service of the route table is there', () => {
  for (const route of TEMPO_ROUTES)
    assert.ok('service' in route && TEMPO_SERVICES[route.service], route.path);
});

test('what is refused with 400 and a text', async () => {
  const range = { start: String(START_S), end: String(START_S + 60) };
  const refused: [string, Record<string, string>][] = [
    ['tempo.search', { q: '{' }],
    ['tempo.search', { q: '{}', tags: 'a=b' }],
    ['tempo.search', { q: '{}', start: '5' }],
    ['tempo.search', { q: '{}', start: '9', end: '5' }],
    ['tempo.search', { q: '{}', start: '1.5', end: '2.5' }],
    ['tempo.search', { q: '{}', end: '5' }],
    ['tempo.search', { q: '{}', start: '5', end: '1767268800000' }],
    ['tempo.search', { q: '{}', since: '1' }],
    ['tempo.search', { q: '{}', since: '0' }],
    ['tempo.search', { q: '{}', minDuration: 'x' }],
    ['tempo.search', { q: '{} | min(span.a) = minInt' }],
    ['tempo.search', { q: '({}) && ({} | count() > 1)' }],
    ['tempo.search', { q: '{}', limit: '0' }],
    ['tempo.search', { q: '{}', limit: '300000' }],
    ['tempo.search', { tags: 'a=b a=c' }],
    ['tempo.search', { minDuration: '10s', maxDuration: '5s' }],
    ['tempo.searchTags', { scope: 'nope' }],
    ['tempo.searchTagsV2', { start: 'x', end: 'y' }],
    ['tempo.search', { q: '{}', limit: '4294967296' }],
    ['tempo.searchTags', { start: '5' }],
    ['tempo.searchTagsV2', { end: '5' }],
    ['tempo.metricsRange', { ...range, q: '{}' }],
    ['tempo.metricsRange', { ...range, q: '{} | rate()', step: '0' }],
    ['tempo.metricsRange', { ...range, q: '{} | rate()', step: '1ms' }],
    ['tempo.metricsRange', { ...range, q: '{} | rate()', step: '-5s' }],
    ['tempo.metricsRange', { q: '{} | rate()', since: '1x' }],
    ['tempo.metricsInstant', { q: '{} | rate()', start: '9', end: '5' }],
    ['tempo.metricsInstant', { q: '{} | rate()', since: '-1s' }],
    ['tempo.metricsInstant', { ...range, q: '{} | compare({ status = error }, 1001)' }],
    ['tempo.metricsInstant', { q: '{} | rate()', start: '-9', end: '5' }],
  ];
  for (const [service, params] of refused) {
    const { status, contentType, text } = await ask(service, params);
    assert.equal(status, 400, `${service} ${JSON.stringify(params)}: ${text}`);
    assert.match(contentType, /^text\/plain/);
    assert.notEqual(text.trim(), '');
  }
  const { text } = await ask('tempo.search', { q: '{ .a = }' });
  assert.match(text, /^invalid TraceQL query: parse error at line 1, col 8: /);
});

test('a search answer has the known keys only', async () => {
  const { json } = await ask('tempo.search', { q: '{ span.http.status_code = 200 } | by(name)' });
  const [trace] = json.traces;
  assert.deepEqual(Object.keys(trace).sort(), [
    'durationMs',
    'rootServiceName',
    'rootTraceName',
    'serviceStats',
    'spanSet',
    'spanSets',
    'startTimeUnixNano',
    'traceID',
  ]);
  assert.equal(trace.traceID, 'abcd');
  assert.deepEqual(trace.serviceStats, { shop: { spanCount: 1, errorCount: 1 } });
  assert.deepEqual(trace.spanSets, [
    {
      spans: [
        {
          spanID: '00000000000000a1',
          name: 'GET /',
          startTimeUnixNano: `${START_S}000000000`,
          durationNanos: '250000000',
          attributes: [{ key: 'http.status_code', value: { intValue: '200' } }],
        },
      ],
      matched: 1,
      attributes: [{ key: 'by(name)', value: { stringValue: 'GET /' } }],
    },
  ]);
  assert.deepEqual(trace.spanSet, trace.spanSets[0]);
});

test('tag search shows no spans', async () => {
  const { json } = await ask('tempo.search', { tags: 'service.name=sho name="GET /"' });
  assert.deepEqual(Object.keys(json.traces[0]).includes('spanSets'), false);
  assert.deepEqual((await ask('tempo.search', { tags: 'service.name=none' })).json.traces, []);
});

test('tags and their values', async () => {
  const names = (await ask('tempo.searchTagsV2', { scope: 'span' })).json;
  assert.deepEqual(names.scopes, [{ name: 'span', tags: ['http.status_code', 'ratio'] }]);
  const values = async (name: string, params = {}) =>
    (await ask('tempo.searchTagValuesV2', params, { name })).json.tagValues;
  assert.deepEqual(await values('span.ratio'), [{ type: 'float', value: '2.0' }]);
  assert.deepEqual(await values('status'), [{ type: 'keyword', value: 'error' }]);
  assert.deepEqual(await values('name', { q: '{ status = ok }' }), []);
  // An unfinished filter narrows nothing.
  assert.deepEqual(await values('name', { q: '{ resource.service.name = ' }), [
    { type: 'string', value: 'GET /' },
  ]);
  assert.deepEqual(await values('name', { q: '{ status = ok && span.a = }' }), []);
  assert.equal((await ask('tempo.searchTagValuesV2', {}, { name: 'foo' })).status, 400);
  assert.deepEqual((await ask('tempo.searchTagValues', {}, { name: 'http.status_code' })).json.tagValues, [
    '200',
  ]);
});

test('a tag search as the first clients asked for it', async () => {
  const found = async (params: Record<string, string>) =>
    (await ask('tempo.search', params)).json.traces.length;
  assert.equal(await found({ 'service.name': 'shop', limit: '5' }), 1);
  assert.equal(await found({ 'service.name': 'other' }), 0);
  // With a range of times a parameter that is unknown says nothing.
  const range = { start: String(START_S), end: String(START_S + 60) };
  assert.equal(await found({ ...range, 'service.name': 'other' }), 1);
});

test('what a trace is asked for with is checked where it counts', async () => {
  const status = async (service: string, params: Record<string, string>) =>
    (await ask(service, params, { id: 'ABCD' })).status;
  for (const service of ['tempo.trace', 'tempo.traceV2']) {
    assert.equal(await status(service, { start: '5' }), 200);
    assert.equal(await status(service, { start: '9', end: '5' }), 400);
    assert.equal(await status(service, { mode: 'ingesters', start: '9', end: '5' }), 200);
    assert.equal(await status(service, { mode: 'nowhere' }), 400);
  }
  const q = '{ }';
  assert.equal(await status('tempo.traceV2', { match_depth: 'x' }), 200);
  assert.equal(await status('tempo.traceV2', { q, match_depth: 'x' }), 400);
  assert.equal(await status('tempo.traceV2', { q, ancestor_depth: 'x' }), 200);
  assert.equal(await status('tempo.traceV2', { q, ancestor_depth: 'x', keep_hierarchy: 'true' }), 400);
  assert.equal(await status('tempo.traceV2', { q, keep_hierarchy: 'maybe' }), 400);
  assert.equal((await ask('tempo.traceV2', { q: ' ' }, { id: 'ABCD' })).json.status, undefined);
  assert.equal((await ask('tempo.traceV2', {}, { id: '' })).status, 404);
});

test('a trace by its id, found and not found', async () => {
  const accept = { accept: 'application/protobuf' };
  assert.equal((await ask('tempo.trace', {}, { id: 'ABCD' })).json.batches.length, 1);
  assert.equal(
    (await ask('tempo.traceV2', {}, { id: TRACE_ID }, accept)).contentType,
    'application/protobuf',
  );
  assert.equal((await ask('tempo.trace', {}, { id: 'ef' })).status, 404);
  assert.deepEqual((await ask('tempo.traceV2', {}, { id: 'ef' })).json, { trace: {}, metrics: {} });
  assert.equal((await ask('tempo.trace', {}, { id: 'zz' })).status, 400);
});

test('metrics, over a range and at once', async () => {
  const range = { start: String(START_S - 60), end: String(START_S + 60) };
  const q = '{ } | max_over_time(duration) by (resource.service.name)';
  const { json } = await ask('tempo.metricsRange', { ...range, q, step: '60', exemplars: '1' });
  const labels = [{ key: 'resource.service.name', value: { stringValue: 'shop' } }];
  assert.deepEqual(json.series, [
    {
      labels,
      samples: [{ timestampMs: `${START_S}000`, value: 0.25 }],
      exemplars: [
        {
          labels: [{ key: 'trace:id', value: { stringValue: 'abcd' } }],
          value: 0.25,
          timestampMs: `${START_S}000`,
        },
      ],
    },
  ]);
  const instant = (await ask('tempo.metricsInstant', { ...range, q })).json;
  assert.deepEqual(instant, {
    series: [{ labels, value: 0.25 }],
    metrics: { completedJobs: 1, totalJobs: 1 },
  });
});

test('searches and tags are printed as protobuf for whom accepts it, with the same content', async () => {
  const accept = { accept: 'application/protobuf' };
  const asked: [service: string, method: string, params: Record<string, string>, path: object][] = [
    ['tempo.search', 'Search', { q: '{ span.http.status_code = 200 } | by(name) | select(span.ratio)' }, {}],
    ['tempo.search', 'Search', { tags: 'service.name=shop' }, {}],
    ['tempo.searchTags', 'SearchTags', {}, {}],
    ['tempo.searchTagsV2', 'SearchTagsV2', {}, {}],
    ['tempo.searchTagValues', 'SearchTagValues', {}, { name: 'name' }],
    ['tempo.searchTagValuesV2', 'SearchTagValuesV2', {}, { name: 'span.ratio' }],
  ];
  for (const [service, method, params, path] of asked) {
    const { contentType, body } = await ask(service, params, path, accept);
    assert.equal(contentType, 'application/protobuf');
    const { metrics, ...content } = decodeResponse(method, body);
    assert.ok(metrics);
    const { metrics: _, ...json } = (await ask(service, params, path)).json;
    assert.deepEqual(content, json, `${service} ${JSON.stringify(params)}`);
  }
});

test('times and steps of metrics in the forms that there are', async () => {
  const points = async (params: Record<string, string>) => {
    const { json } = await ask('tempo.metricsRange', { q: '{ } | count_over_time()', ...params });
    return json.series[0].samples.length;
  };
  assert.equal(await points({ since: '1d', step: '1h' }), 26);
  // An end that is yet to come is not what `since` counts from.
  assert.equal(await points({ since: '1h', end: String(START_S + 7260), step: '1h' }), 5);
  const range = { start: String(START_S), end: String(START_S + 3600) };
  assert.equal(await points({ ...range, step: '1.2e3' }), 4);
  assert.equal(await points({ ...range, step: '.5h', exemplars: 'some' }), 3);
});

test('as many series as are wanted, and a word on the others', async () => {
  const range = { start: String(START_S - 60), end: String(START_S + 60) };
  const q = '{ } | quantile_over_time(duration, 0.1, 0.9)';
  const all = (await ask('tempo.metricsRange', { ...range, q, maxSeries: '2' })).json;
  assert.deepEqual([all.series.length, all.status], [2, undefined]);
  const one = (await ask('tempo.metricsRange', { ...range, q, maxSeries: '1' })).json;
  assert.deepEqual(
    [one.series.length, one.status, one.message],
    [1, 'PARTIAL', 'the answer has 1 of 2 series'],
  );
});

test('default steps are round', () => {
  const second = 1_000_000_000n;
  assert.equal(defaultStepNs(10n * second), 50_000_000n);
  assert.equal(defaultStepNs(3600n * second), 15n * second);
  assert.equal(defaultStepNs(86_400n * second), 300n * second);
});

test('front routes answer without a reader', async () => {
  const routes = tempoFrontRoutes({ version: '1', configText: () => 'a: 1\n' });
  const request = { params: [], path: {}, headers: {}, nowMs: 0 };
  const answer = async (path: string) => await routes.find((r) => r.path === path)!.handle(request);
  assert.equal(Buffer.from((await answer('/api/echo')).body).toString(), 'echo\n');
  assert.match(
    JSON.parse(Buffer.from((await answer('/api/status/buildinfo')).body).toString()).version,
    /^\d+\.\d+\.\d+$/,
  );
  assert.equal((await answer('/api/overrides')).status, 404);
  assert.equal((await answer('/api/traces')).status, 404);
  assert.match(Buffer.from((await answer('/status')).body).toString(), /GET \/status\/version/);
});
