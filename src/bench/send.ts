/**
 * Sends a slice of requests to one system: so many at a time, at a rate or as fast as it takes them, again where it
 * says "later", as a real sender does. What was refused is counted at every attempt, also where the next one succeeds.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Dispatcher } from './dispatch.ts';
import { Latencies } from './latency.ts';
import type { Transport, TransportAnswer } from './transport.ts';
import type { BenchRequest, PushWorkload } from './workload.ts';

export interface SendOptions {
  readonly concurrency: number;
  /** Items per second; Infinity for as fast as the system takes them. */
  readonly rate: number;
  readonly retry: boolean;
  /** A request that was not taken within this time is given up. */
  readonly giveUpMs: number;
}

/** Waits between attempts where the system names no time; doubled at each attempt, as Prometheus' queues do. */
const BACKOFF_MS_MIN = 30;
const BACKOFF_MS_MAX = 5000;
/** A system is gone that acknowledged nothing for this share of the time until a request is given up. */
const GONE_SHARE = 0.3;
/** So many different refusals are quoted in the report. */
const REASONS_MAX = 5;
const REASON_CHARS_MAX = 200;

/** What sending to one system has come to; adds up over all slices. */
export class SendTally {
  /** Different requests, each counted once. */
  requests = 0;
  /** Attempts that were answered with anything but 2xx, or not at all. */
  refusedRequests = 0;
  retries = 0;
  items = 0;
  acknowledgedItems = 0;
  /** Items of which the system said in the end that it does not take them. */
  refusedItems = 0;
  /** Of `refusedItems`: in requests that were answered with 2xx, such as OTLP's partial success. */
  partlyRefusedItems = 0;
  bodyBytes = 0;
  rawBytes = 0;
  newestMs = 0;
  /** Of the attempts that were acknowledged. */
  readonly latencies = new Latencies();
  readonly byLabel = new Map<string, Latencies>();
  /** The last answer by label, where the workload wants to know their sizes. */
  readonly answers = new Map<string, { readonly request: BenchRequest; readonly answer: TransportAnswer }>();
  /** Why requests were refused, and how often. */
  readonly reasons = new Map<string, number>();

  refused(reason: string): void {
    this.refusedRequests++;
    const known = this.reasons.get(reason);
    if (known !== undefined || this.reasons.size < REASONS_MAX) this.reasons.set(reason, (known ?? 0) + 1);
  }

  acknowledged(request: BenchRequest, items: number, latencyMs: number): void {
    this.acknowledgedItems += items;
    this.refusedItems += request.items - items;
    this.partlyRefusedItems += request.items - items;
    this.newestMs = Math.max(this.newestMs, request.newestMs);
    this.latencies.add(latencyMs);
    if (request.label === undefined) return;
    let own = this.byLabel.get(request.label);
    if (!own) this.byLabel.set(request.label, (own = new Latencies()));
    own.add(latencyMs);
  }
}

/** Milliseconds of a `Retry-After` header, undefined where there is none that is a number of seconds. */
function retryAfterMs(answer: TransportAnswer): number | undefined {
  const seconds = Number(answer.headers['retry-after'] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function mayRetry(status: number): boolean {
  return status === 429 || status >= 500;
}

function reasonOf(answer: TransportAnswer): string {
  const text = Buffer.from(answer.body).toString('utf8').trim().split('\n', 1)[0]!;
  return `${answer.status} ${text.slice(0, REASON_CHARS_MAX)}`.trim();
}

/** What the workload has to say about answers. */
export type AnswerRules = Pick<PushWorkload, 'accepted' | 'answerSize'>;

/** Sends requests of one workload to one system; keeps the pace between slices. */
export class Sender {
  readonly #transports: Readonly<Record<BenchRequest['transport'], Transport>>;
  readonly #rules: AnswerRules;
  readonly #options: SendOptions;
  readonly tally = new SendTally();
  #acknowledgedAt = 0;
  #gone = false;

  constructor(
    rules: AnswerRules,
    transports: Readonly<Record<BenchRequest['transport'], Transport>>,
    options: SendOptions,
  ) {
    this.#rules = rules;
    this.#transports = transports;
    this.#options = options;
  }

  /** A request was given up, and none was acknowledged while it was tried: nothing more is sent. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Resolves with the milliseconds it took until the last answer. Stops early when `signal` aborts. */
  async send(requests: readonly BenchRequest[], signal: AbortSignal): Promise<number> {
    const began = performance.now();
    const dueAt = this.#dueTimes(requests, began);
    const deliver = async (index: number) => {
      const due = dueAt?.[index];
      const early = due === undefined ? 0 : due - performance.now();
      if (early > 1) await sleep(early);
      // With a rate, latency counts from when the request was due: a stalled system must not slow the clock.
      await this.#deliver(requests[index]!, due, signal);
    };
    await new Dispatcher(requests, this.#options.concurrency, deliver, signal).run();
    return performance.now() - began;
  }

  /** When each request is due, by the rate; undefined without one. */
  #dueTimes(requests: readonly BenchRequest[], began: number): Float64Array | undefined {
    const perMs = this.#options.rate / 1000;
    if (!Number.isFinite(perMs)) return undefined;
    let items = 0;
    return Float64Array.from(requests, (request) => {
      const due = began + items / perMs;
      items += request.items;
      return due;
    });
  }

  async #deliver(request: BenchRequest, dueAt: number | undefined, signal: AbortSignal): Promise<void> {
    const { tally } = this;
    tally.requests++;
    tally.items += request.items;
    if (this.#gone) {
      tally.refusedItems += request.items;
      return;
    }
    tally.bodyBytes += request.body.length;
    tally.rawBytes += request.rawBytes ?? 0;
    const first = performance.now();
    for (let attempt = 0; ; attempt++) {
      const sentAt = performance.now();
      const wait = await this.#attempt(request, attempt === 0 ? (dueAt ?? sentAt) : sentAt);
      if (wait === 'acknowledged') {
        this.#acknowledgedAt = performance.now();
        return;
      }
      const backoff = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** attempt);
      const waitMs = wait === 'never' ? Number.POSITIVE_INFINITY : (wait ?? backoff);
      const over = performance.now() + waitMs - first > this.#options.giveUpMs;
      if (!this.#options.retry || over || this.#gone || signal.aborted) {
        const tried = this.#options.retry && wait !== 'never' && !signal.aborted;
        // One that asks for a long pause is given up at once: that alone does not mean that it is gone.
        const silentMs = performance.now() - Math.max(first, this.#acknowledgedAt);
        this.#gone ||= tried && silentMs > this.#options.giveUpMs * GONE_SHARE;
        tally.refusedItems += request.items;
        return;
      }
      tally.retries++;
      await sleep(waitMs);
    }
  }

  /** One attempt: done, not to be tried again, or after how many milliseconds (undefined: the system did not say). */
  async #attempt(
    request: BenchRequest,
    fromMs: number,
  ): Promise<'acknowledged' | 'never' | number | undefined> {
    const { tally } = this;
    let answer: TransportAnswer;
    try {
      answer = await this.#transports[request.transport].send(request);
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      tally.refused(message || code || 'no answer');
      return undefined;
    }
    if (answer.status >= 200 && answer.status < 300) {
      const items = this.#rules.accepted?.(answer, request) ?? request.items;
      tally.acknowledged(request, items, performance.now() - fromMs);
      if (request.label !== undefined && this.#rules.answerSize) {
        tally.answers.set(request.label, { request, answer });
      }
      return 'acknowledged';
    }
    tally.refused(reasonOf(answer));
    return mayRetry(answer.status) ? retryAfterMs(answer) : 'never';
  }
}
