/** The server's own metrics (docs/metrics.md), read once, and what two readings say of the time between them. */

import type { Labels } from '../../model/correlate/labels.ts';

interface Value {
  readonly value: number | string;
}

interface OwnMetric {
  readonly label?: readonly { readonly name: string; readonly value: string }[];
  readonly gauge?: Value;
  readonly counter?: Value;
  readonly untyped?: Value;
  readonly histogram?: OwnHistogram;
  readonly summary?: OwnHistogram;
}

interface OwnHistogram {
  readonly sampleCount?: number | string;
  readonly sampleSum?: number | string;
}

/** A family as `status/self_metrics` gives it. */
export interface OwnFamily {
  readonly name: string;
  readonly metric?: readonly OwnMetric[];
}

export interface OwnSample {
  readonly labels: Labels;
  readonly value: number;
}

export interface OwnDistribution {
  readonly labels: Labels;
  readonly count: number;
  readonly sum: number;
}

export class OwnMetrics {
  /** When it was read. */
  readonly atMs: number;
  readonly #families: ReadonlyMap<string, OwnFamily>;

  constructor(families: readonly OwnFamily[], atMs: number) {
    this.#families = new Map(families.map((family) => [family.name, family]));
    this.atMs = atMs;
  }

  samples(name: string): readonly OwnSample[] {
    return (this.#families.get(name)?.metric ?? []).flatMap((metric) => {
      const found = metric.gauge ?? metric.counter ?? metric.untyped;
      return found === undefined ? [] : [{ labels: labelsOf(metric), value: Number(found.value) }];
    });
  }

  distributions(name: string): readonly OwnDistribution[] {
    return (this.#families.get(name)?.metric ?? []).flatMap((metric) => {
      const found = metric.histogram ?? metric.summary;
      if (found === undefined) return [];
      const { sampleCount = 0, sampleSum = 0 } = found;
      return [{ labels: labelsOf(metric), count: Number(sampleCount), sum: Number(sampleSum) }];
    });
  }

  /** Of all label sets together; undefined where the server does not tell it. */
  total(name: string): number | undefined {
    if (!this.#families.has(name)) return undefined;
    return this.samples(name).reduce((sum, { value }) => sum + value, 0);
  }

  /** Of those that have this label: by its value, added up. */
  byLabel(name: string, label: string): ReadonlyMap<string, number> {
    const out = new Map<string, number>();
    for (const { labels, value } of this.samples(name)) {
      const key = labels[label];
      if (key !== undefined) out.set(key, (out.get(key) ?? 0) + value);
    }
    return out;
  }
}

function labelsOf({ label = [] }: OwnMetric): Labels {
  return Object.fromEntries(label.map(({ name, value }) => [name, value]));
}

/** Readings one after another, the newest last. */
export type Readings = readonly OwnMetrics[];

/** Scrapes come every 15 seconds or so: over a minute they are a rate, over five seconds they are there or not. */
const WINDOW_MS = 60_000;

/** With one more; those that are of no use any more are left out. */
export function withReading(readings: Readings, next: OwnMetrics): Readings {
  // Of those older than the window one is kept, so that the window is covered.
  const firstInside = readings.findIndex(({ atMs }) => atMs >= next.atMs - WINDOW_MS);
  const kept = firstInside < 0 ? readings.slice(-1) : readings.slice(Math.max(0, firstInside - 1));
  return [...kept.filter(({ atMs }) => atMs < next.atMs && atMs >= next.atMs - 2 * WINDOW_MS), next];
}

/** How much a counter grew a second, between the first reading and the last; undefined before there are two. */
export function rateOf(
  readings: Readings,
  value: (reading: OwnMetrics) => number | undefined,
): number | undefined {
  const [first, last] = [readings[0], readings.at(-1)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
  const now = value(last);
  if (now === undefined) return undefined;
  const before = value(first) ?? 0;
  // A counter that is smaller than it was began anew.
  const grown = now >= before ? now - before : now;
  return (grown * 1000) / (last.atMs - first.atMs);
}
