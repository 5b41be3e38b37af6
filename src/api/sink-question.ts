/** What a waiter waits for, as `GET /api/v1/trilite/wait` says it: a question in one of the languages and what its answer has to be. */

import { parseGoDuration } from '../model/duration.ts';
import { TriliteError } from '../model/errors.ts';
import type { ServiceRequest } from '../query/service.ts';
import type { Signal } from '../storage/interface.ts';
import { invalidParameter, Params, readingParameter } from './params.ts';

const TIMEOUT_DEFAULT_MS = 10_000;
/** A test that waits longer is a job for whoever asks again; a connection that is silent for so long is not kept by every proxy. */
export const WAIT_MAX_MS = 300_000;
/** Lines and traces that are looked at: a count above it is never met. */
export const RESULTS_MAX = 1000;
/** The last moment that Loki's API can name. */
const LAST_NS = '9223372036854775807';
const NS_PER_MS = 1e6;

export interface WaitQuestion {
  readonly service: string;
  readonly params: ServiceRequest['params'];
  /** What has to arrive for the answer to become another one. */
  readonly signal: Signal;
  readonly timeoutMs: number;
  /** Whether nothing may match as long as the time is not over. */
  readonly absent: boolean;
  /** The conditions in words. */
  readonly wanted: string;
  isMet(result: WaitResult): boolean;
}

/** Of an answer: how many series, lines or traces, and the values where it has some. */
export interface WaitResult {
  readonly count: number;
  readonly values: readonly number[] | undefined;
}

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '': (a, b) => a === b,
};
const CONDITION = /^\s*(>=|<=|==|!=|>|<|)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*$/;

/** Throws `bad_data`. */
export function readWaitQuestion(request: ServiceRequest): WaitQuestion {
  const params = new Params(request.params);
  const asked = (['promql', 'logql', 'traceql'] as const).filter((name) => params.get(name) !== '');
  if (asked.length !== 1)
    throw new TriliteError('bad_data', 'one of the parameters promql, logql and traceql may be there');
  const [language] = asked;
  const absent = params.get('absent');
  if (!['', 'true', 'false'].includes(absent)) throw invalidParameter('absent', 'it is true or false');
  const count = condition(params, 'count');
  const value = condition(params, 'value');
  if (value && language === 'traceql') throw invalidParameter('value', 'traces have none');
  return {
    ...questionOf(language!, params.get(language!), params.get('time')),
    timeoutMs: timeoutOf(params.get('timeout')),
    absent: absent === 'true',
    wanted: `count ${count?.text ?? '>=1'}${value ? ` of value ${value.text}` : ''}`,
    isMet(result) {
      if (value && !result.values) throw invalidParameter('value', 'what was asked for has none');
      const fits = value ? result.values!.filter(value.holds).length : result.count;
      return count ? count.holds(fits) : fits >= 1;
    },
  };
}

interface Condition {
  readonly text: string;
  holds(value: number): boolean;
}

function condition(params: Params, name: string): Condition | undefined {
  const text = params.get(name);
  if (text === '') return undefined;
  const [, comparison, number] = CONDITION.exec(text) ?? [];
  if (comparison === undefined) {
    throw invalidParameter(name, `${JSON.stringify(text)} is no number behind >=, <=, ==, !=, > or <`);
  }
  const compare = COMPARISONS[comparison]!;
  const bound = Number(number);
  return { text: text.trim(), holds: (value) => compare(value, bound) };
}

/** Whether nothing is asked: any arrival is waited for. */
export function asksNothing({ params }: ServiceRequest): boolean {
  return params.every(([name]) => name === 'timeout');
}

/** Throws `bad_data`. */
export function timeoutOf(text: string): number {
  if (text === '') return TIMEOUT_DEFAULT_MS;
  const ms = readingParameter('timeout', () => parseGoDuration(text)) / NS_PER_MS;
  if (ms < 0 || ms > WAIT_MAX_MS)
    throw invalidParameter('timeout', `it is not from 0s to ${WAIT_MAX_MS / 1000}s`);
  return ms;
}

/** Over everything there is, where the language asks for a range. */
function questionOf(
  language: 'promql' | 'logql' | 'traceql',
  query: string,
  time: string,
): Pick<WaitQuestion, 'service' | 'params' | 'signal'> {
  const moment: [string, string][] = time === '' ? [] : [['time', time]];
  if (language === 'promql')
    return { service: 'prometheus.query', params: [['query', query], ...moment], signal: 'metrics' };
  const limit: [string, string] = ['limit', String(RESULTS_MAX)];
  if (language === 'traceql')
    return { service: 'tempo.search', params: [['q', query], limit], signal: 'traces' };
  if (!asksForLines(query))
    return { service: 'loki.query', params: [['query', query], ...moment], signal: 'logs' };
  const range: [string, string][] = [
    ['start', '0'],
    ['end', LAST_NS],
  ];
  return { service: 'loki.query_range', params: [['query', query], ...range, limit], signal: 'logs' };
}

/** Behind comments and parentheses a log query begins with its selector, and a metric query never with one. */
function asksForLines(logql: string): boolean {
  return /^(?:\s|\(|#[^\n]*(?:\n|$))*\{/.test(logql);
}
