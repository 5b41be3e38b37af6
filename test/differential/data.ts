/**
 * The random metrics that both systems are given: counters with resets, gauges, special values, series that come and
 * go, histograms of every kind. All of it follows from a seed. Most values are multiples of 1/8, so that sums are
 * exact in whatever order they are added up.
 *
 * Series are listed in the order of their labels, so that "first come" means the same in both systems.
 */

import { Random, seedOf, textSeed } from '../../src/bench/random.ts';
import type { WriteSeries, WriteValue } from '../support/remote-write.ts';
import { type CounterShape, classicHistograms, counterShape } from './classic-histograms.ts';
import type { Features } from './features.ts';
import { customHistograms, exponentialHistograms } from './histogram-samples.ts';
import { DATA_MINUTES, DATA_START_MS } from './times.ts';

type Labels = Readonly<Record<string, string>>;
/** The value of sample `i`. */
export type Sampler = (i: number) => WriteValue;

/** When a series has samples. */
interface Rhythm {
  readonly intervalMs: number;
  /** Samples are late by up to this. */
  readonly jitterMs: number;
  /** Shares of the samples after which some are missing. */
  readonly gaps: number;
  /** Whether the series may begin late and end early, with a stale marker or without. */
  readonly mortal: boolean;
}

const STEADY: Rhythm = { intervalMs: 15_000, jitterMs: 0, gaps: 0, mortal: false };
const JITTERED: Rhythm = { ...STEADY, jitterMs: 3_000, gaps: 0.02 };
const SLOW: Rhythm = { ...STEADY, intervalMs: 60_000, jitterMs: 500 };
const MORTAL: Rhythm = { ...JITTERED, gaps: 0.05, mortal: true };

const eighths = (random: Random, n: number) => random.int(n * 8) / 8;

function counter(random: Random, { floor, resets }: CounterShape): Sampler {
  let value = floor + eighths(random, 100);
  const perStep = 1 + random.int(20);
  return () => {
    if (random.chance(0.02) && resets) value = floor + (random.chance(0.5) ? 0 : eighths(random, 4));
    else if (random.chance(0.8)) value += eighths(random, perStep);
    return value;
  };
}

function gauge(random: Random): Sampler {
  let value = eighths(random, 40) - 20;
  return () => {
    value += eighths(random, 4) - 2;
    return value;
  };
}

const few =
  (random: Random): Sampler =>
  () =>
    random.int(5) - 1;

const SPECIAL = [NaN, Infinity, -Infinity, 0, -0, 1e308, -1e308, 5e-324, 1e-9, 123456789.125, -3.5, 1e17];

/** Neither so large that a sum forgets the small ones, nor so small that a mean rounds to 0, nor -0. */
const isTame = (v: number) =>
  !Number.isFinite(v) || Object.is(v, 0) || (Math.abs(v) >= 1e-9 && Math.abs(v) <= 1e9);

/** Sums and means were not always compensated: an old reference gets `tame` numbers. */
function special(random: Random, tame: boolean): Sampler {
  const values = SPECIAL.filter((v) => !tame || isTame(v));
  return () => (random.chance(0.5) ? random.pick(values) : eighths(random, 10));
}

const one = (): Sampler => () => 1;

/** Samples of one series as its rhythm has them. */
function samplesOf(
  random: Random,
  rhythm: Rhythm,
  phaseMs: number,
  sampler: Sampler,
): [number, WriteValue][] {
  const count = (DATA_MINUTES * 60_000) / rhythm.intervalMs;
  const first = rhythm.mortal && random.chance(0.6) ? random.int(count / 2) : 0;
  const last = rhythm.mortal && random.chance(0.6) ? first + random.int(count - first) : count;
  const out: [number, WriteValue][] = [];
  let missing = 0;
  for (let i = first; i < last; i++) {
    const value = sampler(i);
    if (random.chance(rhythm.gaps)) missing = 1 + random.int(30);
    const late = rhythm.jitterMs > 0 ? random.int(rhythm.jitterMs) : 0;
    const timestampMs = DATA_START_MS + i * rhythm.intervalMs + phaseMs + late;
    // A series that pauses is told to be gone, now and then.
    if (missing === 0) out.push([timestampMs, value]);
    else if (missing-- === 1 && random.chance(0.4)) out.push([timestampMs, 'stale']);
  }
  if (last < count && random.chance(0.6)) {
    out.push([DATA_START_MS + last * rhythm.intervalMs + phaseMs + rhythm.jitterMs, 'stale']);
  }
  return out;
}

const JOBS = ['api', 'db'];
const INSTANCES = ['a:1', 'b:1', 'c:1'];

/** Every combination of the given values. */
function combine(dimensions: Readonly<Record<string, readonly string[]>>): Labels[] {
  let sets: Labels[] = [{}];
  for (const [name, values] of Object.entries(dimensions)) {
    sets = sets.flatMap((set) => values.map((value) => ({ ...set, [name]: value })));
  }
  return sets;
}

const TARGETS = { job: JOBS, instance: INSTANCES };

interface Family {
  readonly name: string;
  readonly labels: readonly Labels[];
  readonly rhythm: Rhythm;
  readonly sampler: (random: Random) => Sampler;
}

function floatFamilies(features: Features): Family[] {
  const counterOf = (random: Random) => counter(random, counterShape(features));
  const families: Family[] = [
    {
      name: 'requests_total',
      labels: combine({ ...TARGETS, code: ['200', '404', '500'] }),
      rhythm: JITTERED,
      sampler: counterOf,
    },
    {
      name: 'errors_total',
      labels: combine({ job: JOBS, code: ['404', '500'] }),
      rhythm: STEADY,
      sampler: counterOf,
    },
    {
      name: 'busy_seconds',
      labels: combine({ ...TARGETS, mode: ['idle', 'user'] }),
      rhythm: MORTAL,
      sampler: counterOf,
    },
    { name: 'temperature', labels: combine({ ...TARGETS, zone: ['n', ''] }), rhythm: STEADY, sampler: gauge },
    { name: 'level', labels: combine(TARGETS), rhythm: STEADY, sampler: few },
    { name: 'limit', labels: combine({ job: JOBS }), rhythm: SLOW, sampler: few },
    {
      name: 'special',
      labels: combine({ ...TARGETS, mode: ['idle', 'user'] }),
      rhythm: JITTERED,
      sampler: (random) => special(random, !features.current),
    },
    {
      name: 'flapping',
      labels: combine({ ...TARGETS, code: ['200', '500'] }),
      rhythm: MORTAL,
      sampler: gauge,
    },
    {
      name: 'target_info',
      labels: combine(TARGETS).map((set, i) => ({ ...set, version: `v${i % 3}`, code: `c${i % 2}` })),
      rhythm: MORTAL,
      sampler: one,
    },
    {
      name: 'build_info',
      labels: combine(TARGETS).map((set, i) => ({ ...set, version: `v${i % 3}`, revision: `r${i}` })),
      rhythm: SLOW,
      sampler: one,
    },
  ];
  if (features.utf8Names) {
    const labels = combine({ job: JOBS, 'host.näme': ['x', 'ÿ "q"\n'], 雪: ['1'] });
    families.push({ name: 'http.server/größe', labels, rhythm: JITTERED, sampler: gauge });
  }
  return families;
}

function histogramFamilies(): Family[] {
  const exponential = (gauge: boolean, float: boolean) => (random: Random) =>
    exponentialHistograms(random, { gauge, float });
  const mixed = (random: Random): Sampler => {
    const histograms = exponentialHistograms(random, { gauge: false, float: false });
    const floats = counter(random, { floor: 0, resets: true });
    let isFloat = random.chance(0.5);
    return (i) => {
      if (random.chance(0.08)) isFloat = !isFloat;
      return isFloat ? floats(i) : histograms(i);
    };
  };
  return [
    {
      name: 'native_seconds',
      labels: combine(TARGETS),
      rhythm: JITTERED,
      sampler: exponential(false, false),
    },
    {
      name: 'native_float',
      labels: combine({ job: JOBS }),
      rhythm: STEADY,
      sampler: exponential(false, true),
    },
    { name: 'native_gauge', labels: combine(TARGETS), rhythm: MORTAL, sampler: exponential(true, false) },
    { name: 'custom_seconds', labels: combine(TARGETS), rhythm: STEADY, sampler: customHistograms },
    { name: 'mixed', labels: combine(TARGETS), rhythm: JITTERED, sampler: mixed },
    // The same labels as the classic one but for `le`.
    {
      name: 'latency_seconds_bucket',
      labels: [{ job: 'api', instance: 'a:1' }],
      rhythm: STEADY,
      sampler: customHistograms,
    },
  ];
}

const orderOf = ({ labels }: WriteSeries) =>
  Object.keys(labels)
    .sort()
    .map((name) => `${name}\u0001${labels[name]}`)
    .join('\u0001');

/** All series, sorted by their labels. */
export function makeData(seed: number, features: Features): WriteSeries[] {
  const families = [...floatFamilies(features), ...(features.histograms ? histogramFamilies() : [])];
  const series = families.flatMap(({ name, labels, rhythm, sampler }) =>
    labels.map((set, n): WriteSeries => {
      const random = new Random(seedOf(seedOf(seed, textSeed(name)), n));
      const phaseMs = rhythm.jitterMs > 0 ? random.int(rhythm.intervalMs - rhythm.jitterMs) : 0;
      return {
        labels: { __name__: name, ...set },
        samples: samplesOf(random, rhythm, phaseMs, sampler(random)),
      };
    }),
  );
  series.push(...classicHistograms(seed, combine(TARGETS), features));
  for (const { labels } of series) {
    for (const [name, value] of Object.entries(labels)) {
      if (value === '') delete (labels as Record<string, string>)[name];
    }
  }
  return (features.closedWindows ? series.map(offTheEdges) : series)
    .filter(({ samples }) => samples.length > 0)
    .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

/** At half past whole seconds: no window begins or ends there as long as queries keep to whole seconds. */
function offTheEdges({ labels, samples }: WriteSeries): WriteSeries {
  const moved = samples.map(
    ([timestampMs, value]) => [timestampMs - (timestampMs % 1000) + 500, value] as const,
  );
  return { labels, samples: moved };
}
