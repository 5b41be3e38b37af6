/** The `RangeInput` of one series after another: columns are reused, windows slid anew for each. */

import type { Histogram } from '../../model/histogram.ts';
import { Labels } from '../../model/labels.ts';
import { isStale } from '../../model/sample.ts';
import type { SampleColumns } from '../../storage/interface.ts';
import type { HistogramWindows, RangeInput } from './range/kernel.ts';
import { SeenTimes } from './seen-times.ts';
import { type WindowGrid, Windows } from './window.ts';

const MS_PER_SECOND = 1000;

export class SeriesWindows implements RangeInput {
  readonly firstEnd: number;
  readonly stepWidth: number;
  readonly stepCount: number;
  readonly range: number;
  readonly unitsPerSecond = MS_PER_SECOND;
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
  labels: Labels = Labels.EMPTY;
  count = 0;
  times = new Float64Array(0);
  values = new Float64Array(0);
  startTimes: Float64Array | undefined;
  histograms: HistogramWindows | undefined;
  timesVersion = 0;
  readonly #windows: Windows;
  readonly #seen = new SeenTimes();
  #anyFloat = false;
  #histogramWindows: Windows | undefined;

  constructor(grid: WindowGrid) {
    this.firstEnd = grid.firstEnd;
    this.stepWidth = grid.stepWidth;
    this.stepCount = grid.stepCount;
    this.range = grid.range;
    this.#windows = new Windows(grid.stepCount);
    this.lo = this.#windows.lo;
    this.hi = this.#windows.hi;
  }

  /** Takes a series' samples as they were read; stale markers are removed from the columns, in place. */
  load(labels: Labels, columns: SampleColumns): void {
    this.labels = labels;
    this.histograms = undefined;
    if (columns.histograms !== undefined) this.#split(columns, columns.histograms);
    else dropStale(columns);
    this.count = columns.count;
    this.times = columns.timestamps;
    this.values = columns.values;
    this.startTimes = columns.startTimestamps;
    // Series of one scrape mostly have the same times, and so the same windows.
    if (!this.#seen.again(this.times, this.count)) this.#slide();
  }

  #slide(): void {
    this.timesVersion++;
    this.#windows.slide(this.times, this.count, this);
    this.#anyFloat = false;
    for (let i = 0; i < this.stepCount && !this.#anyFloat; i++) this.#anyFloat = this.lo[i]! < this.hi[i]!;
  }

  /** Whether any step's window has a sample. */
  get any(): boolean {
    if (this.#anyFloat) return true;
    const h = this.histograms;
    if (h === undefined) return false;
    for (let i = 0; i < this.stepCount; i++) if (h.lo[i]! < h.hi[i]!) return true;
    return false;
  }

  /** Special case: moves the histograms into columns of their own and leaves the floats. */
  #split(columns: SampleColumns, all: readonly (Histogram | undefined)[]): void {
    const { timestamps, values, startTimestamps, count } = columns;
    const { words } = columns;
    const times: number[] = [];
    const starts: number[] = [];
    const samples: Histogram[] = [];
    let floats = 0;
    for (let i = 0; i < count; i++) {
      const histogram = all[i];
      if (histogram !== undefined) {
        if (histogram.stale) continue;
        times.push(timestamps[i]!);
        starts.push(startTimestamps?.[i] ?? 0);
        samples.push(histogram);
        continue;
      }
      if (Number.isNaN(values[i]) && isStale(words, i)) continue;
      timestamps[floats] = timestamps[i]!;
      values[floats] = values[i]!;
      if (startTimestamps !== undefined) startTimestamps[floats] = startTimestamps[i]!;
      floats++;
    }
    columns.count = floats;
    if (samples.length === 0) return;
    this.#histogramWindows ??= new Windows(this.stepCount);
    const { lo, hi } = this.#histogramWindows;
    const timeColumn = Float64Array.from(times);
    this.#histogramWindows.slide(timeColumn, samples.length, this);
    this.histograms = {
      count: samples.length,
      times: timeColumn,
      samples,
      lo,
      hi,
      startTimes: startTimestamps === undefined ? undefined : Float64Array.from(starts),
    };
  }
}

/** Removes stale markers, of floats and histograms, in place. */
export function dropStale(columns: SampleColumns): void {
  const { timestamps, values, startTimestamps, histograms, count } = columns;
  if (histograms !== undefined) {
    dropAnyStale(columns, histograms);
    return;
  }
  let i = 0;
  while (i < count && values[i]! === values[i]!) i++;
  if (i === count) return;
  const { words } = columns;
  let kept = i;
  for (; i < count; i++) {
    if (Number.isNaN(values[i]) && isStale(words, i)) continue;
    timestamps[kept] = timestamps[i]!;
    values[kept] = values[i]!;
    if (startTimestamps !== undefined) startTimestamps[kept] = startTimestamps[i]!;
    kept++;
  }
  columns.count = kept;
}

function dropAnyStale(columns: SampleColumns, histograms: (Histogram | undefined)[]): void {
  const { timestamps, values, words, startTimestamps, count } = columns;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const histogram = histograms[i];
    if (histogram === undefined ? Number.isNaN(values[i]) && isStale(words, i) : histogram.stale) continue;
    timestamps[kept] = timestamps[i]!;
    values[kept] = values[i]!;
    histograms[kept] = histogram;
    if (startTimestamps !== undefined) startTimestamps[kept] = startTimestamps[i]!;
    kept++;
  }
  histograms.length = kept;
  columns.count = kept;
}
