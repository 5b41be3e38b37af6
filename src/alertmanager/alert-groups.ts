/** Alerts by route and group, in the original's order: groups by their labels and receivers, alerts by job, instance and labels. */

import { slicedSort } from '../base/sliced-sort.ts';
import { compareText, type Labels } from '../model/labels.ts';
import type { Route } from './route-tree.ts';
import type { ShownAlert } from './tenant-alerts.ts';

export interface AlertGroup {
  readonly labels: Labels;
  readonly receiver: string;
  /** Of the route. */
  readonly routeLabels: Labels;
  readonly alerts: ShownAlert[];
}

export class AlertGroups {
  /** By route and labels. */
  readonly #groups = new Map<string, AlertGroup>();

  add(alert: ShownAlert, route: Route): void {
    const { receiver, labels: routeLabels } = route;
    const labels = route.groupLabels(alert.alert.labels);
    const place = `${route.id} ${receiver}`;
    const key = `${place.length}:${place}${labels.key()}`;
    let group = this.#groups.get(key);
    if (!group) this.#groups.set(key, (group = { labels, receiver, routeLabels, alerts: [] }));
    group.alerts.push(alert);
  }

  *sorted(): Generator<void, AlertGroup[]> {
    const out: AlertGroup[] = [];
    for (const group of yield* slicedSort([...this.#groups.values()], compareGroups)) {
      out.push({ ...group, alerts: yield* slicedSort(group.alerts, compareShown) });
    }
    return out;
  }
}

function compareGroups(a: AlertGroup, b: AlertGroup): number {
  return compareLabels(a.labels, b.labels) || compareText(a.receiver, b.receiver);
}

/** What alerts are sorted by first; one that has the label stands before one that has not. */
const FIRST_LABELS = ['job', 'instance'];

function compareShown(a: ShownAlert, b: ShownAlert): number {
  return compareAlerts(a.alert.labels, b.alert.labels);
}

/** The order of alerts in a group, by their labels. */
export function compareAlerts(a: Labels, b: Labels): number {
  for (const name of FIRST_LABELS) {
    const x = a.get(name);
    const y = b.get(name);
    if (x === y) continue;
    if (x === '' || y === '') return x === '' ? 1 : -1;
    return compareText(x, y);
  }
  return compareLabels(a, b);
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
