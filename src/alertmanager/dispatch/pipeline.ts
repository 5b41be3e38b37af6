/**
 * What a look at a group goes through, in the original's order:
 *
 *   inhibition ─▶ active times ─▶ mute times ─▶ silences ─▶ for each integration: is there news? ─▶ deliver ─▶ write down
 *
 * What is kept silent counts as dealt with: an alert that ends while it is silenced is never told of.
 */

import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { inSlices } from '../../base/slices.ts';
import type { Labels } from '../../model/labels.ts';
import type { Inhibitor } from '../inhibitor.ts';
import type { Integration, Notification, NotificationReason, NotifyError } from '../notify/integration.ts';
import type { NotifyCounters, SuppressionReason } from '../notify-counters.ts';
import type { Policy } from '../policy.ts';
import type { Route } from '../route-tree.ts';
import type { Silencer } from '../silencer.ts';
import { deliver } from './delivery.ts';
import { type LookedAt, sift } from './group-look.ts';
import { ALERTS_SHOWN_MAX, type NotificationHistory } from './notification-history.ts';
import { type GroupState, logKey, type NotificationLog } from './notification-log.ts';

export interface PipelineParts {
  readonly policy: Policy;
  readonly inhibitor: Inhibitor;
  /** Resolves when the inhibitor has all alerts. */
  readonly ready: Promise<void>;
  readonly silencer: Silencer;
  readonly notified: NotificationLog;
  readonly history: NotificationHistory;
  /** Of the tenant, by key of the log: what is under way, also for a configuration that is no longer in force. */
  readonly underWay: Map<string, Promise<void>>;
  readonly counters: NotifyCounters;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** A group that is looked at. */
export interface GroupTurn {
  readonly route: Route;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly nowMs: number;
  /** Up when it is looked at next. */
  readonly deadline: AbortSignal;
}

export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #ending = new AbortController();

  constructor(parts: PipelineParts) {
    this.#parts = parts;
  }

  /** No further attempt begins; what is under way may end. */
  end(): void {
    this.#ending.abort();
  }

  /** False where somebody is to be told and was not. */
  async run(turn: GroupTurn, looked: readonly LookedAt[]): Promise<boolean> {
    const left = await this.#during(this.#sift(turn, looked));
    if (left.length === 0) return true;
    const integrations = this.#parts.policy.integrations(turn.route.receiver);
    const done = await Promise.all(integrations.map((integration) => this.#tell(integration, turn, left)));
    return !done.includes(false);
  }

  #during<T>(work: Promise<T>): Promise<T> {
    this.#parts.clock.during?.(work);
    return work;
  }

  async #sift(turn: GroupTurn, looked: readonly LookedAt[]): Promise<readonly LookedAt[]> {
    const { policy, inhibitor, ready, silencer, history } = this.#parts;
    await ready;
    const { route, nowMs } = turn;
    const reasons = new Set<SuppressionReason>();
    const note = (by: SuppressionReason, alerts: number, names: readonly string[]) => {
      if (alerts === 0) return;
      reasons.add(by);
      this.#muted(turn, by, alerts, names);
    };
    const inhibited = await inSlices(
      sift(looked, ({ alert }) => {
        const found = inhibitor.inhibition(alert.labels, nowMs);
        return found ? [found.fingerprint] : [];
      }),
    );
    note('inhibition', inhibited.mutedCount, inhibited.by);
    let left = inhibited.left;
    const mute = left.length > 0 ? policy.mute(route, nowMs) : undefined;
    if (mute) {
      note(mute.kind, left.length, mute.intervals);
      left = [];
    } else if (left.length > 0) {
      const silenced = await inSlices(sift(left, ({ kept }) => silencer.silencedBy(kept, nowMs)));
      note('silence', silenced.mutedCount, silenced.by);
      left = silenced.left;
    }
    history.unmuted(route.receiver, turn.groupKey, reasons);
    return left;
  }

  #muted(turn: GroupTurn, by: SuppressionReason, alerts: number, names: readonly string[]): void {
    const { counters, history } = this.#parts;
    const { groupKey, groupLabels, nowMs } = turn;
    counters.suppressed(by, alerts);
    history.muted({ receiver: turn.route.receiver, groupKey, groupLabels, by, alerts, names, atMs: nowMs });
  }

  /** One integration after the other for one key: the second finds what the first has told. */
  async #tell(integration: Integration, turn: GroupTurn, looked: readonly LookedAt[]): Promise<boolean> {
    const { underWay } = this.#parts;
    const key = logKey(turn.groupKey, turn.route.receiver, integration);
    while (underWay.has(key)) await underWay.get(key);
    const told = this.#tellOnce(key, integration, turn, looked);
    const settled = told.then(
      () => {},
      () => {},
    );
    underWay.set(key, settled);
    try {
      return await told;
    } finally {
      if (underWay.get(key) === settled) underWay.delete(key);
    }
  }

  async #tellOnce(
    key: string,
    integration: Integration,
    turn: GroupTurn,
    looked: readonly LookedAt[],
  ): Promise<boolean> {
    const { notified, counters, clock } = this.#parts;
    const { repeatIntervalMs } = turn.route.timing;
    const state = stateOf(looked);
    const reason = notified.reason(key, state, integration.sendsResolved, repeatIntervalMs, turn.nowMs);
    if (reason === undefined) return true;
    counters.begun(integration.name);
    // Who wants to know of firing alerts alone is told nothing of those that are over, but the log is.
    const sent = integration.sendsResolved ? looked : looked.filter(({ told }) => told.status === 'firing');
    if (sent.length > 0) {
      await this.#write(notified.begin(key, state));
      if (!(await this.#deliver(integration, turn, sent, reason))) {
        await this.#write(notified.undo(key));
        return false;
      }
    }
    await this.#write(notified.put(key, state, repeatIntervalMs, clock.now()));
    return true;
  }

  /** Who is to be told is told, also where it cannot be written down. */
  #write(work: Promise<void>): Promise<void> {
    return this.#during(
      work.catch((error) => this.#parts.log.error('what was told is not written down', { error })),
    );
  }

  async #deliver(
    integration: Integration,
    turn: GroupTurn,
    sent: readonly LookedAt[],
    reason: NotificationReason,
  ): Promise<boolean> {
    const { history, counters, clock, log } = this.#parts;
    const notification = notificationOf(turn, sent, reason);
    const { receiver, groupKey } = notification;
    const firing = sent.filter(({ told }) => told.status === 'firing').length;
    const name = `${integration.name}[${integration.index}]`;
    const entry = history.begin({
      ...{ receiver, integration: name, groupKey, groupLabels: turn.groupLabels, reason, firing },
      resolved: sent.length - firing,
      alerts: notification.alerts.slice(0, ALERTS_SHOWN_MAX),
      beganMs: turn.nowMs,
    });
    let lastMessage = '';
    try {
      const { deadline } = turn;
      const ending = this.#ending.signal;
      const tries = await deliver(integration, notification, this.#parts, deadline, ending, (n, error) => {
        history.failing(entry, n, error.message);
        // The same again is no news.
        if (error.message === lastMessage) return;
        lastMessage = error.message;
        log.warn('a notification was not delivered and is tried again', {
          ...{ receiver, integration: name, group: groupKey, tries: n, error },
        });
      });
      history.delivered(entry, tries, clock.now());
      return true;
    } catch (error) {
      const { message, reason: why } = error as NotifyError;
      history.failed(entry, message, clock.now());
      counters.failed(integration.name, why);
      if (!this.#ending.signal.aborted) {
        log.error('a notification was not delivered', {
          receiver,
          integration: name,
          group: groupKey,
          error,
        });
      }
      return false;
    }
  }
}

function stateOf(looked: readonly LookedAt[]): GroupState {
  const of = (status: string) =>
    looked.filter(({ told }) => told.status === status).map(({ kept }) => kept.fingerprint);
  return { firing: of('firing'), resolved: of('resolved') };
}

function notificationOf(
  { route, groupKey, groupLabels, nowMs }: GroupTurn,
  sent: readonly LookedAt[],
  reason: NotificationReason,
): Notification {
  return {
    receiver: route.receiver,
    groupKey,
    groupLabels,
    routeLabels: route.labels,
    routeId: route.id,
    alerts: sent.map(({ told }) => told),
    reason,
    nowMs,
  };
}
