/** Alerts by route and group, in the original's order: groups by their labels and receivers, alerts by job, instance and labels. */

import { slicedSort } from '../base/sliced-sort.ts';
import { compareText, type Labels } from '../model/labels.ts';
import { compareAlerts, compareLabels } from './alert-order.ts';
import type { Route } from './route-tree.ts';
import type { ShownAlert } from './shown-alert.ts';

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

function compareShown(a: ShownAlert, b: ShownAlert): number {
  return compareAlerts(a.alert.labels, b.alert.labels);
}
