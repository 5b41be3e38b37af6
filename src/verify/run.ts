/** Waits for all expectations at once, and tells of each as soon as it is decided. */

import type { Client } from '../client/client.ts';
import { UnreachableError } from '../client/transport.ts';
import { TriliteError } from '../model/errors.ts';
import type { Arrivals } from './arrivals.ts';
import type { Expectation, Outcome } from './expectation.ts';
import { type Bounds, boundsOf, type Found, find } from './find.ts';
import { judge } from './judge.ts';
import { nearest } from './nearest.ts';

export interface Checked {
  readonly client: Client;
  readonly arrivals: () => Arrivals;
  /** All that there is, of what nothing comes to any more: then nothing is waited for. */
  readonly whole?: Bounds;
  readonly now?: () => number;
}

/** Errors that asking again may cure; of any other the query itself is the cause. */
const PASSING_KINDS = new Set(['overloaded', 'rate_limited', 'timeout', 'internal']);

/** In the order of the expectations. Rejects with `UnreachableError` where the server is gone, and with the signal's reason. */
export function runExpectations(
  expectations: readonly Expectation[],
  checked: Checked,
  onOutcome: (outcome: Outcome) => void,
  signal: AbortSignal,
): Promise<Outcome[]> {
  return Promise.all(
    expectations.map(async (expectation) => {
      const outcome = await runExpectation(expectation, checked, signal);
      onOutcome(outcome);
      return outcome;
    }),
  );
}

async function runExpectation(
  expectation: Expectation,
  checked: Checked,
  signal: AbortSignal,
): Promise<Outcome> {
  const startedMs = performance.now();
  const tookMs = () => performance.now() - startedMs;
  const arrivals = checked.arrivals();
  const waiting: Waiting = { expectation, checked, arrivals, tookMs, signal };
  const { absentMs } = expectation;
  const failure = await (absentMs === undefined
    ? untilTrue(waiting)
    : whileAbsent(waiting, absentMs)
  ).finally(() => arrivals.close());
  return { expectation, failure, tookMs: tookMs() };
}

interface Waiting {
  readonly expectation: Expectation;
  readonly checked: Checked;
  readonly arrivals: Arrivals;
  readonly tookMs: () => number;
  readonly signal: AbortSignal;
}

async function untilTrue({
  expectation,
  checked,
  arrivals,
  tookMs,
  signal,
}: Waiting): Promise<string | undefined> {
  const { timeoutMs } = expectation;
  for (;;) {
    const asked = await ask(expectation, checked, signal);
    const failure = asked.failure ?? judge(expectation, asked.found!);
    if (failure === undefined) return undefined;
    const leftMs = timeoutMs - tookMs();
    if (asked.isFinal || leftMs <= 0 || checked.whole) {
      const near = asked.found ? await nearest(expectation, asked.found, checked, signal) : [];
      const waited = checked.whole || asked.isFinal ? '' : ` after ${secondsText(timeoutMs)}`;
      const [first, ...rest] = failure.split('\n');
      return [withWaited(first!, waited), ...rest, ...near].join('\n');
    }
    await arrivals.next(leftMs, signal);
    signal.throwIfAborted();
  }
}

async function whileAbsent(
  { expectation, checked, arrivals, tookMs, signal }: Waiting,
  absentMs: number,
): Promise<string | undefined> {
  for (;;) {
    const { found, failure, isFinal } = await ask(expectation, checked, signal);
    const leftMs = absentMs - tookMs();
    const fault = failure ?? judge(expectation, found!);
    // An answer that did not come says nothing of what is there.
    if (fault !== undefined && (isFinal || !failure || leftMs <= 0)) return fault;
    if (leftMs <= 0 || checked.whole) return undefined;
    await arrivals.next(leftMs, signal);
    signal.throwIfAborted();
  }
}

interface Asked {
  readonly found?: Found;
  readonly failure?: string;
  /** Asking again would change nothing. */
  readonly isFinal: boolean;
}

async function ask(expectation: Expectation, checked: Checked, signal: AbortSignal): Promise<Asked> {
  try {
    const nowMs = checked.now?.() ?? Date.now();
    const bounds = boundsOf(expectation.range, nowMs, checked.whole);
    return { found: await find(checked.client, expectation, bounds, signal), isFinal: false };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UnreachableError || !(error instanceof TriliteError)) throw error;
    return { failure: `the query failed: ${error.message}`, isFinal: !PASSING_KINDS.has(error.kind) };
  }
}

/** A message that goes on with a list keeps its colon at the end. */
function withWaited(line: string, waited: string): string {
  return line.endsWith(':') ? `${line.slice(0, -1)}${waited}:` : line + waited;
}

export function secondsText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
