/** Alerts, their groups and silences as Alertmanager's API v2 shapes them. */

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
