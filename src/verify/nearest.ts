/** What a server has instead of what was looked for: a wrong name of a service or a metric is what is wrong most of the time. */

import type { Client } from '../client/client.ts';
import type { Expectation } from './expectation.ts';
import { type Bounds, boundsOf, type Found } from './find.ts';

const SHOWN_MAX = 5;
/** Of very many names only the first are compared. */
const COMPARED_MAX = 5000;

interface ListJson {
  readonly data?: readonly string[];
}

interface TagValuesJson {
  readonly tagValues?: readonly { readonly value: string }[];
}

/** Lines for the message of a failure; none where something was found. Never rejects. */
export async function nearest(
  { language, query, range }: Expectation,
  found: Found,
  { client, whole, now }: { readonly client: Client; readonly whole?: Bounds; readonly now?: () => number },
  signal: AbortSignal,
): Promise<string[]> {
  if (found.count > 0) return [];
  const bounds = boundsOf(range, now?.() ?? Date.now(), whole);
  try {
    switch (language) {
      case 'promql':
        return await nearMetrics(client, query, bounds, signal);
      case 'logql':
        return await nearStreams(client, query, bounds, signal);
      case 'traceql':
        return await nearSpans(client, query, bounds, signal);
    }
  } catch {
    // A hint that cannot be had is none; the failure itself is told.
    return [];
  }
}

async function nearMetrics(
  client: Client,
  query: string,
  { startMs, endMs }: Bounds,
  signal: AbortSignal,
): Promise<string[]> {
  const time: [string, string][] = [
    ['start', String(startMs / 1000)],
    ['end', String(endMs / 1000)],
  ];
  const { data = [] } = await client.json<ListJson>({
    path: '/api/v1/label/__name__/values',
    params: time,
    signal,
  });
  if (data.length === 0) return ['there are no metrics at all'];
  const known = new Set(data);
  const words = [...new Set(withoutStrings(query).match(/[A-Za-z_:][\w:]*/g) ?? [])];
  const there = words.find((word) => known.has(word));
  if (there !== undefined) {
    const { data: series = [] } = await client.json<{ data?: readonly Record<string, string>[] }>({
      path: '/api/v1/series',
      params: [['match[]', there], ['limit', String(SHOWN_MAX)], ...time],
      signal,
    });
    return listed(
      `of ${there} there is`,
      series.map(({ __name__, ...labels }) => labelText(labels)),
    );
  }
  const wanted = words.sort((a, b) => b.length - a.length)[0] ?? '';
  return listed('the nearest metrics are', closest(wanted, data));
}

async function nearStreams(
  client: Client,
  query: string,
  { startMs, endMs }: Bounds,
  signal: AbortSignal,
): Promise<string[]> {
  const { data = [] } = await client.json<{ data?: readonly Record<string, string>[] }>({
    path: '/loki/api/v1/series',
    params: [
      ['start', nanoseconds(startMs)],
      ['end', nanoseconds(endMs)],
    ],
    signal,
  });
  if (data.length === 0) return ['there are no logs at all'];
  const wanted = /\{[^}]*\}/.exec(query)?.[0] ?? '';
  return listed('the nearest streams are', closest(wanted, data.map(labelText)));
}

async function nearSpans(
  client: Client,
  query: string,
  { startMs, endMs }: Bounds,
  signal: AbortSignal,
): Promise<string[]> {
  const values = async (tag: string) => {
    const params: [string, string][] = [
      ['start', String(Math.floor(startMs / 1000))],
      ['end', String(Math.ceil(endMs / 1000))],
    ];
    const path = `/api/v2/search/tag/${tag}/values`;
    const { tagValues = [] } = await client.json<TagValuesJson>({ path, params, signal });
    return tagValues.map(({ value }) => value);
  };
  const [services, names] = await Promise.all([values('resource.service.name'), values('name')]);
  if (names.length === 0 && services.length === 0) return ['there are no spans at all'];
  const strings = query.match(/"[^"]*"|`[^`]*`/g)?.map((quoted) => quoted.slice(1, -1)) ?? [];
  const wanted = strings.join(' ');
  return [
    ...listed('services that have spans:', closest(wanted, services)),
    ...listed('the nearest names of spans:', closest(wanted, names)),
  ];
}

function listed(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > SHOWN_MAX ? `, … ${names.length - SHOWN_MAX} more` : '';
  return [`${what} ${names.slice(0, SHOWN_MAX).join(', ')}${more}`];
}

/** By how many pairs of letters they have in common with it (Dice's coefficient), best first; all of them. */
export function closest(wanted: string, names: readonly string[]): string[] {
  const pairs = pairsOf(wanted);
  const scored = names.slice(0, COMPARED_MAX).map((name) => {
    const own = pairsOf(name);
    const shared = [...own].filter((pair) => pairs.has(pair)).length;
    return { name, score: (2 * shared) / (own.size + pairs.size || 1) };
  });
  return scored.sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1)).map(({ name }) => name);
}

function pairsOf(text: string): Set<string> {
  const lower = text.toLowerCase();
  return new Set(Array.from({ length: Math.max(0, lower.length - 1) }, (_, i) => lower.slice(i, i + 2)));
}

function withoutStrings(query: string): string {
  return query.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '""');
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`;
}

function nanoseconds(ms: number): string {
  return `${Math.floor(ms)}000000`;
}
