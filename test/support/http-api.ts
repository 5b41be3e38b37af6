/** Asks a server's query APIs; anything but the expected status fails with the body in the message. */

import assert from 'node:assert/strict';

type Parameters = Readonly<Record<string, string | number | readonly string[]>>;

/** `base` plus path and query string; a list repeats its parameter. */
export function apiUrl(base: string, path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  return query.size > 0 ? `${base}${path}?${query}` : `${base}${path}`;
}

export async function getJson<T>(
  base: string,
  path: string,
  parameters: Parameters = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const url = apiUrl(base, path, parameters);
  const answer = await fetch(url, { headers });
  const text = await answer.text();
  assert.equal(answer.status, 200, `${url} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}

/** Expects 2xx. */
export async function postBody(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | string,
): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers, body });
  const text = await answer.text();
  assert.ok(answer.ok, `${url} answered ${answer.status}: ${text}`);
}

export type LabelSet = Readonly<Record<string, string>>;

export interface VectorSample {
  readonly metric: LabelSet;
  /** Of float samples. */
  readonly value?: readonly [seconds: number, value: string];
  /** Of native histograms. */
  readonly histogram?: readonly [seconds: number, histogram: NativeHistogram];
}

export interface NativeHistogram {
  readonly count: string;
  readonly sum: string;
  /** Boundary rule, lower bound, upper bound, count. */
  readonly buckets?: readonly (readonly [rule: number, lower: string, upper: string, count: string])[];
}

/** A PromQL instant query that must answer a vector; `timeMs` defaults to now. */
export async function promInstant(base: string, query: string, timeMs = Date.now()): Promise<VectorSample[]> {
  const body = await getJson<{ data: { resultType: string; result: VectorSample[] } }>(
    base,
    '/api/v1/query',
    {
      query,
      time: timeMs / 1000,
    },
  );
  assert.equal(body.data.resultType, 'vector', query);
  return body.data.result;
}

/** The values of an instant query under the given label, e.g. `le` → count. */
export async function promValuesBy(
  base: string,
  label: string,
  query: string,
): Promise<Record<string, string>> {
  const samples = await promInstant(base, query);
  const out: Record<string, string> = {};
  for (const { metric, value } of samples) {
    const key = metric[label] ?? '';
    assert.ok(!(key in out), `${query}: two series with ${label}="${key}"`);
    out[key] = value?.[1] ?? 'no float';
  }
  return out;
}

export interface LogEntry {
  readonly ns: string;
  readonly line: string;
  readonly metadata: LabelSet;
  readonly stream: LabelSet;
}

type Categories = { readonly structuredMetadata?: LabelSet; readonly parsed?: LabelSet };

/** A LogQL query over `[startNs, endNs)`, oldest first, with structured metadata kept apart from stream labels. */
export async function logEntries(
  base: string,
  query: string,
  startNs: bigint,
  endNs: bigint,
): Promise<LogEntry[]> {
  interface Answer {
    readonly data: {
      readonly resultType: string;
      readonly encodingFlags?: readonly string[];
      readonly result: readonly {
        readonly stream: LabelSet;
        readonly values: readonly (readonly [ns: string, line: string, categories?: Categories])[];
      }[];
    };
  }
  const { data } = await getJson<Answer>(
    base,
    '/loki/api/v1/query_range',
    { query, start: String(startNs), end: String(endNs), limit: 5000, direction: 'forward' },
    { 'x-loki-response-encoding-flags': 'categorize-labels' },
  );
  assert.equal(data.resultType, 'streams', query);
  assert.deepEqual(data.encodingFlags, ['categorize-labels']);
  const entries = data.result.flatMap(({ stream, values }) =>
    values.map(([ns, line, categories]) => ({
      ns,
      line,
      stream,
      metadata: categories?.structuredMetadata ?? {},
    })),
  );
  return entries.sort((a, b) => (BigInt(a.ns) < BigInt(b.ns) ? -1 : 1));
}
