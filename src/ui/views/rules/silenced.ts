/** Which alert of a rule an alert of Alertmanager is: it has the same labels, and the external ones besides. */

import type { Labels } from '../../../model/correlate/labels.ts';

export interface SilencedAlert {
  readonly labels: Labels;
  readonly status: { readonly silencedBy: readonly string[] };
}

/** Ids of silences; none where the alert is not silenced. */
export function silenceOf(labels: Labels, alerts: readonly SilencedAlert[]): readonly string[] {
  const own = Object.entries(labels);
  const found = alerts.filter((alert) => own.every(([name, value]) => alert.labels[name] === value));
  // Of several the one with the fewest labels more is it.
  const nearest = found.sort((a, b) => Object.keys(a.labels).length - Object.keys(b.labels).length)[0];
  return nearest?.status.silencedBy ?? [];
}
