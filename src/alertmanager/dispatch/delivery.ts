/**
 * One notification on its way by one integration: tried, and tried again with growing pauses where that may help, until it is
 * delivered, refused for good, or the time for it is up. What is under way for a group goes on when another configuration comes,
 * and the next one for the same group waits for it, so that nothing is told twice.
 */

import type { Clock } from '../../base/clock.ts';
import {
  type FailureReason,
  type Integration,
  type Notification,
  NotifyError,
} from '../notify/integration.ts';
import type { NotifyCounters } from '../notify-counters.ts';

/** Pauses between attempts: the original's. Half as long to half as long again by chance, so that many do not come at once. */
const PAUSE_FIRST_MS = 500;
const PAUSE_GROWTH = 1.5;
const PAUSE_MAX_MS = 60_000;
const PAUSE_SPREAD = 0.5;

export interface DeliveryParts {
  readonly clock: Clock;
  readonly counters: NotifyCounters;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Told of every attempt that failed and may be repeated. */
export type OnAttempt = (tries: number, error: NotifyError) => void;

/**
 * Resolves with the number of attempts when it is delivered. Rejects with `NotifyError` where it is not: `mayRetry` says whether time
 * was all that lacked. `deadline` is up when the group is looked at next, `ending` when no further attempt is to begin.
 */
export async function deliver(
  integration: Integration,
  notification: Notification,
  { clock, counters, random }: DeliveryParts,
  deadline: AbortSignal,
  ending: AbortSignal,
  onAttempt: OnAttempt,
): Promise<number> {
  let pauseMs = PAUSE_FIRST_MS;
  let last: NotifyError | undefined;
  for (let tries = 0; ; ) {
    if (deadline.aborted || ending.aborted) {
      const reason: FailureReason = ending.aborted ? 'contextCanceled' : 'contextDeadlineExceeded';
      throw givenUp(tries, last ?? new NotifyError('there was no time for it', true, reason));
    }
    tries++;
    const startedMs = clock.elapsed();
    const attempt = integration.notify(notification, deadline).then(() => undefined, asNotifyError);
    clock.during?.(attempt);
    const error = await attempt;
    counters.attempt(integration.name, (clock.elapsed() - startedMs) / 1000, error !== undefined);
    if (error === undefined) return tries;
    if (!error.mayRetry) throw refused(tries, error);
    // The last thing that somebody said is worth more than that there was no time left for it.
    if (!deadline.aborted || !last) last = error;
    onAttempt(tries, error);
    await pause(clock, pauseMs * (1 - PAUSE_SPREAD + 2 * PAUSE_SPREAD * random()), [deadline, ending]);
    pauseMs = Math.min(PAUSE_MAX_MS, pauseMs * PAUSE_GROWTH);
  }
}

function asNotifyError(error: unknown): NotifyError {
  if (error instanceof NotifyError) return error;
  return new NotifyError(error instanceof Error ? error.message : String(error), true, 'other', error);
}

function refused(tries: number, error: NotifyError): NotifyError {
  const message = `refused for good at attempt ${tries}: ${error.message}`;
  return new NotifyError(message, false, error.reason, error);
}

function givenUp(tries: number, error: NotifyError): NotifyError {
  return new NotifyError(`given up after ${tries} attempts: ${error.message}`, true, error.reason, error);
}

/** Resolves when it is over, or one of the signals has come. */
function pause(clock: Clock, ms: number, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      timer.cancel();
      for (const signal of signals) signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(ms, end);
    for (const signal of signals) signal.addEventListener('abort', end);
    if (signals.some(({ aborted }) => aborted)) end();
  });
}
