/**
 * The series of a metrics workload and their values: scrape after scrape, deterministic by seed.
 *
 * Series i belongs to instance `floor(i / perInstance)`; what it is follows from its place in the instance
 * (`metric-shapes.ts`). Churn replaces a window of neighbouring series by new ones, as when a pod is replaced: their
 * `pod` label changes and their values begin anew. The window moves on at each churn, so that all series take turns.
 *
 * Half of the blocks are quiet, as most of what exporters print is: a path that hardly anybody asks for, a device that
 * is not used. Their counters and histograms stand still at most scrapes.
 *
 * Values live in typed arrays, one slot per series; nothing is allocated per sample.
 */

import { BLOCK, BLOCK_SERIES, type MetricSlot, SHAPE } from './metric-shapes.ts';
import { Random, seedOf } from './random.ts';
import { type LoadOptions, RUN_LABEL } from './workload.ts';

const TWO_32 = 4294967296;
const PAGE_BYTES = 4096;
/** Chance per scrape that a steady gauge or a rare counter moves. */
const RARE_CHANCE = 0.02;
/** Share of blocks that are quiet, and chance per scrape that something happens in one. */
const QUIET_SHARE = 0.5;
const QUIET_CHANCE = 0.05;
const POD_DIGITS = 5;
const JOBS = ['api', 'node', 'worker'] as const;

export class MetricSeries {
  readonly options: LoadOptions;
  /** Series at a time. */
  readonly count: number;
  readonly perInstance: number;
  /** The current values, by series. */
  readonly values: Float64Array;
  /** How often each series was replaced; its labels are another's each time. */
  readonly generations: Uint32Array;
  /** Number of the scrape that `values` belongs to; -1 before the first. */
  scrape = -1;
  readonly #random: Uint32Array;
  readonly #scales: Float64Array;
  /** Numbers of the blocks, by series; each instance has its own. */
  readonly #blocks: Uint32Array;
  /** By block, of the current scrape: in [0, 1) how busy it is, -1 where nothing happens. */
  readonly #busy: Float64Array;

  constructor(options: LoadOptions) {
    this.options = options;
    this.count = options.series;
    this.perInstance = Math.max(1, Math.ceil(options.series / options.targets));
    this.values = new Float64Array(this.count);
    this.generations = new Uint32Array(this.count);
    this.#random = new Uint32Array(this.count);
    this.#scales = new Float64Array(this.count);
    this.#blocks = new Uint32Array(this.count);
    const perBlock = Math.ceil(this.perInstance / BLOCK_SERIES);
    for (let i = 0; i < this.count; i++) {
      const block = Math.floor((i % this.perInstance) / BLOCK_SERIES);
      this.#blocks[i] = Math.floor(i / this.perInstance) * perBlock + block;
      this.#begin(i);
    }
    this.#busy = new Float64Array((this.#blocks.at(-1) ?? 0) + 1);
  }

  /** What series `i` is. */
  slot(i: number): MetricSlot {
    return BLOCK[(i % this.perInstance) % BLOCK_SERIES]!;
  }

  /** Of series `i`: sorted pairs, flat; with `__name__` and the labels that a scraper adds. */
  labels(i: number): string[] {
    const instance = Math.floor(i / this.perInstance);
    return sortPairs([
      '__name__',
      this.slot(i).name,
      RUN_LABEL,
      this.options.run,
      'instance',
      `10.${(instance >> 8) & 255}.${instance & 255}.7:9100`,
      'job',
      jobOf(instance),
      ...this.pageLabels(i),
    ]);
  }

  /** The labels that the exporter itself prints: pairs, flat. */
  pageLabels(i: number): string[] {
    const instance = Math.floor(i / this.perInstance);
    const block = String(Math.floor((i % this.perInstance) / BLOCK_SERIES));
    const pod = new Random(seedOf(seedOf(this.options.seed, instance), this.generations[i]!)).hex(POD_DIGITS);
    return [
      'namespace',
      'production',
      ...this.slot(i).labels.map((text) => text.replace('%', block)),
      'pod',
      `${jobOf(instance)}-${instance}-${pod}`,
    ];
  }

  /** Goes on by one scrape. Returns the window of series that were replaced, in case there was a churn. */
  next(): { readonly start: number; readonly count: number } | undefined {
    this.scrape++;
    const churned = this.#churn();
    this.#stir();
    const seconds = this.options.intervalMs / 1000;
    for (let i = 0; i < this.count; i++) this.values[i] = this.#advance(i, seconds);
    return churned;
  }

  /** How busy each block is at this scrape: its histograms' buckets and its counters grow together. */
  #stir(): void {
    const { seed } = this.options;
    for (let block = 0; block < this.#busy.length; block++) {
      const own = seedOf(seed, block);
      const random = new Random(seedOf(own, this.scrape));
      const quiet = own / TWO_32 < QUIET_SHARE;
      this.#busy[block] = quiet && !random.chance(QUIET_CHANCE) ? -1 : random.next();
    }
  }

  #churn(): { readonly start: number; readonly count: number } | undefined {
    const { churn, churnEvery } = this.options;
    const size = Math.min(this.count, Math.round(this.count * churn));
    if (size === 0 || this.scrape === 0 || this.scrape % churnEvery !== 0) return undefined;
    const start = ((this.scrape / churnEvery - 1) * size) % this.count;
    for (let k = 0; k < size; k++) {
      const i = (start + k) % this.count;
      this.generations[i]!++;
      this.#begin(i);
    }
    return { start, count: size };
  }

  /** Seeds a series' generator and gives it its first value. */
  #begin(i: number): void {
    const seed = seedOf(seedOf(this.options.seed, i), this.generations[i]!);
    const random = new Random(seed);
    const { shape, scale } = this.slot(i);
    // Instances differ, but not the buckets of one histogram among each other.
    const factor = shape === SHAPE.constant || shape === SHAPE.bucket ? 1 : 0.5 + random.next();
    this.#scales[i] = scale * factor;
    this.#random[i] = random.u32();
    this.values[i] = this.#first(i, random);
  }

  #first(i: number, random: Random): number {
    const scale = this.#scales[i]!;
    switch (this.slot(i).shape) {
      case SHAPE.pagesGauge:
        return Math.round(scale / PAGE_BYTES) * PAGE_BYTES;
      case SHAPE.decimalGauge:
        return Math.round(scale * 100) / 100;
      case SHAPE.smallGauge:
      case SHAPE.steadyGauge:
        return Math.round(scale);
      case SHAPE.counter:
        // A process that has been up for up to a day.
        return this.generations[i] === 0 ? Math.round(scale * random.int(86_400)) : 0;
      case SHAPE.constant:
        return scale;
      default:
        return 0;
    }
  }

  /** The next value of series `i`. */
  #advance(i: number, seconds: number): number {
    const value = this.values[i]!;
    const scale = this.#scales[i]!;
    const u = this.#uniform(i);
    const busy = this.#busy[this.#blocks[i]!]!;
    switch (this.slot(i).shape) {
      case SHAPE.counter:
        return busy < 0 ? value : value + Math.round(scale * seconds * (0.5 + u));
      case SHAPE.rareCounter:
        return u < Math.max(scale, RARE_CHANCE / 4) ? value + 1 : value;
      case SHAPE.centiCounter:
        return busy < 0 ? value : Math.round((value + scale * seconds * (0.5 + u)) * 100) / 100;
      case SHAPE.smallGauge:
        return busy < 0 ? value : Math.max(0, value + Math.round((u - 0.5) * Math.sqrt(scale + 1) * 2));
      case SHAPE.pagesGauge:
        return Math.max(0, value + Math.round((u - 0.5) * scale * 0.001) * PAGE_BYTES);
      case SHAPE.decimalGauge:
        return Math.round((value + (scale - value) * 0.1 + (u - 0.5) * scale * 0.2) * 100) / 100;
      case SHAPE.noiseGauge:
        return scale * (0.8 + 0.4 * u + 0.0001 * this.#uniform(i));
      case SHAPE.steadyGauge:
        return u < RARE_CHANCE ? Math.max(0, value + (u < RARE_CHANCE / 2 ? 1 : -1)) : value;
      case SHAPE.bucket:
        return busy < 0 ? value : value + Math.round(scale * seconds * (0.5 + busy));
      case SHAPE.sum:
        return busy < 0 ? value : value + scale * seconds * (0.5 + busy) * (0.9 + 0.2 * u);
      default:
        return value;
    }
  }

  /** In [0, 1), of the series' own generator: xorshift, whose state is one word. */
  #uniform(i: number): number {
    let x = this.#random[i]! || 1;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    this.#random[i] = x;
    return x / TWO_32;
  }
}

/** For reports: empty where nothing churns. */
export function describeChurn({ churn, churnEvery }: LoadOptions): string {
  return churn > 0 ? `, ${Math.round(churn * 1000) / 10} % of them new every ${churnEvery} scrapes` : '';
}

function jobOf(instance: number): string {
  return JOBS[instance % JOBS.length]!;
}

function sortPairs(flat: readonly string[]): string[] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i]!, flat[i + 1]!]);
  // All names are ASCII, where code units sort as bytes do.
  return pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).flat();
}
