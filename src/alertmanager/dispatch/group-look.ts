/**
 * A look at a group: its alerts as they are at one moment, in the original's order, and which of them nobody is to be told of. In
 * steps, since a group may have thousands.
 */

import { slicedSort } from '../../base/sliced-sort.ts';
import { type Alert, isResolved } from '../alert.ts';
import { compareAlerts } from '../alert-order.ts';
import type { KeptAlert } from '../alert-store.ts';
import type { NotifiedAlert } from '../notify/integration.ts';

/** Alerts that are looked at between two looks at the clock. */
const PER_STEP = 32;

export interface LookedAt {
  readonly kept: KeptAlert;
  /** As it was: another one may have taken its place meanwhile. */
  readonly alert: Alert;
  readonly told: NotifiedAlert;
}

export function* lookAt(alerts: Iterable<KeptAlert>, nowMs: number): Generator<void, LookedAt[]> {
  const out: LookedAt[] = [];
  for (const kept of alerts) {
    const { alert } = kept;
    const isOver = isResolved(alert, nowMs);
    const told: NotifiedAlert = {
      status: isOver ? 'resolved' : 'firing',
      labels: alert.labels,
      annotations: alert.annotations,
      startsAtMs: alert.startsAtMs,
      endsAtMs: isOver ? alert.endsAtMs : undefined,
      generatorUrl: alert.generatorUrl,
      fingerprint: kept.fingerprint,
    };
    out.push({ kept, alert, told });
    if (out.length % PER_STEP === 0) yield;
  }
  return yield* slicedSort(out, (a, b) => compareAlerts(a.alert.labels, b.alert.labels));
}

/** What is left, and by what the others are kept silent. */
export interface Sifted {
  readonly left: readonly LookedAt[];
  readonly mutedCount: number;
  /** The first few, each once. */
  readonly by: readonly string[];
}

/** How many names of what keeps alerts silent are remembered. */
const NAMES_MAX = 10;

/** `muting` names what keeps an alert silent: nothing for one that is told of. */
export function* sift(
  looked: readonly LookedAt[],
  muting: (one: LookedAt) => readonly string[],
): Generator<void, Sifted> {
  const left: LookedAt[] = [];
  const by = new Set<string>();
  for (let i = 0; i < looked.length; i++) {
    const names = muting(looked[i]!);
    if (names.length === 0) left.push(looked[i]!);
    else if (by.size < NAMES_MAX) for (const name of names) by.add(name);
    if (i % PER_STEP === PER_STEP - 1) yield;
  }
  return { left, mutedCount: looked.length - left.length, by: [...by] };
}
