/** Alerts, their groups and silences as Alertmanager's API v2 shapes them; routes and notifications as Trilite's own does. */

import type { Labels } from '../../model/correlate/labels.ts';

export interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual?: boolean;
}

interface Named {
  readonly name: string;
}

export interface KnownAlert {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** RFC 3339. */
  readonly startsAt: string;
  readonly generatorURL?: string;
  readonly receivers: readonly Named[];
  readonly status: {
    readonly state: 'active' | 'suppressed' | 'unprocessed';
    /** Ids of silences. */
    readonly silencedBy: readonly string[];
    /** Fingerprints of alerts. */
    readonly inhibitedBy: readonly string[];
    /** Names of time intervals. */
    readonly mutedBy: readonly string[];
  };
}

export interface AlertGroup {
  readonly labels: Labels;
  readonly receiver: Named;
  readonly alerts: readonly KnownAlert[];
}

/** A silence as it is asked for. */
export interface PostedSilence {
  /** Of the one that is changed. */
  readonly id?: string;
  readonly matchers: readonly Matcher[];
  /** RFC 3339, both. */
  readonly startsAt: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
}

export interface Silence extends PostedSilence {
  readonly id: string;
  readonly status: { readonly state: 'active' | 'pending' | 'expired' };
}

/** What becomes of an alert at a route: it rests there, a child takes it, or why it does not come there. */
export type Verdict = 'taken' | 'through' | 'unmatched' | 'shadowed' | 'unreached';

/** What is inherited is filled in. Durations are texts. */
export interface RouteNode {
  readonly id: string;
  readonly receiver: string;
  readonly matchers: readonly string[];
  readonly continue: boolean;
  /** `...` for all labels. */
  readonly groupBy: readonly string[];
  readonly groupWait: string;
  readonly groupInterval: string;
  readonly repeatInterval: string;
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  readonly verdict: Verdict;
  /** Those of its matchers that do not match. */
  readonly failing?: readonly string[];
  /** The id of the route before it that took the alert. */
  readonly by?: string;
  readonly routes: readonly RouteNode[];
}

export interface TakenRoute {
  readonly routeId: string;
  readonly receiver: string;
  readonly integrations: readonly string[];
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly groupWait: string;
  readonly groupInterval: string;
  readonly repeatInterval: string;
  readonly mutedBy: { readonly kind: string; readonly intervals: readonly string[] } | null;
}

export interface AlertWay {
  readonly notifies: boolean;
  readonly tree: RouteNode;
  readonly taken: readonly TakenRoute[];
  /** Ids of silences. */
  readonly silencedBy: readonly string[];
  readonly inhibitedBy: readonly {
    readonly rule: string;
    readonly index: number;
    readonly fingerprint: string;
  }[];
}

export type Outcome = 'sending' | 'failing' | 'delivered' | 'failed';

export interface SentNotification {
  readonly receiver: string;
  readonly integration: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly reason: string;
  /** How many alerts. */
  readonly firing: number;
  readonly resolved: number;
  readonly alerts: readonly {
    readonly fingerprint: string;
    readonly labels: Labels;
    readonly status: 'firing' | 'resolved';
  }[];
  /** RFC 3339. */
  readonly began: string;
  readonly ended: string | null;
  readonly outcome: Outcome;
  readonly tries: number;
  readonly error?: string;
}

/** One way in which a receiver is told. */
export interface IntegrationState {
  readonly name: string;
  readonly sendsResolved: boolean;
  readonly state: 'ok' | 'failing' | 'failed' | 'idle';
  readonly lastDelivered?: string | null;
  readonly error?: string;
  readonly tries?: number;
}

/** A group of which nobody was told when it was last looked at. */
export interface MutedGroup {
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly by: string;
  readonly names: readonly string[];
  /** How many. */
  readonly alerts: number;
  readonly at: string;
}

export interface NotificationReport {
  readonly notifies: boolean;
  /** Why nobody is told. */
  readonly why: string;
  readonly receivers: readonly {
    readonly name: string;
    readonly integrations: readonly IntegrationState[];
  }[];
  /** The newest first. */
  readonly notifications: readonly SentNotification[];
  readonly muted: readonly MutedGroup[];
}
