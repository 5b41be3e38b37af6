/** Alerts by route and group, in the original's order: groups by their labels and receivers, alerts by job, instance and labels. */

import { slicedSort } from '../base/sliced-sort.ts';
import { compareText, type Labels } from '../model/labels.ts';
import type { Route } from './routing.ts';
import type { ShownAlert } from './tenant-alerts.ts';

export interface AlertGroup {
  readonly labels: Labels;
  readonly receiver: string;
  readonly alerts: ShownAlert[];
}

export class AlertGroups {
  /** By receiver and labels. */
  readonly #groups = new Map<string, AlertGroup>();

  add(alert: ShownAlert, { receiver, groupBy }: Route): void {
    const labels = alert.alert.labels.filter((name) => groupBy.includes(name));
    const key = `${receiver.length}:${receiver}${labels.key()}`;
    let group = this.#groups.get(key);
    if (!group) this.#groups.set(key, (group = { labels, receiver, alerts: [] }));
    group.alerts.push(alert);
  }

  *sorted(): Generator<void, AlertGroup[]> {
    const out: AlertGroup[] = [];
    for (const group of yield* slicedSort([...this.#groups.values()], compareGroups)) {
      out.push({ ...group, alerts: yield* slicedSort(group.alerts, compareAlerts) });
    }
    return out;
  }
}

function compareGroups(a: AlertGroup, b: AlertGroup): number {
  return compareLabels(a.labels, b.labels) || compareText(a.receiver, b.receiver);
}

/** What alerts are sorted by first; one that has the label stands before one that has not. */
const FIRST_LABELS = ['job', 'instance'];

function compareAlerts({ alert: a }: ShownAlert, { alert: b }: ShownAlert): number {
  for (const name of FIRST_LABELS) {
    const x = a.labels.get(name);
    const y = b.labels.get(name);
    if (x === y) continue;
    if (x === '' || y === '') return x === '' ? 1 : -1;
    return compareText(x, y);
  }
  return compareLabels(a.labels, b.labels);
}

/** Fewer labels first; then by the first name, of all that there are, that only one has or that differs. */
function compareLabels({ pairs: a }: Labels, { pairs: b }: Labels): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i += 2) {
    // The one that lacks the lower name comes first.
    const byName = compareText(b[i]!, a[i]!);
    if (byName !== 0) return byName;
    const byValue = compareText(a[i + 1]!, b[i + 1]!);
    if (byValue !== 0) return byValue;
  }
  return 0;
}
