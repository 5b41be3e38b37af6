/**
 * What the recorded databases hold: a small fixed set of metrics, logs and traces at fixed times, told to a running
 * server in chapters, so that its blocks, its merged blocks and its WAL each have some. What came with a later
 * version of the format (deletions, rules, silences, spans that wait) is told to those that know it.
 */

import { postBody } from '../../support/http-api.ts';
import { LOKI_PUSH_HEADERS, lokiPushBody } from '../../support/loki-push.ts';
import { type MadeSpan, sendSpans } from '../../support/otlp-spans.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody, type WriteHistogram } from '../../support/remote-write.ts';

export const BEGIN_MS = Date.UTC(2026, 10, 20, 10);
/** Time that a chapter covers. */
const CHAPTER_MS = 600_000;
export const CHAPTERS = 3;
export const END_MS = BEGIN_MS + CHAPTERS * CHAPTER_MS;

/** The versions of the format that brought something to tell of. */
const SINCE = { deletions: 5, rules: 7, deleteRequests: 8, silences: 10 } as const;

/** The trace that waits for a decision when the server is killed. */
export const WAITING_TRACE = 'f'.repeat(32);

/** Every span waits; nothing is decided by itself while this runs or is tested. */
export const SAMPLING_CONFIG = `trilite:
  tail_sampling:
    decision_wait: 1000h
    policies: [{name: all, type: always_sample}]
`;

const STEP_MS = 15_000;
const LINE_EVERY_MS = 20_000;
const TRACES = 8;
const JSON_HEADERS = { 'content-type': 'application/json' } as const;

export function traceId(chapter: number, n: number): string {
  return `${chapter + 1}${String(n).padStart(3, '0')}`.padStart(32, 'a1');
}

const hex = (n: number) => n.toString(16).padStart(16, '0');

function histogram(at: number, float: boolean): WriteHistogram {
  const counts = [1 + at, 2 + at, 3, 4];
  return {
    float,
    count: counts.reduce((a, b) => a + b, 2),
    sum: 10.5 * (at + 1),
    schema: 2,
    zeroThreshold: 0.001,
    zeroCount: 2,
    negativeSpans: [],
    negativeCounts: [],
    positiveSpans: [
      { offset: 0, length: 2 },
      { offset: 3, length: 2 },
    ],
    positiveCounts: counts,
    resetHint: 0,
    customValues: [],
  };
}

/** Counters, gauges, stale markers, native histograms of both kinds; the last series is new in every chapter. */
function sendMetrics(base: string, chapter: number): Promise<void> {
  const from = BEGIN_MS + chapter * CHAPTER_MS;
  const times = Array.from({ length: CHAPTER_MS / STEP_MS }, (_, i) => from + i * STEP_MS);
  const round = (ms: number) => (ms - BEGIN_MS) / STEP_MS;
  const counters = ['a', 'b', 'c'].map((instance, s) => ({
    labels: { __name__: 'story_requests_total', job: 'shop', instance, path: `/ä/${s % 2}` },
    samples: times.map((t) => [t, round(t) * (s + 1) + (round(t) % 7) * 0.5] as const),
  }));
  const gauges = ['x', 'y'].map((instance, s) => ({
    labels: { __name__: 'story_temperature', job: 'house', instance },
    samples: times.map(
      (t, i) => [t, s === 1 && i % 10 === 9 ? 'stale' : 20 + Math.sin(round(t) + s) / 3] as const,
    ),
  }));
  const histograms = [false, true].map((float) => ({
    labels: { __name__: 'story_latency_seconds', job: 'shop', kind: float ? 'float' : 'integer' },
    samples: times.map((t) => [t, histogram(round(t), float)] as const),
  }));
  const alone = {
    labels: { __name__: 'story_chapter', chapter: String(chapter) },
    samples: [[from, chapter] as const],
  };
  const body = remoteWriteBody([...counters, ...gauges, ...histograms, alone]);
  return postBody(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, body);
}

/** With an exemplar and what metadata tells. */
function sendOtlpMetrics(base: string, chapter: number): Promise<void> {
  const timeUnixNano = `${BEGIN_MS + chapter * CHAPTER_MS}000000`;
  const exemplars = [{ timeUnixNano, asDouble: 0.75, traceId: traceId(chapter, 0), spanId: hex(1) }];
  const sum = {
    aggregationTemporality: 2,
    isMonotonic: true,
    dataPoints: [{ timeUnixNano, asInt: String(chapter + 5), exemplars }],
  };
  const metrics = [{ name: 'story.orders', unit: '1', description: 'Orders of the story', sum }];
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  const body = JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
  return postBody(`${base}/v1/metrics`, JSON_HEADERS, body);
}

/** A stream by JSON and one by protobuf, lines with ids and without, structured metadata, multi-byte text. */
async function sendLogs(base: string, chapter: number): Promise<void> {
  const from = BEGIN_MS + chapter * CHAPTER_MS;
  const entries = Array.from({ length: CHAPTER_MS / LINE_EVERY_MS }, (_, i) => ({
    ns: BigInt(from + i * LINE_EVERY_MS) * 1_000_000n + BigInt(i),
    line: `level=${i % 5 === 0 ? 'error' : 'info'} order=${chapter * 1000 + i} msg="größe ${'x'.repeat(i % 4)}"`,
    metadata: { trace_id: traceId(chapter, i % TRACES), pod: `shop-${i % 3}` },
  }));
  const url = `${base}/loki/api/v1/push`;
  await postBody(url, LOKI_PUSH_HEADERS, lokiPushBody('{app="shop", env="prod"}', entries));
  const values = entries.map(({ ns, metadata }, i) => [
    String(ns),
    `{"n":${i},"trace":"${metadata.trace_id}","took":"${i}ms"}`,
  ]);
  const streams = [{ stream: { app: 'cart', chapter: String(chapter) }, values }];
  await postBody(url, JSON_HEADERS, JSON.stringify({ streams }));
}

function storySpans(chapter: number, n: number): MadeSpan[] {
  const startMs = BEGIN_MS + chapter * CHAPTER_MS + n * 10_000;
  const base = { traceId: traceId(chapter, n), resource: { 'host.name': 'h1' } } as const;
  const root: MadeSpan = {
    ...base,
    service: 'shop',
    id: hex(1),
    name: 'GET /orders',
    kind: 'server',
    startMs,
    durationMs: 120 + n,
    attributes: {
      'http.route': '/orders',
      'http.status_code': n === 3 ? 500 : 200,
      ratio: n / 8,
      cached: n % 2 === 0,
    },
    ...(n === 3 ? { error: 'no stock' } : {}),
  };
  const call: MadeSpan = {
    ...base,
    service: 'cart',
    id: hex(2),
    parent: root.id,
    name: 'SELECT cart',
    kind: 'client',
    startMs: startMs + 10,
    durationMs: 40.5,
    attributes: { 'db.system': 'sqlite' },
    events: [{ name: 'row', atMs: startMs + 20, attributes: { rows: n } }],
    links: [{ traceId: traceId(chapter, (n + 1) % TRACES), spanId: hex(1) }],
  };
  return [root, call];
}

/** All of a chapter; nothing is flushed. */
async function tellChapter(base: string, chapter: number): Promise<void> {
  await sendMetrics(base, chapter);
  await sendOtlpMetrics(base, chapter);
  await sendLogs(base, chapter);
  for (let n = 0; n < TRACES; n++) await sendSpans(base, storySpans(chapter, n));
}

/** Two chapters in blocks, the first two merged, one in the WAL; deletions and definitions between. */
export async function tellStory(base: string, version: number): Promise<void> {
  await tellChapter(base, 0);
  await postBody(`${base}/-/flush`, {}, '');
  await tellChapter(base, 1);
  await postBody(`${base}/-/flush?compact=true`, {}, '');
  if (version >= SINCE.deletions) await deleteSamples(base);
  if (version >= SINCE.deleteRequests) await deleteLines(base);
  if (version >= SINCE.rules) await addRules(base);
  if (version >= SINCE.silences) await addSilence(base);
  await tellChapter(base, 2);
}

/** A trace for servers that sample: it stays in their journal. */
export function tellWaiting(base: string): Promise<void> {
  return sendSpans(
    base,
    // After what is asked for.
    storySpans(CHAPTERS + 1, 0).map((span) => ({ ...span, traceId: WAITING_TRACE })),
  );
}

function deleteSamples(base: string): Promise<void> {
  const parameters = new URLSearchParams({
    'match[]': 'story_temperature{instance="x"}',
    start: String((BEGIN_MS + 120_000) / 1000),
    end: String((BEGIN_MS + 240_000) / 1000),
  });
  return postBody(`${base}/api/v1/admin/tsdb/delete_series?${parameters}`, {}, '');
}

function deleteLines(base: string): Promise<void> {
  const parameters = new URLSearchParams({
    query: '{app="shop"} |= "level=error"',
    start: String(BEGIN_MS / 1000),
    end: String((BEGIN_MS + 180_000) / 1000),
  });
  return postBody(`${base}/loki/api/v1/delete?${parameters}`, {}, '');
}

function addRules(base: string): Promise<void> {
  const group = `name: story
interval: 1h
rules:
  - alert: ManyErrors
    expr: sum(count_over_time({app="shop"} |= "level=error" [1h])) > 1000000
    for: 5m
    labels: {severity: page}
`;
  return postBody(`${base}/loki/api/v1/rules/story`, { 'content-type': 'application/yaml' }, group);
}

function addSilence(base: string): Promise<void> {
  const silence = {
    matchers: [{ name: 'alertname', value: 'ManyErrors', isRegex: false, isEqual: true }],
    startsAt: new Date(BEGIN_MS).toISOString(),
    endsAt: '2099-01-01T00:00:00.000Z',
    createdBy: 'story',
    comment: 'known',
  };
  return postBody(`${base}/api/v2/silences`, JSON_HEADERS, JSON.stringify(silence));
}
