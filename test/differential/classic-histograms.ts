/** Random classic histograms as successive samples of their series. */

import { Random, seedOf } from '../../src/bench/random.ts';
import type { WriteSeries } from '../support/remote-write.ts';
import type { Features } from './features.ts';
import { DATA_MINUTES, DATA_START_MS } from './times.ts';

export interface CounterShape {
  /** The least it can be. */
  readonly floor: number;
  readonly resets: boolean;
}

/** How old versions of Prometheus extrapolate a counter that was zero not long ago is their own. */
export function counterShape(features: Features): CounterShape {
  return features.current ? { floor: 0, resets: true } : { floor: 1_000_000, resets: false };
}

type Labels = Readonly<Record<string, string>>;

const BOUNDS = ['0.1', '0.5', '1', '2.5', '10', '+Inf'];

interface ClassicShape {
  readonly name: string;
  readonly target: Labels;
  readonly bounds: readonly string[];
  /** Whether buckets now and then count more than wider ones. */
  readonly noisy: boolean;
  readonly phaseMs: number;
  readonly counts: CounterShape;
}

/** The series of one classic histogram. */
function classicHistogram(random: Random, shape: ClassicShape): WriteSeries[] {
  const { name, target, bounds, noisy, phaseMs } = shape;
  const { floor, resets } = shape.counts;
  const counts = bounds.map(() => floor);
  let sum = 0;
  const rows: { timestampMs: number; counts: number[]; sum: number }[] = [];
  for (let i = 0; i < DATA_MINUTES * 4; i++) {
    if (random.chance(0.01) && resets) counts.fill(floor);
    if (random.chance(0.7)) {
      const from = random.int(bounds.length);
      const more = random.int(6);
      for (let b = from; b < bounds.length; b++) counts[b]! += more;
      sum += (more * (from + 1)) / 8;
    }
    if (noisy && random.chance(0.2)) counts[random.int(counts.length)]! += 3;
    rows.push({ timestampMs: DATA_START_MS + i * 15_000 + phaseMs, counts: [...counts], sum });
  }
  const of = (suffix: string, more: Labels, value: (row: (typeof rows)[0]) => number): WriteSeries => ({
    labels: { __name__: `${name}_${suffix}`, ...target, ...more },
    samples: rows.map((row) => [row.timestampMs, value(row)]),
  });
  return [
    ...bounds.map((le, b) => of('bucket', { le }, (row) => row.counts[b]!)),
    of('sum', {}, (row) => row.sum),
    of('count', {}, (row) => Math.max(...row.counts)),
  ];
}

/** Classic histograms with their flaws: buckets that shrink, a missing or malformed bound, a bound written twice. */
export function classicHistograms(
  seed: number,
  targets: readonly Labels[],
  features: Features,
): WriteSeries[] {
  const counts = counterShape(features);
  const several = targets.flatMap((target, n) => {
    const bounds = n === 2 ? BOUNDS.slice(0, -1) : n === 3 ? [...BOUNDS, 'many'] : BOUNDS;
    const shape = { name: 'latency_seconds', target, bounds, noisy: n === 1, phaseMs: n * 700, counts };
    return classicHistogram(new Random(seedOf(seed, n)), shape);
  });
  const twice = {
    name: 'twice_seconds',
    target: { job: 'api' },
    bounds: [...BOUNDS, '1.0'],
    noisy: true,
    phaseMs: 0,
    counts,
  };
  return [...several, ...classicHistogram(new Random(seedOf(seed, 1000)), twice)];
}
