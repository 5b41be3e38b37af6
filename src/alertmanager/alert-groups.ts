/** Alerts by route and group, in the original's order: groups by their labels and receivers, alerts by job, instance and labels. */

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

  sorted(): AlertGroup[] {
    const groups = [...this.#groups.values()];
    groups.sort((a, b) => compareLabels(a.labels, b.labels) || compareText(a.receiver, b.receiver));
    for (const { alerts } of groups) alerts.sort(compareAlerts);
    return groups;
  }
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
function compareLabels(a: Labels, b: Labels): number {
  if (a.size !== b.size) return a.size - b.size;
  const names = [...new Set([...namesOf(a), ...namesOf(b)])].sort(compareText);
  for (const name of names) {
    const x = a.get(name);
    const y = b.get(name);
    if (x === '' || y === '') return x === '' ? -1 : 1;
    if (x !== y) return compareText(x, y);
  }
  return 0;
}

function namesOf({ pairs }: Labels): string[] {
  return pairs.filter((_, i) => i % 2 === 0);
}
