/** The comparison rules of the recorded suites: sets where order says nothing, numbers within 1e-9. */

import type { GoldenCase } from './loki-golden-suite.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}
type Json = Record<string, unknown>;

const key = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) =>
    v && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  ) ?? 'undefined';

function short(value: unknown): string {
  const text = key(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

const NUMERIC = /^(NaN|[+-]?Inf|[+-]?\d+(\.\d+)?([eE][+-]?\d+)?)$/;

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && NUMERIC.test(value));
}

function near(a: unknown, b: unknown): boolean {
  const toNumber = (v: unknown): number => Number(String(v).replace('Inf', 'Infinity'));
  const x = toNumber(a);
  const y = toNumber(b);
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) && Number.isNaN(y);
  const distance = Math.abs(x - y);
  return x === y || distance <= 1e-9 * Math.max(Math.abs(x), Math.abs(y)) || distance < 1e-12;
}

/** '' when equal, else where they differ. */
function differ(a: unknown, b: unknown, ordered: boolean, at = ''): string {
  if (isNumeric(a) && isNumeric(b) && typeof a === typeof b)
    return near(a, b) ? '' : `${at}: want ${a} got ${b}`;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') {
    return a === b ? '' : `${at}: want ${short(a)} got ${short(b)}`;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return `${at}: want ${a.length} items, got ${b.length}`;
    const sort = (list: unknown[]): unknown[] =>
      ordered ? list : [...list].sort((x, y) => (key(x) < key(y) ? -1 : 1));
    const x = sort(a);
    const y = sort(b);
    return x.map((v, i) => differ(v, y[i], ordered, `${at}[${i}]`)).find((d) => d !== '') ?? '';
  }
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const name of names) {
    const d = differ((a as Json)[name], (b as Json)[name], ordered, `${at}.${name}`);
    if (d) return d;
  }
  return '';
}

interface Series {
  readonly metric: Json;
  readonly value?: unknown;
  readonly values?: [unknown, unknown][];
}

function differSeries(want: Series[], got: Series[], ordered: boolean): string {
  if (want.length !== got.length) return `want ${want.length} series, got ${got.length}`;
  const index = new Map(got.map((s, i) => [key(s.metric), { s, i }]));
  for (const [i, w] of want.entries()) {
    const hit = index.get(key(w.metric));
    if (!hit)
      return `series ${short(w.metric)} is missing; got ${short(got.slice(0, 3).map((s) => s.metric))}`;
    if (ordered && hit.i !== i) return `series ${short(w.metric)} at ${hit.i}, want ${i}`;
    const d = differ(w.value ?? w.values, hit.s.value ?? hit.s.values, true, key(w.metric));
    if (d) return d;
  }
  return '';
}

interface Stream {
  readonly stream: Json;
  readonly values: unknown[];
}

function differStreams(want: Stream[], got: Stream[]): string {
  const group = (list: Stream[]): Map<string, string[]> => {
    const map = new Map<string, string[]>();
    for (const s of list) map.set(key(s.stream), [...(map.get(key(s.stream)) ?? []), ...s.values.map(key)]);
    return map;
  };
  const a = group(want);
  const b = group(got);
  const count = (m: Map<string, string[]>): number => [...m.values()].reduce((n, v) => n + v.length, 0);
  if (count(a) !== count(b)) return `want ${count(a)} lines, got ${count(b)}`;
  for (const [k, w] of a) {
    const g = b.get(k);
    if (!g) return `stream ${k.slice(0, 400)} is missing; got ${[...b.keys()].slice(0, 2)}`;
    if (g.length !== w.length) return `stream ${k.slice(0, 120)}: want ${w.length} lines, got ${g.length}`;
    const i = w.findIndex((line, n) => line !== g[n]);
    if (i >= 0)
      return `stream ${k.slice(0, 120)} entry ${i}: want ${w[i]!.slice(0, 200)} got ${g[i]!.slice(0, 200)}`;
  }
  return '';
}

function drop(body: unknown, paths: readonly string[] | undefined): unknown {
  const copy = structuredClone(body);
  for (const path of paths ?? []) {
    const steps = path.split('.');
    let at = copy as Json | undefined;
    for (const s of steps.slice(0, -1)) at = at?.[s] as Json | undefined;
    if (at) delete at[steps.at(-1)!];
  }
  return copy;
}

function without(body: unknown, c: GoldenCase): unknown {
  return JSON.parse(
    JSON.stringify(body, (name, v: unknown) => {
      if (name === '__error_details__' && c.flags?.includes('error_details')) return undefined;
      if (name === 'cardinality' && c.flags?.includes('hyperloglog')) return 0;
      return v;
    }),
  );
}

const zeroed = (series: Series[]): Series[] =>
  series.map((s) => ({
    metric: s.metric,
    values: (s.values ?? [s.value as [unknown, unknown]]).map(([t]) => [t, '0']),
  }));

/** '' when the answer is right, else what is wrong. */
export function differCase(c: GoldenCase, got: Answer): string {
  const want = c.response;
  if (c.flags?.includes('loki_500') && want.status === 500 && got.status === 400) return '';
  if (want.status !== got.status) return `status: want ${want.status} got ${got.status} ${short(got.body)}`;
  if (c.compare === 'status' || want.status >= 400) return '';
  if (typeof want.body !== 'object' || want.body === null) {
    return String(want.body).trimEnd() === String(got.body).trimEnd()
      ? ''
      : `body: want ${short(want.body)} got ${short(got.body)}`;
  }
  const w = without(drop(want.body, c.ignore), c) as Json;
  const g = without(drop(got.body, c.ignore), c) as Json;
  const wd = w.data as Json | undefined;
  const gd = g.data as Json | undefined;
  if (wd?.resultType) {
    if (wd.resultType !== gd?.resultType) return `resultType: want ${wd.resultType} got ${gd?.resultType}`;
    if (key(wd.encodingFlags ?? null) !== key(gd?.encodingFlags ?? null)) return 'encodingFlags differ';
    if (wd.resultType === 'streams') return differStreams(wd.result as Stream[], gd!.result as Stream[]);
    if (wd.resultType === 'vector' || wd.resultType === 'matrix') {
      const shape = c.compare === 'shape' ? zeroed : (s: Series[]): Series[] => s;
      return differSeries(shape(wd.result as Series[]), shape(gd!.result as Series[]), c.ordered ?? false);
    }
    return differ(wd.result, gd!.result, true);
  }
  const strip = ({ stats, warnings, infos, ...rest }: Json): Json => rest;
  return differ(strip(w), strip(g), c.ordered ?? false);
}
