/**
 * A configuration at work: the routing tree, what is muted when, and who is told how. Another configuration makes another policy;
 * what it is applied to (alerts, silences, what was told of) outlasts it.
 */

import type { Labels } from '../model/labels.ts';
import { RESOLVE_TIMEOUT_MS } from './alert.ts';
import { type InhibitRuleConfig, plainRoute, type RoutingConfig } from './alertmanager-config.ts';
import type { Integration } from './notify/integration.ts';
import { Route } from './route-tree.ts';
import { containsTime, type TimeInterval } from './time-interval.ts';

export interface Receiver {
  readonly name: string;
  /** What it can be chosen by. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Why a route is silent at a time, by names of time intervals. */
export interface RouteMute {
  readonly kind: 'mute_time_interval' | 'active_time_interval';
  readonly intervals: readonly string[];
}

export interface PolicyParts {
  readonly config: RoutingConfig;
  /** As a configuration of Alertmanager's, without secrets. */
  readonly yaml: string;
  /** By the receiver's name; one that has none is told of nothing. */
  readonly integrations: ReadonlyMap<string, readonly Integration[]>;
}

export class Policy {
  readonly yaml: string;
  readonly receivers: readonly Receiver[];
  readonly tree: Route;
  readonly inhibitRules: readonly InhibitRuleConfig[];
  readonly resolveTimeoutMs: number;
  readonly #intervals: ReadonlyMap<string, readonly TimeInterval[]>;
  readonly #integrations: ReadonlyMap<string, readonly Integration[]>;

  constructor({ config, yaml, integrations }: PolicyParts) {
    this.yaml = yaml;
    this.receivers = config.receivers;
    this.tree = Route.tree(config.route);
    this.inhibitRules = config.inhibitRules;
    this.resolveTimeoutMs = config.resolveTimeoutMs;
    this.#intervals = new Map(config.timeIntervals.map(({ name, intervals }) => [name, intervals]));
    this.#integrations = integrations;
  }

  /** Whether anybody can be told of anything. */
  get notifies(): boolean {
    return [...this.#integrations.values()].some((list) => list.length > 0);
  }

  integrations(receiver: string): readonly Integration[] {
    return this.#integrations.get(receiver) ?? [];
  }

  /** Where an alert rests; at least one. */
  match(labels: Labels): readonly Route[] {
    return this.tree.match(labels);
  }

  /** What keeps the route silent: that none of its active times is now, or that a mute time is. */
  mute({ activeTimeIntervals, muteTimeIntervals }: Route, nowMs: number): RouteMute | undefined {
    const active = activeTimeIntervals.some((name) => this.#isIn(name, nowMs));
    if (activeTimeIntervals.length > 0 && !active) {
      return { kind: 'active_time_interval', intervals: activeTimeIntervals };
    }
    const muting = muteTimeIntervals.filter((name) => this.#isIn(name, nowMs));
    return muting.length > 0 ? { kind: 'mute_time_interval', intervals: muting } : undefined;
  }

  /** Lets connections to receivers go. Nothing is told by it any more. */
  close(): void {
    for (const integration of [...this.#integrations.values()].flat()) integration.close?.();
  }

  #isIn(name: string, nowMs: number): boolean {
    return (this.#intervals.get(name) ?? []).some((interval) => containsTime(interval, nowMs));
  }
}

/** What alerts reach that are shown and nobody is told of. */
const SHOWN_ONLY = 'shown-only';

/** Where nothing is configured: all alerts in one group that nobody is told of, as the original has it where nothing is said of grouping. */
export const SHOWN_ONLY_POLICY = new Policy({
  config: {
    resolveTimeoutMs: RESOLVE_TIMEOUT_MS,
    route: plainRoute(SHOWN_ONLY),
    inhibitRules: [],
    timeIntervals: [],
    receivers: [{ name: SHOWN_ONLY, labels: { name: SHOWN_ONLY } }],
  },
  yaml: `global:
  resolve_timeout: 5m
route:
  receiver: ${SHOWN_ONLY}
  continue: false
receivers:
- name: ${SHOWN_ONLY}
`,
  integrations: new Map(),
});
