/**
 * How rules reach the reader threads: a bounded number at a time, each with a deadline of its own, so that users' queries
 * never wait behind more than these.
 */

import { utf8Encode } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { TriliteError } from '../model/errors.ts';
import type { ServiceAnswer, ServiceRunner } from '../query/service.ts';
import { decodeForState, type ForState, type ForStateQuery } from './for-state.ts';
import type { EvaluationRequest } from './reader-services.ts';
import { decodeResult, type RuleResult } from './rule-result.ts';

export interface RuleRunnerOptions {
  readonly runner: ServiceRunner;
  readonly clock: Clock;
  /** Jobs of rules that may be with the readers, running or waiting. */
  readonly concurrency: number;
  /** Of one job, from when it is handed to the readers. */
  readonly timeoutMs: number;
}

export class RuleRunner {
  readonly #options: RuleRunnerOptions;
  readonly #waiting: (() => void)[] = [];
  readonly #controllers = new Set<AbortController>();
  #running = 0;
  #isStopped = false;

  constructor(options: RuleRunnerOptions) {
    this.#options = options;
  }

  /** Rejects with what the query failed with; `timeout` where it took too long. `tenants`: whose data it sees, or all. */
  async evaluate(
    kind: 'record' | 'alert',
    request: EvaluationRequest,
    tenants?: readonly string[],
  ): Promise<RuleResult> {
    return decodeResult((await this.#run(`rules.${kind}`, request, request.query, tenants)).body);
  }

  async forState(request: ForStateQuery, tenants?: readonly string[]): Promise<ForState[]> {
    return decodeForState((await this.#run('rules.for_state', request, request.alert, tenants)).body);
  }

  async #run(
    service: string,
    body: object,
    query: string,
    tenants: readonly string[] | undefined,
  ): Promise<ServiceAnswer> {
    await this.#turn();
    const { runner, clock, timeoutMs } = this.#options;
    const controller = new AbortController();
    this.#controllers.add(controller);
    const late = new TriliteError('timeout', 'the rule took too long to evaluate');
    const timer = clock.after(timeoutMs, () => controller.abort(late));
    const request = {
      // For the log of slow queries.
      params: [['query', query]] as const,
      path: {},
      headers: {},
      tenants,
      nowMs: clock.now(),
      body: utf8Encode(JSON.stringify(body)),
    };
    try {
      if (this.#isStopped) throw new TriliteError('canceled', 'the server is stopping');
      const { signal } = controller;
      return await Promise.race([runner.run(service, request, signal), this.#stopped(signal)]);
    } catch (error) {
      throw controller.signal.aborted ? controller.signal.reason : error;
    } finally {
      timer.cancel();
      this.#controllers.delete(controller);
      // The place goes to whoever waits, so that nobody slips in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  /** Rejects when the server stops: a reader may take its time to notice, for which nobody waits then. */
  #stopped(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => this.#isStopped && reject(signal.reason), { once: true });
    });
  }

  async #turn(): Promise<void> {
    if (this.#running < this.#options.concurrency) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Breaks off what runs; what waits fails. */
  stop(): void {
    this.#isStopped = true;
    const why = new TriliteError('canceled', 'the server is stopping');
    for (const controller of this.#controllers) controller.abort(why);
  }
}
