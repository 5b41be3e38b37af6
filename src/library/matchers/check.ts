/**
 * One assertion about a sink, whatever framework makes it: it looks until what it asks for is there or the time is over, and
 * is woken by arrival. Of an absence it looks once, or watches for a while.
 */

import { types } from 'node:util';
import type { Duration, Query, Questions } from '../sink.ts';
import type { Signal } from './arrivals.ts';
import type { CheckOptions } from './expectations.ts';
import type { Ink } from './message.ts';

/**
 * How long is waited where nothing is said: a second less than Jest and Vitest give a test, so that it is the message that
 * fails it and not the time.
 */
const DEFAULT_TIMEOUT: Duration = 4000;

/** The sink waits for an answer; these cost next to nothing, and a look of its own is what decides. */
const WAKING: Readonly<Record<Signal, Query>> = {
  traces: { traceql: '{ trace:id = "00000000000000000000000000000001" }' },
  logs: { logql: 'vector(1)' },
  metrics: { promql: 'vector(1)' },
};

/** `Found` is what one thing is that it looks for. */
export interface Check<Found = unknown> {
  /** As the test wrote it: `toHaveSpan`. */
  readonly name: string;
  /** What has to arrive for another look to be worth it. */
  readonly signal: Signal;
  /** Whether it is there now. */
  look(): Promise<boolean>;
  /** What the last look found. */
  found(): readonly Found[];
  /** The last look found nothing: what was asked for, what there is, and what comes nearest. */
  missing(ink: Ink): Promise<string>;
  /** The last look found what must not be there. */
  present(ink: Ink): Promise<string>;
}

export interface Outcome {
  readonly pass: boolean;
  readonly message: () => string;
}

/** `pass` is what Jest and Vitest mean by it: whether it is there, also where `isNot`. */
export async function runCheck(
  sink: Questions,
  check: Check,
  options: CheckOptions,
  { isNot, ink }: { readonly isNot: boolean; readonly ink: Ink },
): Promise<Outcome> {
  const patience = isNot ? options.within : (options.timeout ?? DEFAULT_TIMEOUT);
  const isThere =
    patience === undefined || patience === 0 ? await check.look() : await lookUntil(sink, check, patience);
  if (isThere !== isNot) return { pass: isThere, message: () => '' };
  const told = isThere ? await check.present(ink) : await check.missing(ink);
  const waited = patience === undefined || patience === 0 ? '' : `  (waited ${durationText(patience)})`;
  const text = `${ink.hint(check.name, isNot)}${isNot ? '' : waited}\n\n${told}`;
  return { pass: isThere, message: () => text };
}

async function lookUntil(sink: Questions, check: Check, timeout: Duration): Promise<boolean> {
  // The sink says of an error in the expectation only that it did not hold: this one is a failure of its own.
  let failed: unknown;
  try {
    await sink.waitFor(
      WAKING[check.signal],
      async () => {
        try {
          return await check.look();
        } catch (error) {
          failed = error;
          return true;
        }
      },
      { timeout },
    );
  } catch (error) {
    if ((error as Error).name === 'ExpectationError') return false;
    throw error;
  }
  if (failed !== undefined) throw failed;
  return true;
}

function durationText(duration: Duration): string {
  if (typeof duration === 'string') return duration;
  return duration < 1000 ? `${duration} ms` : `${duration / 1000} s`;
}

/** For whoever passes something else. */
export function assertQuestions(sink: unknown, name: string): asserts sink is Questions {
  if (typeof (sink as Questions | null)?.waitFor === 'function') return;
  const actual = types.isPromise(sink) ? 'a promise: is an await missing?' : `a ${typeof sink}`;
  throw new TypeError(`${name} asks what startTrilite() or its since() gave, not ${actual}`);
}
