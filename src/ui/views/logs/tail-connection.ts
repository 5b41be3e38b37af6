/**
 * The WebSocket of a tail, kept up: one that breaks is made anew, later each time, and goes on where it was. The server ends
 * each after an hour. Why it refuses one a browser does not say, so the query is asked for once the ordinary way.
 */

import { ApiError } from '../../api/http.ts';
import { queryLogs, tailAddress } from '../../api/loki.ts';
import type { TailFrame } from '../../api/loki-data.ts';

const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 30_000;
/** Lines of the past to begin with. */
const BACKLOG_LINES = 100;
/** What may have come during a break. */
const MISSED_LINES = 1000;
const HOUR_NS = 3_600_000_000_000n;
const MS_NS = 1_000_000n;

export type TailState =
  | { readonly is: 'connecting' | 'open' }
  /** The connection broke; `reason` is the server's, where it gave one. */
  | { readonly is: 'waiting'; readonly reason: string }
  /** The server does not take the query. */
  | { readonly is: 'refused'; readonly error: Error };

export interface TailHooks {
  take(frame: TailFrame): void;
  changed(state: TailState): void;
  /** The moment from which on lines are wanted after a break. */
  newestNs(): string | undefined;
}

export class TailConnection {
  readonly #query: string;
  readonly #hooks: TailHooks;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = RETRY_FIRST_MS;
  #isEnded = false;

  constructor(query: string, hooks: TailHooks) {
    this.#query = query;
    this.#hooks = hooks;
    this.#open();
  }

  end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #open(): void {
    this.#hooks.changed({ is: 'connecting' });
    const newest = this.#hooks.newestNs();
    const startNs = newest === undefined ? BigInt(Date.now()) * MS_NS - HOUR_NS : BigInt(newest);
    // A stage that takes nothing off: without one the server leaves metadata out, a level and a trace id among it.
    const query = `${this.#query} | drop __tailed__`;
    const limit = newest === undefined ? BACKLOG_LINES : MISSED_LINES;
    const socket = new WebSocket(tailAddress(query, limit, startNs));
    this.#socket = socket;
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      this.#retryMs = RETRY_FIRST_MS;
      if (!this.#isEnded) this.#hooks.changed({ is: 'open' });
    };
    socket.onmessage = ({ data }) => {
      if (!this.#isEnded) this.#hooks.take(JSON.parse(data as string) as TailFrame);
    };
    socket.onclose = ({ reason }) => {
      if (this.#isEnded) return;
      if (wasOpen) this.#retry(reason);
      else this.#askWhy(reason);
    };
  }

  #retry(reason: string): void {
    this.#hooks.changed({ is: 'waiting', reason });
    this.#timer = setTimeout(() => this.#open(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MAX_MS);
  }

  async #askWhy(reason: string): Promise<void> {
    const now = BigInt(Date.now()) * MS_NS;
    const question = { query: this.#query, startNs: now - MS_NS, endNs: now, limit: 1 };
    try {
      await queryLogs({ ...question, direction: 'backward' });
    } catch (error) {
      if (this.#isEnded) return;
      const isRefused = error instanceof ApiError && error.status >= 400 && error.status < 500;
      if (isRefused) this.#hooks.changed({ is: 'refused', error });
      else this.#retry((error as Error).message);
      return;
    }
    if (!this.#isEnded) this.#retry(reason);
  }
}
