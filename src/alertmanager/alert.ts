/**
 * An alert as an Alertmanager knows it. It is resolved once `endsAtMs` has come; who sent it puts that off by sending it again.
 * One that is sent again is merged with what is known where the two overlap in time.
 */

import { TriliteError } from '../model/errors.ts';
import { quote } from '../model/go-string.ts';
import type { Labels } from '../model/labels.ts';

/** How long an alert that names no end is believed: the original's `resolve_timeout`. */
export const RESOLVE_TIMEOUT_MS = 5 * 60_000;

export interface Alert {
  readonly labels: Labels;
  /** Name 0, value 0, name 1, …, ascending by name. Unlike labels they may be empty. */
  readonly annotations: readonly string[];
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  /** '' where there is none. */
  readonly generatorUrl: string;
  /** When it came last. */
  readonly updatedAtMs: number;
  /** Whether its end is no more than that nobody has sent it for so long. */
  readonly isTimeout: boolean;
  /** Of a rule of this server: how long a process after this one may take until the rule says it again. */
  readonly firesAgainMs?: number;
}

/** An alert as it was sent; what is missing is filled in by `received`. */
export interface PostedAlert extends Omit<Alert, 'startsAtMs' | 'endsAtMs' | 'updatedAtMs' | 'isTimeout'> {
  readonly startsAtMs: number | undefined;
  readonly endsAtMs: number | undefined;
}

/** The alert with its times, as one that came now. */
export function received(posted: PostedAlert, nowMs: number, resolveTimeoutMs = RESOLVE_TIMEOUT_MS): Alert {
  const { startsAtMs, endsAtMs } = posted;
  return {
    ...posted,
    startsAtMs: startsAtMs ?? endsAtMs ?? nowMs,
    endsAtMs: endsAtMs ?? nowMs + resolveTimeoutMs,
    updatedAtMs: nowMs,
    isTimeout: endsAtMs === undefined,
  };
}

export function isResolved({ endsAtMs }: Alert, nowMs: number): boolean {
  return endsAtMs <= nowMs;
}

/** Throws `bad_data` in the original's words where it is no alert. Names may be any text but the empty one. */
export function checkAlert({ labels, annotations, startsAtMs, endsAtMs }: Alert): void {
  if (endsAtMs < startsAtMs) throw new TriliteError('bad_data', 'start time must be before end time');
  if (labels.size === 0) throw new TriliteError('bad_data', 'at least one label pair required');
  checkNames('label set', labels.pairs);
  checkNames('annotations', annotations);
}

function checkNames(what: string, pairs: readonly string[]): void {
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i] === '') throw new TriliteError('bad_data', `invalid ${what}: invalid name ${quote('')}`);
  }
}

/** What is known of an alert once `next` has come for it. */
export function merged(known: Alert, next: Alert, nowMs: number): Alert {
  const endsWithin = next.endsAtMs > known.startsAtMs && next.endsAtMs < known.endsAtMs;
  const startsWithin = next.startsAtMs > known.startsAtMs && next.startsAtMs < known.endsAtMs;
  return endsWithin || startsWithin ? join(known, next, nowMs) : next;
}

/** One alert of two that overlap: the younger one, with the earlier start. */
function join(a: Alert, b: Alert, nowMs: number): Alert {
  if (b.updatedAtMs < a.updatedAtMs) return join(b, a, nowMs);
  const startsAtMs = Math.min(a.startsAtMs, b.startsAtMs);
  const older = isResolved(b, nowMs)
    ? // Both are over: the later end that was told counts.
      isResolved(a, nowMs)
    : // An end that somebody named outlasts one that is a mere timeout.
      !a.isTimeout;
  return { ...b, startsAtMs, endsAtMs: older ? Math.max(a.endsAtMs, b.endsAtMs) : b.endsAtMs };
}
