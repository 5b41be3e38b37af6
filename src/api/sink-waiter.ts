/**
 * Waits until a question's answer is what was wanted:
 *
 *   evaluate ─▶ met? ─▶ answer
 *      ▲         │ no
 *      └─ something arrived (once for all that came while it was evaluated)
 *
 * Nothing is asked again while nothing comes, and a stream of arrivals keeps a reader busy for half of the time at most: the
 * waiter rests for as long as the last evaluation took.
 */

import { utf8Decode } from '../base/bytes.ts';
import { TriliteError } from '../model/errors.ts';
import type { ServiceAnswer, ServiceRequest } from '../query/service.ts';
import type { Sink } from '../sink.ts';
import { textAnswer } from './error-answer.ts';
import { Params } from './params.ts';
import { type QueryParts, runQuery } from './run-query.ts';
import {
  asksNothing,
  readWaitQuestion,
  timeoutOf,
  type WaitQuestion,
  type WaitResult,
} from './sink-question.ts';

/** Waiters at a time. Each may have a question in the queue of readers; a suite of tests that run side by side has tens. */
export const WAITERS_MAX = 200;

interface Evaluated {
  readonly data: unknown;
  readonly isMet: boolean;
  readonly count: number;
}

export class SinkWaiters {
  readonly #arrivals: Pick<Sink, 'onArrival'>;
  readonly #queries: () => QueryParts;
  readonly #now: () => number;
  #waiting = 0;

  constructor(arrivals: Pick<Sink, 'onArrival'>, queries: () => QueryParts, now: () => number) {
    this.#arrivals = arrivals;
    this.#queries = queries;
    this.#now = now;
  }

  /** 200 where it came to what was wanted, 408 where the time is over, 409 where something came that must not. */
  async wait(request: ServiceRequest, gone = new AbortController().signal): Promise<ServiceAnswer> {
    // When others' data arrives is not a tenant's to know.
    const question = !request.tenants && asksNothing(request) ? undefined : readWaitQuestion(request);
    const timeoutMs = question?.timeoutMs ?? timeoutOf(new Params(request.params).get('timeout'));
    if (this.#waiting >= WAITERS_MAX)
      throw new TriliteError('overloaded', `too many wait already: the limit is ${WAITERS_MAX}`);
    this.#waiting++;
    try {
      return await (question ? this.#until(question, request, gone) : this.#anything(timeoutMs, gone));
    } finally {
      this.#waiting--;
    }
  }

  /** The next arrival, of whatever signal; 200 where there was none too. */
  #anything(timeoutMs: number, gone: AbortSignal): Promise<ServiceAnswer> {
    return new Promise((resolve) => {
      const done = (arrived: readonly string[]) => {
        leave();
        clearTimeout(late);
        gone.removeEventListener('abort', none);
        resolve(answered({ data: { arrived } }, arrived.length > 0));
      };
      const none = () => done([]);
      const late = setTimeout(none, timeoutMs);
      const leave = this.#arrivals.onArrival((signals) => done([...signals].sort()));
      gone.addEventListener('abort', none, { once: true });
    });
  }

  async #until(question: WaitQuestion, request: ServiceRequest, gone: AbortSignal): Promise<ServiceAnswer> {
    const arrived = new Bell();
    const leave = this.#arrivals.onArrival((signals) => {
      if (signals.has(question.signal)) arrived.ring();
    });
    const end = new AbortController();
    const late = setTimeout(() => end.abort(), question.timeoutMs);
    const over = AbortSignal.any([gone, end.signal]);
    try {
      for (;;) {
        arrived.still();
        const began = performance.now();
        const found = await this.#evaluate(question, request, gone);
        if (found.isMet) return question.absent ? unwanted(question, found) : answered(found, true);
        await arrived.next(over);
        if (!over.aborted) await rest(performance.now() - began, over);
        gone.throwIfAborted();
        if (!end.signal.aborted) continue;
        // What came at the last moment counts.
        const last = arrived.isRung ? await this.#evaluate(question, request, gone) : found;
        if (question.absent) return last.isMet ? unwanted(question, last) : answered(last, true);
        return last.isMet ? answered(last, true) : tooLate(question, last);
      }
    } finally {
      clearTimeout(late);
      leave();
    }
  }

  async #evaluate(question: WaitQuestion, request: ServiceRequest, gone: AbortSignal): Promise<Evaluated> {
    const { runner, queryTimeoutMs, limits } = this.#queries();
    // The request was counted when it came.
    const admitted = limits && { admit: () => {}, timeoutMs: limits.timeoutMs.bind(limits) };
    const asked = { ...request, params: question.params, path: {}, nowMs: this.#now() };
    const headers = { ...request.headers, accept: 'application/json' };
    const stop = new AbortController();
    const leave = () => stop.abort(gone.reason);
    gone.addEventListener('abort', leave, { once: true });
    try {
      const parts = { runner, queryTimeoutMs, limits: admitted };
      const answer = await runQuery(parts, question.service, { ...asked, headers }, stop);
      const data = dataOf(answer, await wholeText(answer));
      const result = resultOf(data);
      return { data, isMet: question.isMet(result), count: result.count };
    } finally {
      gone.removeEventListener('abort', leave);
    }
  }
}

/** Rings once for all that came since it was still. */
class Bell {
  isRung = false;
  #heard: (() => void) | undefined;

  still(): void {
    this.isRung = false;
  }

  ring(): void {
    this.isRung = true;
    this.#heard?.();
  }

  /** Resolves when it has rung, or when the time is over. */
  next(over: AbortSignal): Promise<void> {
    if (this.isRung || over.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#heard = undefined;
        over.removeEventListener('abort', done);
        resolve();
      };
      this.#heard = done;
      over.addEventListener('abort', done, { once: true });
    });
  }
}

function rest(ms: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      over.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    over.addEventListener('abort', done, { once: true });
  });
}

async function wholeText({ body, rest: pieces }: ServiceAnswer): Promise<string> {
  const all = [Buffer.from(body)];
  if (pieces) for await (const piece of pieces) all.push(Buffer.from(piece));
  return utf8Decode(Buffer.concat(all));
}

/** What the language's own API has under `data`; all of Tempo's answer. */
function dataOf({ status }: ServiceAnswer, text: string): unknown {
  if (status >= 400) throw new TriliteError(status < 500 ? 'bad_data' : 'execution', text.trim());
  const answer = JSON.parse(text) as { readonly data?: unknown; readonly traces?: unknown };
  return answer.traces === undefined && answer.data !== undefined ? answer.data : answer;
}

interface Data {
  readonly traces?: readonly unknown[];
  readonly resultType?: string;
  readonly result?: unknown;
}

type Point = readonly [time: unknown, value: string];

function resultOf(data: unknown): WaitResult {
  const { traces, resultType, result } = data as Data;
  if (resultType === undefined) return { count: traces?.length ?? 0, values: undefined };
  if (resultType === 'scalar' || resultType === 'string') {
    return { count: 1, values: [floatOf((result as Point)[1])] };
  }
  const series = result as readonly { value?: Point; values?: readonly Point[] }[];
  if (resultType !== 'streams') {
    const values = series.map(({ value, values }) => floatOf((value ?? values?.at(-1))?.[1]));
    return { count: series.length, values };
  }
  return { count: series.reduce((n, { values = [] }) => n + values.length, 0), values: undefined };
}

/** A histogram has none. */
function floatOf(text: string | undefined): number {
  if (text === undefined) return Number.NaN;
  if (text.endsWith('Inf')) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(text);
}

function answered({ data }: Pick<Evaluated, 'data'>, met: boolean): ServiceAnswer {
  return textAnswer(200, JSON.stringify({ status: 'success', met, data }), 'application/json');
}

function failed(status: number, errorType: string, error: string, data: unknown): ServiceAnswer {
  const body = { status: 'error', errorType, error, met: false, data };
  return textAnswer(status, JSON.stringify(body), 'application/json');
}

function tooLate({ timeoutMs, wanted }: WaitQuestion, { data, count }: Evaluated): ServiceAnswer {
  const error = `not met within ${timeoutMs / 1000}s: wanted ${wanted}, found ${count}`;
  return failed(408, 'timeout', error, data);
}

function unwanted({ wanted }: WaitQuestion, { data, count }: Evaluated): ServiceAnswer {
  return failed(409, 'unwanted', `met, which must not be: ${wanted}, found ${count}`, data);
}
