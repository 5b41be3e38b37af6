/** Exemplars of a query: single observations with labels of their own, mostly the id of a trace. */

import type { Labels } from '../../../model/correlate/labels.ts';
import { isTraceIdField } from '../../../model/correlate/trace-id.ts';
import type { Bounds } from '../../time/range.ts';
import { numberOf } from './graph-data.ts';

export interface Exemplar {
  readonly atMs: number;
  readonly value: number;
  readonly labels: Labels;
  readonly seriesLabels: Labels;
  readonly traceId: string | undefined;
}

/** A series of the answer of `/api/v1/query_exemplars`. */
export interface ExemplarSeries {
  readonly seriesLabels: Labels;
  readonly exemplars: readonly {
    readonly labels: Labels;
    readonly value: string;
    readonly timestamp: number;
  }[];
}

/** Oldest first, each once. */
export function exemplarsOf(answer: readonly ExemplarSeries[]): Exemplar[] {
  const seen = new Set<string>();
  const out: Exemplar[] = [];
  for (const { seriesLabels, exemplars } of answer) {
    for (const { labels, value, timestamp } of exemplars) {
      const traceId = Object.entries(labels).find(([name, id]) => isTraceIdField(name, id))?.[1];
      // Buckets above the one that an observation fell into may have it as well.
      const key = `${timestamp} ${value} ${JSON.stringify(labels)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      out.push({ atMs: timestamp * 1000, value: numberOf(value), labels, seriesLabels, traceId });
    }
  }
  return out.sort((a, b) => a.atMs - b.atMs);
}

/** The largest of each of `max` stretches of time. */
export function thinned(all: readonly Exemplar[], bounds: Bounds, max: number): readonly Exemplar[] {
  if (all.length <= max) return all;
  const width = (bounds.endMs - bounds.startMs) / max;
  const largest = new Map<number, Exemplar>();
  for (const exemplar of all) {
    const stretch = Math.min(max - 1, Math.floor((exemplar.atMs - bounds.startMs) / width));
    const known = largest.get(stretch);
    if (!known || exemplar.value > known.value) largest.set(stretch, exemplar);
  }
  return [...largest.values()];
}
