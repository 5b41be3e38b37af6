/**
 * The questions that a recorded database is asked, by the program that wrote it and by today's, and their answers in
 * a form in which only what was stored counts: no order of series, no field that an API gained since.
 */

import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { getJson } from '../../support/http-api.ts';
import { BEGIN_MS, CHAPTERS, END_MS, traceId } from './story.ts';

/** By question, JSON. */
export type Answers = Readonly<Record<string, unknown>>;

const START = String(BEGIN_MS / 1000);
const END = String(END_MS / 1000);
const LIMIT = 1000;

/** Sorted by what they are printed as, keys of objects too. */
function sorted(items: readonly unknown[]): unknown[] {
  return items
    .map((item) => JSON.stringify(item, (_, value) => (isPlain(value) ? sortedKeys(value) : value)))
    .sort()
    .map((text) => JSON.parse(text));
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sortedKeys = (value: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

const STORED = [
  'story_requests_total',
  'story_temperature',
  'story_latency_seconds',
  'story_orders_total',
  '{chapter!=""}',
];
const COMPUTED = [
  'sum by (path) (rate(story_requests_total[2m]))',
  'histogram_quantile(0.9, story_latency_seconds)',
];
/** Of what is computed the last digits may come out otherwise: sums are made in another order. */
const DIGITS = 12;

const LOGQL = [
  '{app="shop"}',
  '{app="cart"}',
  '{app="shop"} |= "order=1007"',
  '{env="prod"} |= "level=error"',
];
const LOGQL_METRICS = ['sum by (app) (count_over_time({app=~".+"}[5m]))'];

const TRACEQL = [
  '{ status = error }',
  '{ span.ratio > 0.5 && resource.service.name = "shop" }',
  '{ name = "SELECT cart" }',
];

type Matrix = readonly {
  readonly metric: unknown;
  readonly values: readonly (readonly [seconds: number, value: string])[];
}[];

async function metrics(base: string): Promise<[string, unknown][]> {
  const range = { start: START, end: END };
  const out: [string, unknown][] = [];
  const ask = async (query: string) => {
    const parameters = { query, ...range, step: '60' };
    return (await getJson<{ data: { result: Matrix } }>(base, '/api/v1/query_range', parameters)).data.result;
  };
  for (const query of STORED) out.push([query, sorted(await ask(query))]);
  for (const query of COMPUTED) {
    const rounded = (await ask(query)).map(({ metric, values }) => ({
      metric,
      values: values.map(([t, v]) => [t, Number(v).toPrecision(DIGITS)]),
    }));
    out.push([query, sorted(rounded)]);
  }
  const series = { 'match[]': '{__name__=~"story.*"}', ...range };
  const list = async (path: string, parameters: Record<string, string>) =>
    sorted((await getJson<{ data: unknown[] }>(base, path, parameters)).data);
  out.push(['series', await list('/api/v1/series', series)]);
  out.push(['values of instance', await list('/api/v1/label/instance/values', series)]);
  out.push(['exemplars', await list('/api/v1/query_exemplars', { query: 'story_orders_total', ...range })]);
  const metadata = await getJson<{ data: unknown }>(base, '/api/v1/metadata', {
    metric: 'story_orders_total',
  });
  out.push(['metadata', metadata.data]);
  return out;
}

interface Stream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [ns: string, line: string])[];
}

async function logs(base: string): Promise<[string, unknown][]> {
  const range = { start: `${BEGIN_MS}000000`, end: `${END_MS}000000`, limit: LIMIT };
  const ask = async (query: string, more: Record<string, string>) =>
    (
      await getJson<{ data: { result: Stream[] } }>(base, '/loki/api/v1/query_range', {
        query,
        ...range,
        ...more,
      })
    ).data.result;
  const out: [string, unknown][] = [];
  for (const query of LOGQL) {
    const streams = await ask(query, { direction: 'forward' });
    // Levels that are told by the line are no part of what was stored.
    const entries = streams.flatMap(({ stream: { detected_level: _, ...labels }, values }) =>
      values.map(([ns, line]) => ({ ns, line, labels })),
    );
    out.push([query, sorted(entries)]);
  }
  for (const query of LOGQL_METRICS) out.push([query, sorted(await ask(query, { step: '300' }))]);
  const series = await getJson<{ data: unknown[] }>(base, '/loki/api/v1/series', {
    match: '{app=~".+"}',
    start: range.start,
    end: range.end,
  });
  out.push(['streams', sorted(series.data)]);
  return out;
}

/** Objects with a span's id, anywhere in an answer. */
function spansIn(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(spansIn);
  if (!isPlain(value)) return [];
  return 'spanId' in value && 'name' in value ? [value] : Object.values(value).flatMap(spansIn);
}

export async function spansOf(base: string, id: string): Promise<unknown[]> {
  const answer = await getJson<unknown>(base, `/api/v2/traces/${id}`);
  return sorted(
    spansIn(answer).map((span) => ({ ...span, attributes: sorted((span.attributes ?? []) as unknown[]) })),
  );
}

async function traces(base: string): Promise<[string, unknown][]> {
  const out: [string, unknown][] = [];
  for (let chapter = 0; chapter < CHAPTERS; chapter++) {
    const id = traceId(chapter, 3);
    out.push([`trace ${id}`, await spansOf(base, id)]);
  }
  for (const q of TRACEQL) {
    const found = await getJson<{ traces?: { traceID: string }[] }>(base, '/api/search', {
      q,
      start: START,
      end: END,
      limit: 100,
    });
    out.push([q, (found.traces ?? []).map(({ traceID }) => traceID).sort()]);
  }
  return out;
}

/** What versions that have none of it answer counts as nothing. */
async function definitions(base: string): Promise<[string, unknown][]> {
  const rules = await fetch(`${base}/loki/api/v1/rules`);
  const silences = await fetch(`${base}/api/v2/silences`);
  const kept = silences.ok ? ((await silences.json()) as Record<string, unknown>[]) : [];
  return [
    ['rules', rules.ok ? parse(await rules.text()) : null],
    [
      'silences',
      kept.map(({ id, matchers, endsAt, createdBy, comment }) => ({
        id,
        matchers,
        endsAt,
        createdBy,
        comment,
      })),
    ],
  ];
}

export async function askAll(base: string): Promise<Answers> {
  const parts = [await metrics(base), await logs(base), await traces(base), await definitions(base)];
  const answers = Object.fromEntries(parts.flat());
  assert.ok(Object.keys(answers).length > 20);
  return answers;
}
