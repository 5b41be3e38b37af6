/**
 * What became of notifications, for people: what was delivered and what is being tried, what was not delivered and why, and which groups
 * are silent at present. In memory and bounded; what must not be forgotten is in the notification log.
 */

import type { Labels } from '../../model/labels.ts';
import type { NotificationReason } from '../notify/integration.ts';
import type { SuppressionReason } from '../notify-counters.ts';

/** Of a tenant: an hour of a bad day, and a list that can be read. */
const RECENT_MAX = 200;
/** Of a receiver, beside those among the recent ones: they matter longer. */
const FAILED_MAX = 20;
/** Receivers that are remembered as failing; a configuration has fewer. */
const RECEIVERS_MAX = 500;
/** Groups that are remembered as silent. */
const MUTED_MAX = 500;
/** Alerts that are named; there may be thousands in a group. */
export const ALERTS_SHOWN_MAX = 20;

export type Outcome = 'sending' | 'failing' | 'delivered' | 'failed';

export interface SentAlert {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly status: 'firing' | 'resolved';
}

/** A notification, as it stands. */
export interface HistoryEntry {
  readonly receiver: string;
  /** `webhook[0]` */
  readonly integration: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly reason: NotificationReason;
  readonly firing: number;
  readonly resolved: number;
  /** The first ones. */
  readonly alerts: readonly SentAlert[];
  readonly beganMs: number;
  /** Undefined while it is tried. */
  endedMs: number | undefined;
  outcome: Outcome;
  tries: number;
  /** Of the last attempt that failed; '' for none. */
  error: string;
}

/** A group of which alerts were not told of. */
export interface MutedGroup {
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly by: SuppressionReason;
  readonly alerts: number;
  /** Ids of silences, fingerprints of inhibiting alerts or names of time intervals; the first ones. */
  readonly names: readonly string[];
  readonly atMs: number;
}

export class NotificationHistory {
  /** Oldest first. */
  readonly #recent: HistoryEntry[] = [];
  readonly #failed = new Map<string, HistoryEntry[]>();
  /** By group and reason, the one that was looked at last at the end. */
  readonly #muted = new Map<string, MutedGroup>();

  begin(what: Omit<HistoryEntry, 'endedMs' | 'outcome' | 'tries' | 'error'>): HistoryEntry {
    const entry: HistoryEntry = { ...what, endedMs: undefined, outcome: 'sending', tries: 0, error: '' };
    this.#recent.push(entry);
    if (this.#recent.length > RECENT_MAX) this.#recent.shift();
    return entry;
  }

  delivered(entry: HistoryEntry, tries: number, nowMs: number): void {
    Object.assign(entry, { outcome: 'delivered', tries, endedMs: nowMs });
  }

  /** An attempt went wrong; there will be others. */
  failing(entry: HistoryEntry, tries: number, error: string): void {
    Object.assign(entry, { outcome: 'failing', tries, error });
  }

  failed(entry: HistoryEntry, error: string, nowMs: number): void {
    Object.assign(entry, { outcome: 'failed', tries: Math.max(1, entry.tries), error, endedMs: nowMs });
    const list = this.#failed.get(entry.receiver) ?? [];
    list.push(entry);
    if (list.length > FAILED_MAX) list.shift();
    this.#failed.delete(entry.receiver);
    this.#failed.set(entry.receiver, list);
    if (this.#failed.size > RECEIVERS_MAX) this.#failed.delete(this.#failed.keys().next().value!);
  }

  muted(group: MutedGroup): void {
    const key = `${group.by} ${group.receiver} ${group.groupKey}`;
    this.#muted.delete(key);
    this.#muted.set(key, group);
    if (this.#muted.size > MUTED_MAX) this.#muted.delete(this.#muted.keys().next().value!);
  }

  /** The group is gone, or nothing keeps it silent. */
  unmuted(receiver: string, groupKey: string, kept: ReadonlySet<SuppressionReason> = new Set()): void {
    if (this.#muted.size === 0) return;
    for (const by of ['silence', 'inhibition', 'mute_time_interval', 'active_time_interval'] as const) {
      if (!kept.has(by)) this.#muted.delete(`${by} ${receiver} ${groupKey}`);
    }
  }

  /** Newest first: all recent ones, and older ones that failed. */
  entries(): HistoryEntry[] {
    const all = new Set([...this.#recent, ...[...this.#failed.values()].flat()]);
    return [...all].sort((a, b) => b.beganMs - a.beganMs);
  }

  /** The one that was looked at last first. */
  mutedGroups(): MutedGroup[] {
    return [...this.#muted.values()].reverse();
  }
}
