/**
 * When to ask again. A query that found too little is asked again when something arrived, not before: in the same process the engine
 * tells of it, over HTTP a request waits for it. Servers that have neither are asked ever less often.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client/client.ts';
import { TriliteError } from '../model/errors.ts';

export interface Arrivals {
  /** Resolves when something may have arrived since the last call for it, or after `maxMs`. */
  next(maxMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Time itself changes what a query finds (a window moves on): however quiet it is, it is asked this often. */
const QUIET_MS = 1000;
/** What arrives comes in bursts: they are waited out, so that one query sees all of it. */
const BURST_MS = 20;
/** Without word of arrivals. */
const FIRST_POLL_MS = 50;
const POLL_MAX_MS = 1000;

/** `subscribe` calls its listener on arrivals, and returns how to end that. */
export class ToldArrivals implements Arrivals {
  readonly #unsubscribe: () => void;
  /** Something came since the last `next`: perhaps while the query ran, which then did not see it. */
  #hasArrived = false;
  #wake = () => {};

  constructor(subscribe: (listener: () => void) => () => void) {
    this.#unsubscribe = subscribe(() => {
      this.#hasArrived = true;
      this.#wake();
    });
  }

  async next(maxMs: number, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    const arrived = new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#hasArrived) resolve();
    });
    await Promise.race([arrived, quiet(Math.min(maxMs, QUIET_MS), either)]);
    ended.abort();
    await quiet(Math.min(maxMs, BURST_MS), signal);
    this.#hasArrived = false;
  }

  close(): void {
    this.#unsubscribe();
  }
}

export class PolledArrivals implements Arrivals {
  #delayMs = FIRST_POLL_MS;

  async next(maxMs: number, signal: AbortSignal): Promise<void> {
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(POLL_MAX_MS, delayMs * 1.5);
    await quiet(Math.min(maxMs, delayMs), signal);
  }

  close(): void {}
}

const WAIT_PATH = '/api/v1/trilite/wait';

/** Asks the server to answer when something arrives; where it knows no such request, polls. */
export class ServerArrivals implements Arrivals {
  readonly #client: Client;
  readonly #polled = new PolledArrivals();
  #isPolled = false;

  constructor(client: Client) {
    this.#client = client;
  }

  async next(maxMs: number, signal: AbortSignal): Promise<void> {
    if (this.#isPolled) return this.#polled.next(maxMs, signal);
    const timeoutMs = Math.max(1, Math.round(Math.min(maxMs, QUIET_MS)));
    try {
      await this.#client.json<unknown>({
        path: WAIT_PATH,
        params: [['timeout', `${timeoutMs}ms`]],
        signal,
      });
      await quiet(Math.min(maxMs, BURST_MS), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TriliteError)) throw error;
      this.#isPolled = true;
      await this.#polled.next(maxMs, signal);
    }
  }

  close(): void {}
}

async function quiet(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
