/** What comes in: by signal and by the way in, how fast, and what is refused; out of the server's own metrics. */

import { type OwnMetrics, type Readings, rateOf } from './own-metrics.ts';

export type Signal = 'metrics' | 'logs' | 'traces';

export const SIGNALS: readonly Signal[] = ['metrics', 'logs', 'traces'];

/** What is counted of each. */
export const ITEMS: Readonly<Record<Signal, string>> = {
  metrics: 'samples',
  logs: 'entries',
  traces: 'spans',
};

/** What the server makes itself, of data or of its own state: it says nothing about whether anybody sends. */
const OWN_RECEIVERS: ReadonlySet<string> = new Set(['rules', 'metrics_generator']);

export interface Refused {
  readonly reason: string;
  readonly count: number;
}

export interface Inflow {
  readonly signal: Signal;
  readonly receiver: string;
  /** Since the start. */
  readonly total: number;
  /** Items a second; undefined before there are two readings. */
  readonly perSecond: number | undefined;
  /** Of bodies as they came; undefined where none come, as from followed files. */
  readonly bytesPerSecond: number | undefined;
  readonly refused: readonly Refused[];
  readonly refusedPerSecond: number | undefined;
  /** Whether the server itself is the sender. */
  readonly isOwn: boolean;
}

const accepted = (signal: Signal) => `trilite_receiver_accepted_${ITEMS[signal]}_total`;
const refused = (signal: Signal) => `trilite_receiver_refused_${ITEMS[signal]}_total`;

/** Every way in that something came by since the start, the signals in their order, the fastest first. */
export function inflows(readings: Readings): readonly Inflow[] {
  const now = readings.at(-1);
  if (!now) return [];
  return SIGNALS.flatMap((signal) => {
    const receivers = new Set(
      [accepted(signal), refused(signal)].flatMap((name) => [...now.byLabel(name, 'receiver').keys()]),
    );
    const rows = [...receivers].map((receiver) => inflow(readings, now, signal, receiver));
    return rows.sort((a, b) => (b.perSecond ?? 0) - (a.perSecond ?? 0) || b.total - a.total);
  });
}

function inflow(readings: Readings, now: OwnMetrics, signal: Signal, receiver: string): Inflow {
  const of = (name: string) => (reading: OwnMetrics) => reading.byLabel(name, 'receiver').get(receiver);
  return {
    signal,
    receiver,
    total: of(accepted(signal))(now) ?? 0,
    perSecond: rateOf(readings, of(accepted(signal))),
    bytesPerSecond: rateOf(readings, of('trilite_receiver_bytes_total')),
    refused: reasonsOf(now, refused(signal), receiver),
    refusedPerSecond: rateOf(readings, of(refused(signal))),
    isOwn: OWN_RECEIVERS.has(receiver),
  };
}

function reasonsOf(now: OwnMetrics, name: string, receiver: string): readonly Refused[] {
  return now
    .samples(name)
    .filter(({ labels, value }) => labels.receiver === receiver && value > 0)
    .map(({ labels, value }) => ({ reason: labels.reason ?? '', count: value }))
    .sort((a, b) => b.count - a.count);
}

/** What comes once a scrape, every 15 seconds mostly, may not be seen for so long. */
const SETTLED_MS = 20_000;

export interface SignalInflow {
  readonly signal: Signal;
  /** From others, since the start. */
  readonly total: number;
  readonly perSecond: number | undefined;
  /** Whether it was looked at long enough for nothing to mean that nothing comes. */
  readonly isSettled: boolean;
  readonly refused: number;
}

/** By signal, without what the server makes itself. */
export function signalInflows(readings: Readings): readonly SignalInflow[] {
  const all = inflows(readings).filter(({ isOwn }) => !isOwn);
  const isSettled = readings.length > 1 && readings.at(-1)!.atMs - readings[0]!.atMs >= SETTLED_MS;
  return SIGNALS.map((signal) => {
    const own = all.filter((row) => row.signal === signal);
    const rates = own.flatMap(({ perSecond }) => (perSecond === undefined ? [] : [perSecond]));
    return {
      signal,
      total: sum(own.map(({ total }) => total)),
      perSecond: readings.length < 2 ? undefined : sum(rates),
      isSettled,
      refused: sum(own.flatMap((row) => row.refused.map(({ count }) => count))),
    };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

export interface FailedRequests {
  readonly receiver: string;
  readonly reason: string;
  readonly count: number;
}

/** Requests that were refused as a whole. */
export function failedRequests(now: OwnMetrics): readonly FailedRequests[] {
  return now
    .samples('trilite_receiver_failed_requests_total')
    .filter(({ value }) => value > 0)
    .map(({ labels, value }) => ({
      receiver: labels.receiver ?? '',
      reason: labels.reason ?? '',
      count: value,
    }))
    .sort((a, b) => b.count - a.count);
}
