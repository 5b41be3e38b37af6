/**
 * Random queries over random traces: the answer is the same wherever the spans lie and however many pieces a trace came in, and answers
 * agree with each other.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otlpJsonToProtobuf } from '../../../src/ingest/decode/otlp-json.ts';
import { decodeOtlpTraces } from '../../../src/ingest/decode/otlp-traces.ts';
import type { LocalStorage } from '../../../src/storage/engine.ts';
import type { TraceReader } from '../../../src/storage/interface.ts';
import {
  type Answer,
  compareAnswers,
  type FoundTrace,
  seriesOf,
  tracesOf,
} from '../../differential/traceql/compare.ts';
import { featuresOf } from '../../differential/traceql/features.ts';
import { type Request, RequestGenerator } from '../../differential/traceql/requests.ts';
import { askServices } from '../../differential/traceql/services.ts';
import { DATA_END_S, DATA_START_S, makeTraces, type TraceData } from '../../differential/traceql/traces.ts';
import { RESOURCE_FIELDS, SPAN_FIELDS } from '../../differential/traceql/values.ts';
import { engineIn } from '../../storage/engine-states.ts';
import { batchOfJson, MemoryTraces } from '../../storage/memory-traces.ts';

const SEED = 5;
const TRACES = 40;
const REQUESTS = 300;
/** Requests of few spans: a trace is in several of them, and its parts are in the head, in blocks and in merged blocks. */
const SPANS_PER_REQUEST = 20;

const data = makeTraces(SEED, TRACES, SPANS_PER_REQUEST);
const generator = new RequestGenerator(SEED, data.traceIds);
const requests = Array.from({ length: REQUESTS }, (_, n) => untimed(generator.request(n)));
const whole = MemoryTraces.of(data.requests.map(batchOfJson));

/** Tags are listed of all groups that reach into a range: which ones those are is no matter here. */
function untimed(request: Request): Request {
  if (!request.path.includes('/search/tag')) return request;
  const { start: _, end: __, ...params } = request.params;
  return { ...request, params };
}

function append(storage: LocalStorage, { requests: bodies }: TraceData, i: number) {
  const bytes = otlpJsonToProtobuf('traces', Buffer.from(JSON.stringify(bodies[i])));
  return storage.traces.append(decodeOtlpTraces(bytes));
}

async function assertSame(traces: TraceReader, expected: readonly Answer[]): Promise<void> {
  for (const [n, request] of requests.entries()) {
    const got = await askServices(traces, request);
    assert.deepEqual(compareAnswers(request, expected[n]!, got), [], JSON.stringify(request));
  }
}

async function askAll(traces: TraceReader): Promise<Answer[]> {
  const out: Answer[] = [];
  for (const request of requests) out.push(await askServices(traces, request));
  return out;
}

test('traces in many pieces are put together', async () => {
  const expected = await askAll(whole);
  assert.ok(expected.filter(({ status }) => status === 200).length > REQUESTS / 2);
  await assertSame(MemoryTraces.of(data.requests.map(batchOfJson), 1), expected);
});

for (const state of [
  'all in the head',
  'half flushed, half in the head',
  'compacted, flushed and in the head',
  'compacted',
] as const) {
  test(`the same answers with spans ${state}`, async () => {
    const engine = await engineIn(state, data.requests.length, (storage, i) => append(storage, data, i));
    try {
      const expected = await askAll(whole);
      await engine.read(({ traces }) => assertSame(traces, expected));
    } finally {
      await engine.close();
    }
  });
}

// ------------------------------------------------------------------------------------------ answers among each other

const RANGE = { start: String(DATA_START_S - 60), end: String(DATA_END_S + 60) };
const ALL = { ...RANGE, limit: '1000', spss: '1000' };

const searches = requests.flatMap(({ path, params }) =>
  path === '/api/search' && featuresOf(params.q ?? '')?.query.kind === 'search' ? [params.q!] : [],
);

async function search(
  q: string,
  more: Readonly<Record<string, string>> = {},
): Promise<readonly FoundTrace[]> {
  const answer = await askServices(whole, { path: '/api/search', params: { ...ALL, q, ...more } });
  assert.equal(answer.status, 200, `${q}: ${JSON.stringify(answer.body)}`);
  return tracesOf(answer);
}

const matched = (traces: readonly FoundTrace[]) =>
  traces.flatMap(({ spanSets = [] }) => spanSets).reduce((sum, set) => sum + (set.matched ?? 0), 0);

async function instant(q: string): Promise<number[]> {
  const request: Request = { path: '/api/metrics/query', params: { ...RANGE, q } };
  const answer = await askServices(whole, request);
  assert.equal(answer.status, 200, `${q}: ${JSON.stringify(answer.body)}`);
  return seriesOf(answer).map(({ value = 0 }) => Number(value));
}

test('a search with a limit finds the newest of what one without it finds', async () => {
  let cut = 0;
  for (const q of searches) {
    const all = await search(q);
    const few = await search(q, { limit: '3' });
    assert.equal(few.length, Math.min(3, all.length), q);
    const starts = (traces: readonly FoundTrace[]) => traces.map((t) => t.startTimeUnixNano);
    assert.deepEqual(starts(few), starts(all).slice(0, 3), q);
    if (all.length > 3) cut++;
  }
  assert.ok(cut > 20, `${cut} searches were cut`);
});

test('names of tags are listed exactly where a span with the attribute is found', async () => {
  let listed = 0;
  for (const condition of [
    'span.a-b/c = 5',
    'event.n < 5',
    'status = error',
    'resource.cluster != "a"',
    'name =~ "op.*"',
  ]) {
    const params = { q: `{ ${condition} }` };
    const answer = await askServices(whole, { path: '/api/v2/search/tags', params });
    const { scopes } = answer.body as { scopes: readonly { name: string; tags: readonly string[] }[] };
    for (const [scope, fields] of [
      ['span', SPAN_FIELDS],
      ['resource', RESOURCE_FIELDS],
    ] as const) {
      const tags = scopes.find(({ name }) => name === scope)?.tags ?? [];
      // What has no value that can be queried is listed, but not found.
      for (const { key } of fields.filter((field) => field.key !== 'odd')) {
        const found = await search(`{ ${condition} && ${scope}.${JSON.stringify(key)} != nil }`);
        assert.equal(tags.includes(key), found.length > 0, `${condition}: ${scope}.${key}`);
        if (found.length > 0) listed++;
      }
    }
  }
  assert.ok(listed > 20, `${listed} names`);
});

test('as many spans are counted as are found, and the parts of a count make up the whole', async () => {
  let counted = 0;
  for (const q of searches) {
    // A span may be in several groups.
    if (/\bby\(|\bselect\(|with \(/.test(q) || !featuresOf(`${q} | count_over_time()`)) continue;
    const count = matched(await search(q));
    const [total = 0] = await instant(`${q} | count_over_time()`);
    assert.equal(total, count, q);
    for (const by of ['name', 'span.x', 'resource.cluster, kind', '.level', 'rootName']) {
      const parts = await instant(`${q} | count_over_time() by(${by})`);
      assert.equal(
        parts.reduce((a, b) => a + b, 0),
        total,
        `${q} by ${by}`,
      );
    }
    if (count > 0) counted++;
  }
  assert.ok(counted > 20, `${counted} searches found something`);
});
