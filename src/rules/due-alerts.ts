/**
 * Which of a rule's alerts are due to be told of after an evaluation, and who is told. A firing one is due at once and again
 * whenever the resend delay has passed; one that was resolved at once, and again after each delay for as long as it is kept. A
 * pending one is nobody's business.
 */

import type { Labels } from '../model/labels.ts';
import type { Alert, AlertStates } from './alert-states.ts';
import type { RuleLanguageName } from './rule-group.ts';

/**
 * What is told of a firing alert holds for so many delays (or intervals of the group, where those are longer): two that
 * go astray in a row do not end it.
 */
const VALID_DELAYS = 4;
/** Alerts that are looked at between two looks at the clock. */
const PER_STEP = 128;

/** An alert as it was when it became due. */
export interface DueAlert {
  readonly labels: Labels;
  /** Canonical bytes of the annotations. */
  readonly annotations: Uint8Array;
  readonly firedAtMs: number;
  /** When it was resolved, or until when a firing one is to be believed. */
  readonly endsAtMs: number;
}

/** The alerts of one rule that are due. */
export interface AlertReport {
  readonly language: RuleLanguageName;
  /** Whose rule it is; undefined where tenants are not told apart. */
  readonly tenant: string | undefined;
  /** The rule's expression in canonical form. */
  readonly query: string;
  /** How long a process after this one may take until a firing one fires again. */
  readonly firesAgainMs: number;
  readonly alerts: readonly DueAlert[];
}

/** Who is told of alerts. */
export interface AlertReceiver {
  /** Whether there is anybody at all; while there is not, nothing counts as told. */
  readonly listens: boolean;
  readonly resendDelayMs: number;
  /** Resolves when the alerts are on their way, which is not when they have arrived. Never rejects. */
  send(report: AlertReport): Promise<void>;
}

/** The alerts that are due at the moment, which count as told from then on. A generator, since there may be very many. */
export function* dueAlerts(
  alerts: AlertStates,
  timeMs: number,
  resendDelayMs: number,
  intervalMs: number,
): Generator<void, DueAlert[]> {
  const validUntilMs = timeMs + VALID_DELAYS * Math.max(intervalMs, resendDelayMs);
  const out: DueAlert[] = [];
  let count = 0;
  for (const alert of alerts.all()) {
    if (++count % PER_STEP === 0) yield;
    if (!isDue(alert, timeMs, resendDelayMs)) continue;
    alert.lastSentAtMs = timeMs;
    const { labels, annotations, firedAtMs, resolvedAtMs } = alert;
    out.push({ labels, annotations, firedAtMs: firedAtMs ?? timeMs, endsAtMs: resolvedAtMs ?? validUntilMs });
  }
  return out;
}

function isDue({ state, resolvedAtMs, lastSentAtMs }: Alert, timeMs: number, resendDelayMs: number): boolean {
  if (state === 'pending') return false;
  if (lastSentAtMs === undefined) return true;
  if (resolvedAtMs !== undefined && resolvedAtMs > lastSentAtMs) return true;
  return lastSentAtMs + resendDelayMs < timeMs;
}
