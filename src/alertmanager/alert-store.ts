/**
 * Alerts by fingerprint, in memory. One that is over stays until the next sweep, so that what comes late for it is merged.
 */

import { type Alert, isResolved, merged } from './alert.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Silence } from './silence.ts';

/** Alerts of all tenants: twice what a Prometheus queues. More is a rule gone wrong, and nobody reads a list of that length. */
export const ALERTS_MAX = 20_000;
/** What their texts may take, in UTF-16 units: long annotations for each of them. */
export const ALERT_TEXTS_MAX = 32 * 1024 * 1024;

/** What all stores of a server share: how much there may be. */
export class AlertRoom {
  readonly #alertsMax: number;
  readonly #textsMax: number;
  #alerts = 0;
  #texts = 0;

  constructor(alertsMax = ALERTS_MAX, textsMax = ALERT_TEXTS_MAX) {
    this.#alertsMax = alertsMax;
    this.#textsMax = textsMax;
  }

  has(alerts: number, texts: number): boolean {
    return this.#alerts + alerts <= this.#alertsMax && this.#texts + texts <= this.#textsMax;
  }

  add(alerts: number, texts: number): void {
    this.#alerts += alerts;
    this.#texts += texts;
  }

  toString(): string {
    return `${this.#alertsMax} alerts, ${this.#textsMax} characters`;
  }
}

/** Silences that match an alert and are not over, as they were at a version of all silences. */
export interface MatchingSilences {
  readonly version: number;
  readonly silences: readonly Silence[];
}

export interface KeptAlert {
  readonly fingerprint: string;
  alert: Alert;
  /** Found when somebody asks. */
  matching: MatchingSilences | undefined;
  /** Whether the database has it. */
  isStored: boolean;
}

/** What came of an alert that there is room for. */
export interface PutAlert {
  readonly kept: KeptAlert;
  /** What was known of it. */
  readonly before: Alert | undefined;
}

export class AlertStore {
  readonly #room: AlertRoom;
  readonly #kept = new Map<string, KeptAlert>();

  constructor(room: AlertRoom) {
    this.#room = room;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** In no particular order. What is added meanwhile may be among them. */
  all(): IterableIterator<KeptAlert> {
    return this.#kept.values();
  }

  /** Adds it or merges it with the one of its labels; undefined where there is no room. */
  put(alert: Alert, nowMs: number): PutAlert | undefined {
    const fingerprint = fingerprintOf(alert.labels);
    const known = this.#kept.get(fingerprint);
    const next = known ? merged(known.alert, alert, nowMs) : alert;
    const growth = textsOf(next) - (known ? textsOf(known.alert) : 0);
    if (!this.#room.has(known ? 0 : 1, growth) && growth > 0) return undefined;
    this.#room.add(known ? 0 : 1, growth);
    if (known) {
      const before = known.alert;
      known.alert = next;
      return { kept: known, before };
    }
    const kept: KeptAlert = { fingerprint, alert: next, matching: undefined, isStored: false };
    this.#kept.set(fingerprint, kept);
    return { kept, before: undefined };
  }

  find(fingerprint: string): KeptAlert | undefined {
    return this.#kept.get(fingerprint);
  }

  /** Forgets all alerts. */
  clear(): void {
    for (const { alert } of this.#kept.values()) this.#room.add(-1, -textsOf(alert));
    this.#kept.clear();
  }

  /** Forgets alerts that are over, unless somebody is still to be told of them, and returns them. */
  sweep(nowMs: number, isNeeded: (kept: KeptAlert) => boolean): KeptAlert[] {
    const gone: KeptAlert[] = [];
    for (const [fingerprint, kept] of this.#kept) {
      if (!isResolved(kept.alert, nowMs) || isNeeded(kept)) continue;
      this.#kept.delete(fingerprint);
      this.#room.add(-1, -textsOf(kept.alert));
      gone.push(kept);
    }
    return gone;
  }
}

function textsOf({ labels, annotations, generatorUrl }: Alert): number {
  let sum = generatorUrl.length;
  for (const text of labels.pairs) sum += text.length;
  for (const text of annotations) sum += text.length;
  return sum;
}
