/**
 * What a configuration of Alertmanager's says of where alerts go, as plain data: routes, inhibition and time intervals. How receivers are
 * told is theirs to say; here they are names. Durations are milliseconds.
 */

import type { MatcherText } from './silence.ts';
import type { TimeInterval } from './time-interval.ts';

export interface RouteConfig {
  /** '' is the parent's. */
  readonly receiver: string;
  /** Names, or `...` for all; undefined is the parent's. */
  readonly groupBy: readonly string[] | 'all' | undefined;
  /** In the original's order: by name, value and type. */
  readonly matchers: readonly MatcherText[];
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  readonly continue: boolean;
  /** Undefined is the parent's. */
  readonly groupWaitMs: number | undefined;
  readonly groupIntervalMs: number | undefined;
  readonly repeatIntervalMs: number | undefined;
  /** Of its own, beside those of the parent; values may be templates. */
  readonly labels: Readonly<Record<string, string>>;
  readonly routes: readonly RouteConfig[];
}

export interface InhibitRuleConfig {
  /** '' where it has none. */
  readonly name: string;
  readonly sourceMatchers: readonly MatcherText[];
  readonly targetMatchers: readonly MatcherText[];
  readonly equal: readonly string[];
}

export interface NamedTimeIntervals {
  readonly name: string;
  readonly intervals: readonly TimeInterval[];
}

/** What the receivers are called, and what they may be chosen by. */
export interface NamedReceiver {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface RoutingConfig {
  /** How long an alert that names no end is believed. */
  readonly resolveTimeoutMs: number;
  readonly route: RouteConfig;
  readonly inhibitRules: readonly InhibitRuleConfig[];
  readonly timeIntervals: readonly NamedTimeIntervals[];
  readonly receivers: readonly NamedReceiver[];
}

/** A route that says nothing but whom it tells. */
export function plainRoute(receiver: string): RouteConfig {
  return {
    receiver,
    groupBy: undefined,
    matchers: [],
    muteTimeIntervals: [],
    activeTimeIntervals: [],
    continue: false,
    groupWaitMs: undefined,
    groupIntervalMs: undefined,
    repeatIntervalMs: undefined,
    labels: {},
    routes: [],
  };
}
