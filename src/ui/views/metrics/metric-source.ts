/**
 * Names, values and metadata of metrics as the server has them: as somebody types, the search endpoints give the few that
 * fit best, however many there are. Answers are kept while the range stays the same.
 */

import { getJson, getText, type Params, tenant } from '../../api/http.ts';
import { now } from '../../time/now.ts';
import type { Bounds } from '../../time/range.ts';
import { familiesOf, type MetadataAnswer, type MetricFamily } from './metric-family.ts';
import type { NameSource } from './promql-completion.ts';

/** More are not looked through in a list that opens while one types. */
const FOUND_MAX = 100;
/** Families whose metadata is taken; a server has rarely more, and each is some 100 bytes. */
const FAMILIES_MAX = 20_000;
/** Ranges are widened to whole ones of these, so that looking a moment later finds the answer here. */
const CACHE_STEP_MS = 60_000;
/** Answers that are kept; the oldest go first. */
const KEPT_MAX = 500;

interface FoundName {
  readonly name?: string;
  readonly value?: string;
}

export interface FoundNames {
  readonly names: readonly string[];
  readonly hasMore: boolean;
}

const kept = new Map<string, Promise<unknown>>();

/** The same question once per tenant; a failure is not kept. */
function once<T>(key: string, ask: () => Promise<T>): Promise<T> {
  const own = `${tenant.get() ?? ''} ${key}`;
  const known = kept.get(own);
  if (known) return known as Promise<T>;
  const asked = ask();
  kept.set(own, asked);
  asked.catch(() => kept.delete(own));
  if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value!);
  return asked;
}

/** Lines of JSON: batches of results, and a last one that says whether there is more. */
function readLines(text: string): FoundNames {
  const names: string[] = [];
  let hasMore = false;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const { results, has_more: more } = JSON.parse(line) as { results?: FoundName[]; has_more?: boolean };
    for (const { name, value } of results ?? []) names.push(name ?? value ?? '');
    hasMore ||= more === true;
  }
  return { names, hasMore };
}

function search(what: string, bounds: Bounds, word: string, params: Params): Promise<FoundNames> {
  const start = Math.floor(bounds.startMs / CACHE_STEP_MS) * (CACHE_STEP_MS / 1000);
  const end = Math.ceil(bounds.endMs / CACHE_STEP_MS) * (CACHE_STEP_MS / 1000);
  const byScore = { 'search[]': word, sort_by: 'score', case_sensitive: 'false' };
  const all = { limit: FOUND_MAX, start, end, ...(word === '' ? {} : byScore), ...params };
  const path = `/api/v1/search/${what}`;
  return once(`${path} ${JSON.stringify(all)}`, async () => readLines(await getText(path, all)));
}

/** Metrics whose names fit the word, `limit` of them. */
export function searchMetrics(bounds: Bounds, word: string, limit: number): Promise<FoundNames> {
  return search('metric_names', bounds, word, { limit });
}

/** Types and help of all families. */
export function metricFamilies(): Promise<ReadonlyMap<string, MetricFamily>> {
  const minute = Math.floor(now() / CACHE_STEP_MS);
  return once(`metadata ${minute}`, async () => {
    const { data } = await getJson<{ data: MetadataAnswer }>('/api/v1/metadata', { limit: FAMILIES_MAX });
    return familiesOf(data);
  });
}

/** `bounds` are asked for at each question: the range may change while an editor is open. */
export function metricSource(bounds: () => Bounds): NameSource {
  const narrowed = (selector: string): Params => (selector === '' ? {} : { 'match[]': selector });
  return {
    metrics: async (word) => (await search('metric_names', bounds(), word, {})).names,
    families: metricFamilies,
    labels: async (selector, word) => {
      const { names } = await search('label_names', bounds(), word, narrowed(selector));
      return names.filter((name) => name !== '__name__');
    },
    values: async (label, selector, word) =>
      (await search('label_values', bounds(), word, { label, ...narrowed(selector) })).names,
  };
}
