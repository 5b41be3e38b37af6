/**
 * Waiting for an answer: it is asked for at once, then again whenever something has arrived, and a last time when the time is
 * over, since an answer may also change with the time alone.
 *
 *   ask ─▶ holds? ─▶ done
 *    ▲        │ no
 *    └── arrival, or the deadline, which ends it
 */

import { type AnyAnswer, type CompiledExpectation, compileExpectation } from './expectation.ts';
import { expectationError } from './failure.ts';
import { durationMs } from './moments.ts';
import type { Expectation, Inventory, Query, WaitOptions } from './sink.ts';

const TIMEOUT_MS = 5000;

/** Tells when something has arrived, or the clock was moved. */
export interface Arrivals {
  /** Calls `listener` until the function that is returned is called. */
  follow(listener: () => void): () => void;
}

/** A question that may be asked again and again. */
export interface Asker {
  readonly query: Query;
  readonly arrivals: Arrivals;
  ask(): Promise<AnyAnswer | undefined>;
  inventory(): Promise<Inventory>;
}

/** Rejects as `Questions.waitFor` does. */
export async function wait(
  asker: Asker,
  expectation: Expectation<AnyAnswer> | undefined,
  { timeout = TIMEOUT_MS, signal }: WaitOptions,
): Promise<AnyAnswer | undefined> {
  const timeoutMs = durationMs(timeout);
  const compiled = compileExpectation(expectation);
  // Here, so that the test's own line is in it.
  const at = new Error();
  const watch = watchArrivals(asker.arrivals, timeoutMs, signal);
  try {
    for (;;) {
      const isLast = watch.isOver();
      const { answer, why } = await look(asker, compiled);
      if (why === undefined) return answer;
      signal?.throwIfAborted();
      if (isLast) throw await waitedInVain(asker, compiled, timeoutMs, answer, why, at);
      await watch.next();
      signal?.throwIfAborted();
    }
  } finally {
    watch.end();
  }
}

async function look(asker: Asker, { check }: CompiledExpectation) {
  const answer = await asker.ask();
  return { answer, why: await check(answer) };
}

async function waitedInVain(
  asker: Asker,
  { text }: CompiledExpectation,
  timeoutMs: number,
  answer: AnyAnswer | undefined,
  why: string,
  at: Error,
) {
  const headline = `waited ${timeoutMs} ms in vain for ${text}: ${why}`;
  return expectationError({ headline, query: asker.query, answer, inventory: await asker.inventory() }, at);
}

/** Wakes whoever waits; what comes while nobody does is not lost. */
export function watchArrivals(arrivals: Arrivals, timeoutMs: number, signal: AbortSignal | undefined) {
  let isDue = false;
  let over = false;
  let wake = () => {};
  const notice = () => {
    isDue = true;
    wake();
  };
  const timer = setTimeout(() => {
    over = true;
    notice();
  }, timeoutMs);
  const unfollow = arrivals.follow(notice);
  signal?.addEventListener('abort', notice);
  return {
    isOver: () => over,
    async next(): Promise<void> {
      if (!isDue) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      isDue = false;
    },
    end(): void {
      clearTimeout(timer);
      unfollow();
      signal?.removeEventListener('abort', notice);
    },
  };
}
