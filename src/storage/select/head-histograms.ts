/** From packed histograms of a head generation to the samples of a series, in the thread that reads them. */

import { ByteReader } from '../../base/bytes.ts';
import type { Histogram } from '../../model/histogram.ts';
import { readHistogram } from '../chunkenc/histogram-record.ts';
import type { SampleColumns } from '../interface.ts';

export interface TimedHistogram {
  readonly timestampMs: number;
  /** 0 unknown. */
  readonly startMs: number;
  readonly histogram: Histogram;
}

/** Reads what `packHistograms` wrote: id → samples in the order in which they came. */
export function readHistogramSeries(bytes: Uint8Array): Map<number, TimedHistogram[]> {
  const out = new Map<number, TimedHistogram[]>();
  const input = new ByteReader(bytes);
  while (!input.done) {
    const id = input.varint();
    const list: TimedHistogram[] = [];
    let time = 0;
    for (let n = input.varint(); n > 0; n--) {
      time += input.zigzag();
      const startMs = input.zigzag();
      list.push({ timestampMs: time, startMs, histogram: readHistogram(input) });
    }
    out.set(id, list);
  }
  return out;
}

/** Appends histogram samples to the columns. */
export function addHistograms(columns: SampleColumns, list: readonly TimedHistogram[]): void {
  columns.histograms ??= new Array<undefined>(columns.count).fill(undefined);
  columns.ensure(columns.count + list.length);
  for (const h of list) {
    columns.timestamps[columns.count] = h.timestampMs;
    columns.values[columns.count] = 0;
    columns.histograms[columns.count] = h.histogram;
    if (h.startMs !== 0) columns.withStarts()[columns.count] = h.startMs;
    else if (columns.startTimestamps) columns.startTimestamps[columns.count] = 0;
    columns.count++;
  }
}
