/** Which ways to tell a receiver do not work at present, by what became of the latest notifications. */

import type { HistoryEntry } from './dispatch/notification-history.ts';

export interface FailingReceiver {
  readonly receiver: string;
  /** `webhook[0]` */
  readonly integration: string;
  /** Of the latest attempt. */
  readonly error: string;
  /** When the first notification began that was not delivered, of those since the last one that was. */
  readonly sinceMs: number;
  /** How many were not, of those that are remembered. */
  readonly notifications: number;
}

/** `entries` newest first. */
export function failingReceivers(entries: readonly HistoryEntry[]): FailingReceiver[] {
  const byWay = Map.groupBy(entries, ({ receiver, integration }) => `${receiver} ${integration}`);
  const out: FailingReceiver[] = [];
  for (const own of byWay.values()) {
    // What is tried for the first time says nothing yet.
    const known = own.filter(({ outcome }) => outcome !== 'sending');
    const delivered = known.findIndex(({ outcome }) => outcome === 'delivered');
    const failed = delivered < 0 ? known : known.slice(0, delivered);
    const [latest] = failed;
    if (!latest) continue;
    const { receiver, integration, error } = latest;
    out.push({ receiver, integration, error, sinceMs: failed.at(-1)!.beganMs, notifications: failed.length });
  }
  return out;
}
