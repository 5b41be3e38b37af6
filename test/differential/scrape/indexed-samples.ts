/**
 * What a server stored of each target, by scrape instead of by time: the scrapes of a target are numbered by its `up`, and a
 * sample at the time of scrape `i` is at `#i`. Samples with times of their own are at `@ms`, counted from the run's start.
 */

import type { ScrapePair } from './pair.ts';
import { type ReadSeries, readSamples } from './read-samples.ts';

export interface TargetSamples {
  /** Labels of the target, as a key. */
  readonly target: string;
  readonly job: string;
  readonly scrapes: number;
  /** The values of `up`, by place. */
  readonly up: ReadonlyMap<string, string>;
  /** Labels of a series, as a key, to place to value. */
  readonly series: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

interface Building extends TargetSamples {
  readonly series: Map<string, Map<string, string>>;
  readonly up: Map<string, string>;
}

interface Numbered {
  readonly labels: ReadSeries['labels'];
  readonly places: ReadonlyMap<number, string>;
}

export const keyOf = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Before 3.0 bounds of buckets and quantiles were stored as they were exposed: `1`, not `1.0`. */
const BOUNDS_AS_EXPOSED_BEFORE = 3;

export async function indexedSamples(
  base: string,
  { startMs, version }: Pick<ScrapePair, 'startMs' | 'version'>,
): Promise<Map<string, TargetSamples>> {
  const read = await readSamples(base, startMs - 60_000);
  const all = version < BOUNDS_AS_EXPOSED_BEFORE ? read.map(withPlainBounds) : read;
  const targets = all.filter((s) => s.labels.__name__ === 'up').map(numbered);
  const out = new Map<string, Building>();
  for (const { labels, places } of targets) {
    const target = keyOf(labels);
    out.set(target, { target, job: labels.job!, scrapes: places.size, series: new Map(), up: new Map() });
  }
  for (const { labels, samples } of all) {
    const target = targetOf(labels, targets);
    if (target === undefined) continue;
    const placed = new Map<string, string>();
    for (const [ms, value] of samples) placed.set(target.places.get(ms) ?? `@${ms - startMs}`, value);
    const building = out.get(keyOf(target.labels))!;
    building.series.set(keyOf(labels), placed);
    if (labels.__name__ === 'up') for (const [place, value] of placed) building.up.set(place, value);
  }
  return out;
}

function withPlainBounds({ labels, samples }: ReadSeries): ReadSeries {
  const plain = (text: string | undefined) => (text === undefined ? undefined : String(Number(text)));
  const { le, quantile } = labels;
  return {
    labels: { ...labels, ...(le && { le: plain(le)! }), ...(quantile && { quantile: plain(quantile)! }) },
    samples,
  };
}

function numbered({ labels: { __name__, ...labels }, samples }: ReadSeries): Numbered {
  const times = [...samples].filter(([, value]) => value !== 'stale').map(([ms]) => ms);
  return { labels, places: new Map(times.map((ms, i) => [ms, `#${i}`])) };
}

/** The target whose labels the series has, the most of them; else the one of the job that the series itself names. */
function targetOf(labels: ReadSeries['labels'], targets: readonly Numbered[]): Numbered | undefined {
  const fitting = targets
    .filter((t) => Object.entries(t.labels).every(([name, value]) => labels[name] === value))
    .sort((a, b) => Object.keys(b.labels).length - Object.keys(a.labels).length);
  const named = labels.from ?? labels.t;
  return fitting[0] ?? targets.find((t) => t.labels.job === named);
}
