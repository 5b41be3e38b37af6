/**
 * Time partitions: a block lies within one, so that retention drops whole blocks and a query in time order goes
 * partition by partition. Widths follow the default retentions (15 d, 7 d, 2 d): dropping the oldest partition
 * should free a small share of them.
 */

import type { Signal } from '../interface.ts';

const HOUR_MS = 3_600_000;

export const PARTITION_MS: Readonly<Record<Signal, number>> = {
  metrics: 24 * HOUR_MS,
  logs: 6 * HOUR_MS,
  traces: 6 * HOUR_MS,
};

export function partitionOf(signal: Signal, timeMs: number): number {
  const span = PARTITION_MS[signal];
  return Math.floor(timeMs / span) * span;
}

/** Raw bytes at which a page is closed: a metric page holds many series and is read for one, a log page is read whole. */
export const PAGE_RAW_BYTES: Readonly<Record<'metrics' | 'logs', number>> = {
  metrics: 128 * 1024,
  logs: 512 * 1024,
};
