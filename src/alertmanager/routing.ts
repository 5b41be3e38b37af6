/**
 * Where alerts go. A routing answers with the routes that an alert takes, each with a receiver and the labels that make groups of
 * its alerts; who keeps alerts, groups them and prints them asks no more of it.
 */

import type { Labels } from '../model/labels.ts';

export interface Route {
  readonly receiver: string;
  /** Alerts that agree in these are a group. */
  readonly groupBy: readonly string[];
}

export interface Receiver {
  readonly name: string;
  /** What it can be chosen by. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface Routing {
  readonly receivers: readonly Receiver[];
  /** As a configuration of Alertmanager's. */
  readonly yaml: string;
  /** At least one. */
  match(labels: Labels): readonly Route[];
}

/** What alerts reach that are shown and nobody is told of. */
const SHOWN_ONLY = 'shown-only';

const ROUTES: readonly Route[] = [{ receiver: SHOWN_ONLY, groupBy: [] }];

/** All alerts in one group that nobody is told of; grouping is as in the original where nothing is said of it. */
export const ROUTE_OF_ALL: Routing = {
  receivers: [{ name: SHOWN_ONLY, labels: { name: SHOWN_ONLY } }],
  yaml: `global:
  resolve_timeout: 5m
route:
  receiver: ${SHOWN_ONLY}
  continue: false
receivers:
- name: ${SHOWN_ONLY}
`,
  match: () => ROUTES,
};
