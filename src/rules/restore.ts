/**
 * Alerts over a restart: `for` goes on from where it was when the process before this one ended, so that a restart
 * neither forgets how long something has been wrong nor counts the time when nobody looked.
 */

import type { ForState } from './for-state.ts';
import type { Rule } from './rule.ts';
import type { RuleRunner } from './rule-runner.ts';

/** Of an outage that was longer nothing is restored: what was known is too old to say anything. */
const OUTAGE_MAX_MS = 60 * 60_000;
/**
 * What comes back pending does not fire before this, so that a short remainder does not fire on what an outage left
 * behind. Rules with a shorter `for` wait for that anyway and are not restored.
 */
const GRACE_MS = 10 * 60_000;

/** Moves the beginnings of the rule's alerts to where they belong. Afterwards the rule may write its alerts. */
export async function restoreAlerts(rule: Rule, runner: RuleRunner, nowMs: number): Promise<void> {
  const { alerts, definition, labels } = rule;
  try {
    if (!alerts || definition.forMs < GRACE_MS) return;
    const sought = { alert: definition.alert, labels, minMs: nowMs - OUTAGE_MAX_MS, maxMs: nowMs };
    const before = await runner.forState(sought, rule.tenants);
    for (const state of before) {
      const alert = alerts.find(state.labels);
      if (alert) alerts.move(alert, restoredMs(state, definition.forMs, nowMs));
    }
  } finally {
    rule.isRestored = true;
  }
}

/** Since when the alert is taken to have been active. */
function restoredMs(before: ForState, forMs: number, nowMs: number): number {
  const activeAtMs = before.activeAtSeconds * 1000;
  const remainingMs = forMs - (before.timestampMs - activeAtMs);
  // One that was firing fires again at the next evaluation.
  if (remainingMs <= 0) return activeAtMs;
  if (remainingMs < GRACE_MS) return nowMs + GRACE_MS - forMs;
  return activeAtMs + (nowMs - before.timestampMs);
}
