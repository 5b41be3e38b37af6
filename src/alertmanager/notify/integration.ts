/**
 * The seam between who decides that somebody is told and how that is done. The dispatcher makes a `Notification` of a group of alerts
 * and hands it to every `Integration` of the group's receiver; it waits, tries again where that may help, and writes down what
 * was delivered. An integration knows one way to deliver, and nothing of routes, silences and time.
 */

import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Labels } from '../../model/labels.ts';

/** An alert as it is told of. */
export interface NotifiedAlert {
  /** As of the notification's moment; it does not change while that is delivered. */
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  /** Name 0, value 0, name 1, …, ascending by name; values may be empty. */
  readonly annotations: readonly string[];
  readonly startsAtMs: number;
  /** Undefined while it fires (the original writes Go's zero time). */
  readonly endsAtMs: number | undefined;
  /** '' where there is none. */
  readonly generatorUrl: string;
  /** 16 hexadecimal digits. */
  readonly fingerprint: string;
}

/** Why somebody is told, in the words that templates see as `.NotificationReason`. */
export type NotificationReason =
  | 'first notification'
  | 'new alerts added'
  | 'some alerts resolved'
  | 'all alerts resolved'
  | 'repeat interval elapsed';

/** What is told of in one notification: alerts of one group, as they were at one moment. */
export interface Notification {
  /** Its name. */
  readonly receiver: string;
  /** `{}/{severity="page"}:{alertname="X"}`. */
  readonly groupKey: string;
  readonly groupLabels: Labels;
  /** The labels that the route and those above it have, as they are written: their values may be templates. */
  readonly routeLabels: Labels;
  /** `{}/{severity="page"}/0`: unlike the group key's first half it names one route. */
  readonly routeId: string;
  /** At least one, by job, instance and then all labels. Of an integration that sends no resolved ones the firing ones alone. */
  readonly alerts: readonly NotifiedAlert[];
  readonly reason: NotificationReason;
  readonly nowMs: number;
}

/** Why nothing was delivered, as the original's metrics call it. */
export type FailureReason =
  | 'clientError'
  | 'serverError'
  | 'authError'
  | 'rateLimited'
  | 'contextCanceled'
  | 'contextDeadlineExceeded'
  | 'other';

export class NotifyError extends Error {
  /** Whether it may go well another time: what is refused for good is not tried again. */
  readonly mayRetry: boolean;
  readonly reason: FailureReason;

  /** The message is shown and logged: it names no secret. */
  constructor(message: string, mayRetry: boolean, reason: FailureReason = 'other', cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'NotifyError';
    this.mayRetry = mayRetry;
    this.reason = reason;
  }
}

/** One way to tell one receiver. */
export interface Integration {
  /** `webhook`, `slack`, `pagerduty`, `email`: what metrics and the notification log know it by, with `index`. */
  readonly name: string;
  /** Among those of its name at the receiver, from 0. */
  readonly index: number;
  readonly sendsResolved: boolean;
  /**
   * Resolves when it is delivered. Rejects with `NotifyError`; any other error counts as one that may be tried again. It is called
   * once at a time for a group, several groups may be under way at once. `signal` ends it: the time is up, or the server ends.
   */
  notify(notification: Notification, signal: AbortSignal): Promise<void>;
  /** Lets connections go that are kept open. */
  close?(): void;
  /** Connections that are kept are closed: the configuration has changed, or the server ends. */
  close?(): void;
}

export interface IntegrationParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Where this server is reached, without a slash at its end. */
  readonly externalUrl: () => string;
}

/** Makes what a receiver is told by, in the order of its configuration. */
export type MakeIntegrations<ReceiverConfig> = (
  config: ReceiverConfig,
  parts: IntegrationParts,
) => readonly Integration[];
