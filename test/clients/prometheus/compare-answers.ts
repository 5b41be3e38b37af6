/** Asks two servers of Prometheus' API the same and demands the same answer. */

import assert from 'node:assert/strict';
import { getJson, type NativeHistogram } from '../../support/http-api.ts';

/** Sums may be added up in different orders; nothing else may differ. */
const RELATIVE_ERROR_MAX = 1e-11;

type Point = readonly [seconds: number, value: string];
type HistogramPoint = readonly [seconds: number, histogram: NativeHistogram];
interface SeriesAnswer {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Point;
  readonly values?: readonly Point[];
  readonly histogram?: HistogramPoint;
  readonly histograms?: readonly HistogramPoint[];
}
interface QueryAnswer {
  readonly data: { readonly resultType: string; readonly result: readonly SeriesAnswer[] | Point };
}

/** `labels → time → value`, sorted, so that a difference reads well. */
function flatten(answer: QueryAnswer): { readonly keys: string[]; readonly values: string[] } {
  const { result } = answer.data;
  if (result.length === 2 && typeof result[0] === 'number') {
    return { keys: [`scalar @${result[0]}`], values: [String(result[1])] };
  }
  const rows: [string, string][] = [];
  for (const series of result as readonly SeriesAnswer[]) {
    const labels = JSON.stringify(Object.entries(series.metric).sort(([a], [b]) => (a < b ? -1 : 1)));
    const { value, values = value ? [value] : [], histogram, histograms } = series;
    for (const [seconds, text] of values) rows.push([`${labels} @${seconds}`, text]);
    for (const [seconds, h] of histograms ?? (histogram ? [histogram] : [])) {
      const at = `${labels} @${seconds}`;
      rows.push([`${at} count`, h.count], [`${at} sum`, h.sum]);
      for (const [rule, lower, upper, count] of h.buckets ?? []) {
        rows.push([`${at} bucket ${rule} ${lower} ${upper}`, count]);
      }
    }
  }
  rows.sort(([a], [b]) => (a < b ? -1 : 1));
  return { keys: rows.map(([key]) => key), values: rows.map(([, value]) => value) };
}

function sameNumber(a: string, b: string): boolean {
  if (a === b) return true;
  const x = Number(a);
  const y = Number(b);
  if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
  return Math.abs(x - y) <= RELATIVE_ERROR_MAX * Math.max(Math.abs(x), Math.abs(y));
}

export interface Peers {
  readonly reference: string;
  readonly own: string;
}

/**
 * Same result type, series, times and values. Returns how many points were compared. `exact` demands values that
 * print the same.
 */
export async function sameQuery(
  peers: Peers,
  path: string,
  parameters: Readonly<Record<string, string | number>>,
  exact = false,
): Promise<number> {
  const [want, got] = await Promise.all([
    getJson<QueryAnswer>(peers.reference, path, parameters),
    getJson<QueryAnswer>(peers.own, path, parameters),
  ]);
  const about = `${path} ${JSON.stringify(parameters)}`;
  assert.equal(got.data.resultType, want.data.resultType, about);
  const a = flatten(want);
  const b = flatten(got);
  assertSameList(b.keys, a.keys, about);
  for (let i = 0; i < a.keys.length; i++) {
    const same = exact ? a.values[i] === b.values[i] : sameNumber(a.values[i]!, b.values[i]!);
    assert.ok(same, `${about}: ${a.keys[i]} is ${b.values[i]}, Prometheus has ${a.values[i]}`);
  }
  return a.keys.length;
}

/** Lists can be long: what is told are the first items that differ. */
export function assertSameList(got: readonly string[], want: readonly string[], about: string): void {
  const wanted = new Set(want);
  const given = new Set(got);
  const missing = want.filter((item) => !given.has(item));
  const extra = got.filter((item) => !wanted.has(item));
  const told = { missing: missing.slice(0, 5), extra: extra.slice(0, 5) };
  assert.ok(
    missing.length === 0 && extra.length === 0 && got.length === want.length,
    `${about}: ${missing.length} missing, ${extra.length} extra: ${JSON.stringify(told)}`,
  );
}

/** The `data` list of labels, label values and series, in any order. Returns its length. */
export async function sameData(
  peers: Peers,
  path: string,
  parameters: Readonly<Record<string, string | number>>,
): Promise<number> {
  const read = async (base: string) => {
    const { data } = await getJson<{ data: readonly unknown[] }>(base, path, parameters);
    return data.map((item) =>
      typeof item === 'string' ? item : JSON.stringify(Object.entries(item as object).sort()),
    );
  };
  const [want, got] = await Promise.all([read(peers.reference), read(peers.own)]);
  assertSameList(got.sort(), want.sort(), `${path} ${JSON.stringify(parameters)}`);
  return want.length;
}
