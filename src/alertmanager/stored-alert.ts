/**
 * An alert at rest. It is written when something of it changes that somebody may be told of, not each time that it is sent again: how
 * long it is believed after a restart follows from how long it was when it was written.
 */

import { MINUTE_MS } from '../model/duration.ts';
import { Labels } from '../model/labels.ts';
import { type Alert, isResolved, RESOLVE_TIMEOUT_MS } from './alert.ts';

/** Rules may come later than the server starts: those of a cluster when it answers. */
const LATE_RULES_MS = MINUTE_MS;

/** Whether the database is to know: of one that fires what a notification shows, and of one that it knows that it is over. */
export function isWorthStoring(
  before: Alert | undefined,
  after: Alert,
  isStored: boolean,
  nowMs: number,
): boolean {
  if (isResolved(after, nowMs)) return isStored;
  if (!before || !isStored || isResolved(before, nowMs)) return true;
  return (
    before.startsAtMs !== after.startsAtMs ||
    before.generatorUrl !== after.generatorUrl ||
    before.annotations.length !== after.annotations.length ||
    before.annotations.some((text, i) => text !== after.annotations[i])
  );
}

export function printAlert({ labels, ...rest }: Alert): string {
  return JSON.stringify({ labels: labels.pairs, ...rest });
}

/**
 * What `printAlert` wrote, as of a start. Nobody could say while the server was down that an alert still fires, so one that did is
 * believed anew for as long as it was, five minutes at most, or until its rule had the time to say so: a rule with a `for` would otherwise
 * have it resolved, and fire it again, without anything having changed.
 */
export function readAlert(text: string, nowMs: number): Alert {
  const { labels, ...rest } = JSON.parse(text) as Omit<Alert, 'labels'> & {
    readonly labels: readonly string[];
  };
  const wasBelievedMs = Math.min(RESOLVE_TIMEOUT_MS, rest.endsAtMs - rest.updatedAtMs);
  const ruleMs = rest.firesAgainMs === undefined ? 0 : rest.firesAgainMs + LATE_RULES_MS;
  // One that was over stays so.
  const believedMs = wasBelievedMs > 0 ? Math.max(wasBelievedMs, ruleMs) : 0;
  const endsAtMs = believedMs > 0 ? Math.max(rest.endsAtMs, nowMs + believedMs) : rest.endsAtMs;
  return { ...rest, labels: Labels.fromSorted(labels), endsAtMs };
}
