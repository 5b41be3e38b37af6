/**
 * Alerts over a restart: `for` goes on from where it was when the process before this one ended, so that a restart
 * neither forgets how long something has been wrong nor counts the time when nobody looked.
 */

import type { ForState } from './for-state.ts';
import type { Rule } from './rule.ts';
import type { RuleRunner } from './rule-runner.ts';
import type { AlertSettings } from './rule-settings.ts';

/** After so many evaluations what an earlier process knew is looked for: queries may need what the first of them writes. */
export const EVALUATIONS_UNTIL_RESTORED = 2;

/**
 * How long a new process may take, from the first look at a rule's group, until an alert fires again that was firing in this one: until
 * it is restored and evaluated once more, or, where that is not done, until `for` is over.
 */
export function firesAgainMs(forMs: number, intervalMs: number, { gracePeriodMs }: AlertSettings): number {
  return (EVALUATIONS_UNTIL_RESTORED + 1) * intervalMs + (forMs < gracePeriodMs ? forMs : 0);
}

/** Moves the beginnings of the rule's alerts to where they belong. Afterwards the rule may write its alerts. */
export async function restoreAlerts(
  rule: Rule,
  runner: RuleRunner,
  settings: AlertSettings,
  nowMs: number,
): Promise<void> {
  const { alerts, definition, labels } = rule;
  try {
    if (!alerts || definition.forMs < settings.gracePeriodMs) return;
    const sought = {
      alert: definition.alert,
      labels,
      minMs: nowMs - settings.outageToleranceMs,
      maxMs: nowMs,
    };
    const before = await runner.forState(sought, rule.tenants);
    for (const state of before) {
      const alert = alerts.find(state.labels);
      if (alert) alerts.move(alert, restoredMs(state, definition.forMs, settings.gracePeriodMs, nowMs));
    }
  } finally {
    rule.isRestored = true;
  }
}

/** Since when the alert is taken to have been active. Times of before are whole seconds. */
function restoredMs(before: ForState, forMs: number, graceMs: number, nowMs: number): number {
  const activeAtMs = before.activeAtSeconds * 1000;
  const downAtMs = Math.floor(before.timestampMs / 1000) * 1000;
  const remainingMs = forMs - (downAtMs - activeAtMs);
  // One that was firing fires again at the next evaluation.
  if (remainingMs <= 0) return activeAtMs;
  if (remainingMs < graceMs) return nowMs + graceMs - forMs;
  return activeAtMs + (nowMs - downAtMs);
}
