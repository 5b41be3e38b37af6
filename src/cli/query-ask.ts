/** Asks what `trilite query` was told to ask; answers of every kind are one type, which the printers know. */

import type { LabelSet, LogqlAnswer, PromqlAnswer, Trace, TraceqlAnswer } from '../client/answer.ts';
import type { Client } from '../client/client.ts';
import type { Question } from '../client/transport.ts';
import type { QueryFlags, QuerySubject, QueryTimes } from './query-flags.ts';

export type Answer =
  | PromqlAnswer
  | LogqlAnswer
  | TraceqlAnswer
  | { readonly kind: 'trace'; readonly trace: Trace }
  | { readonly kind: 'names'; readonly what: string; readonly names: readonly string[] }
  | { readonly kind: 'labelSets'; readonly sets: readonly LabelSet[] };

const NOTHING: Answer = { kind: 'names', what: 'name', names: [] };

export interface Asked extends Pick<QueryFlags, 'text' | 'selector' | 'signal' | 'limit'> {
  readonly subject: QuerySubject;
  /** A graph is wanted, which needs a range. */
  readonly isGraph: boolean;
  /** Of LogQL. */
  readonly isMetric: boolean;
  readonly times: QueryTimes;
}

/** Rejects as the client does. */
export async function ask(client: Client, asked: Asked): Promise<Answer> {
  const { text, times, limit } = asked;
  const { timeMs, startMs, endMs, stepMs } = times;
  const range = { startMs, endMs, stepMs };
  const isRange = times.isRange || (asked.isGraph && timeMs === undefined);
  switch (asked.subject) {
    case 'promql':
      return isRange ? client.promqlRange(text, range) : client.promql(text, { timeMs });
    case 'logql':
      if (!asked.isMetric) return oldestFirst(await client.logql(text, { startMs, endMs, limit }));
      return isRange ? client.logqlRange(text, range) : client.logql(text, { timeMs: timeMs ?? endMs });
    case 'traceql':
      return client.traceql(text, { startMs, endMs, limit, ...(isRange && { stepMs }) });
    case 'trace': {
      const trace = await client.trace(text);
      return trace ? { kind: 'trace', trace } : NOTHING;
    }
    case 'series':
      return { kind: 'labelSets', sets: await dataOf<readonly LabelSet[]>(client, seriesQuestion(asked)) };
    case 'metrics':
      return namesAnswer(client, 'metric', '__name__', { ...asked, signal: 'metrics', selector: text });
    case 'values':
      return namesAnswer(client, text, text, asked);
    case 'labels':
      return namesAnswer(client, 'label', undefined, { ...asked, selector: text });
  }
}

/** The newest of them, as they are read. */
function oldestFirst(answer: LogqlAnswer): LogqlAnswer {
  return answer.kind === 'entries' ? { kind: 'entries', entries: answer.entries.toReversed() } : answer;
}

async function dataOf<T>(client: Client, question: Question): Promise<T> {
  const { data } = await client.json<{ readonly data?: T }>(question);
  return data ?? ([] as T);
}

type Params = (readonly [string, string])[];

/** A range is sent where one was asked for: else all that there is. */
function rangeParams({ times }: Asked, unit: 's' | 'ns'): Params {
  if (!times.isRange) return [];
  const print = (ms: number) => (unit === 's' ? String(ms / 1000) : `${BigInt(Math.round(ms)) * 1_000_000n}`);
  return [
    ['start', print(times.startMs)],
    ['end', print(times.endMs)],
  ];
}

function seriesQuestion(asked: Asked): Question {
  const matcher = asked.text === '' ? '{__name__!=""}' : asked.text;
  if (asked.signal === 'logs') {
    const params: Params = [['match[]', asked.text === '' ? '{service_name=~".+"}' : asked.text]];
    return { path: '/loki/api/v1/series', params: [...params, ...rangeParams(asked, 'ns')] };
  }
  return { path: '/api/v1/series', params: [['match[]', matcher], ...rangeParams(asked, 's')] };
}

/** Of labels where `label` is undefined, else of its values. */
async function namesAnswer(
  client: Client,
  what: string,
  label: string | undefined,
  asked: Asked,
): Promise<Answer> {
  const { selector = '', signal } = asked;
  if (signal === 'traces') return { kind: 'names', what, names: await tagNames(client, label, selector) };
  const [root, name, unit] =
    signal === 'logs' ? ['/loki/api/v1', 'query', 'ns' as const] : ['/api/v1', 'match[]', 's' as const];
  const path = label === undefined ? `${root}/labels` : `${root}/label/${encodeURIComponent(label)}/values`;
  const params = [...(selector === '' ? [] : [[name, selector] as const]), ...rangeParams(asked, unit)];
  return { kind: 'names', what, names: await dataOf<readonly string[]>(client, { path, params }) };
}

interface TagsJson {
  readonly scopes?: readonly { readonly name: string; readonly tags?: readonly string[] }[];
  readonly tagValues?: readonly { readonly value: string }[];
}

async function tagNames(client: Client, tag: string | undefined, selector: string): Promise<string[]> {
  const params: Params = selector === '' ? [] : [['q', selector]];
  if (tag !== undefined) {
    const path = `/api/v2/search/tag/${encodeURIComponent(tag)}/values`;
    const { tagValues = [] } = await client.json<TagsJson>({ path, params });
    return tagValues.map(({ value }) => value).sort();
  }
  const { scopes = [] } = await client.json<TagsJson>({ path: '/api/v2/search/tags', params });
  return scopes.flatMap(({ name, tags = [] }) =>
    tags.map((own) => (name === 'intrinsic' ? own : `${name}.${own}`)).sort(),
  );
}

/** Whether anything was found. */
export function isEmpty(answer: Answer): boolean {
  switch (answer.kind) {
    case 'vector':
      return answer.samples.length === 0;
    case 'matrix':
      return answer.series.length === 0;
    case 'entries':
      return answer.entries.length === 0;
    case 'traces':
      return answer.traces.length === 0;
    case 'names':
      return answer.names.length === 0;
    case 'labelSets':
      return answer.sets.length === 0;
    default:
      return false;
  }
}
