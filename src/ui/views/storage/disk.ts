/** What the bytes on disk are, out of the server's own metrics. */

import { SIGNALS } from '../../api/ingestion.ts';
import type { OwnMetrics } from '../../api/own-metrics.ts';

export interface DiskPart {
  readonly name: string;
  readonly bytes: number;
  readonly note?: string;
}

/** The parts add up to the size of the database file. */
export function diskParts(metrics: OwnMetrics): readonly DiskPart[] {
  const blocks = metrics.byLabel('trilite_block_bytes', 'signal');
  const counts = metrics.byLabel('trilite_blocks', 'signal');
  const parts: DiskPart[] = SIGNALS.map((signal) => ({
    name: `Blocks of ${signal}`,
    bytes: blocks.get(signal) ?? 0,
    note: `in ${counts.get(signal) ?? 0}`,
  }));
  const log = metrics.total('trilite_wal_bytes') ?? 0;
  const free = metrics.total('trilite_database_free_bytes') ?? 0;
  parts.push({ name: 'Write-ahead log', bytes: log }, { name: 'Free', bytes: free });
  const known = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  // Numbers are taken one after another: while a flush runs the parts may be more than the whole was.
  const rest = Math.max(0, (metrics.total('trilite_database_bytes') ?? 0) - known);
  parts.splice(SIGNALS.length, 0, { name: 'Series, labels and indexes', bytes: rest });
  return parts;
}

export interface QueryLoad {
  readonly service: string;
  readonly count: number;
  /** In seconds. */
  readonly mean: number;
  readonly failures: number;
}

/** What was asked since the start, the most expensive first. */
export function queryLoads(metrics: OwnMetrics): readonly QueryLoad[] {
  const failures = metrics.byLabel('trilite_query_failures_total', 'service');
  return metrics
    .distributions('trilite_query_duration_seconds')
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.sum - a.sum)
    .map(({ labels, count, sum }) => ({
      service: labels.service ?? '',
      count,
      mean: sum / count,
      failures: failures.get(labels.service ?? '') ?? 0,
    }));
}
