/** Flushing a generation's samples: from runs to blocks, one per time partition. Runs in the writer thread, in slices. */

import { ByteReader } from '../base/bytes.ts';
import type { Histogram } from '../model/histogram.ts';
import { BlockBuilder } from './block/block-builder.ts';
import { addSamples } from './block/metric-chunks.ts';
import { PAGE_RAW_BYTES, partitionOf } from './block/partition.ts';
import { readHistogram } from './chunkenc/histogram-record.ts';
import { SampleColumns } from './interface.ts';
import { HeadSamples } from './select/head-samples.ts';
import { orderSamples } from './select/sample-order.ts';
import type { BlockWriter } from './sqlite/block-table.ts';
import { SIGNAL } from './sqlite/schema.ts';
import type { MetricFlush } from './sqlite/writer-protocol.ts';

/** Series between two yields to other work. */
const SLICE_SERIES = 256;

/** Builds the blocks; the caller publishes them. Yields between slices. */
export function* flushMetrics(flush: MetricFlush, writer: BlockWriter): Generator<void, BlockBuilder[]> {
  const blocks = new Map<number, BlockBuilder>();
  const samples = new HeadSamples(flush);
  const histograms = readHistogramSeries(flush.histograms);
  const columns = new SampleColumns();
  for (let i = 0; i < flush.ids.length; i++) {
    const id = flush.ids[i]!;
    columns.count = 0;
    columns.histograms = undefined;
    samples.read(i, columns);
    const own = histograms.get(id);
    if (own) addHistograms(columns, own);
    orderSamples(columns);
    for (let from = 0; from < columns.count; ) {
      const partition = partitionOf('metrics', columns.timestamps[from]!);
      let to = from + 1;
      while (to < columns.count && partitionOf('metrics', columns.timestamps[to]!) === partition) to++;
      let block = blocks.get(partition);
      if (!block) blocks.set(partition, (block = newBlock(writer, partition, flush.generation)));
      addSamples(block, id, columns, from, to);
      from = to;
    }
    if (i % SLICE_SERIES === SLICE_SERIES - 1) yield;
  }
  for (const block of blocks.values()) block.finish();
  return [...blocks.values()];
}

function newBlock(writer: BlockWriter, partitionMs: number, generation: number): BlockBuilder {
  return new BlockBuilder(writer, {
    signal: SIGNAL.metrics,
    level: 0,
    partitionMs,
    generation,
    pageRawBytes: PAGE_RAW_BYTES.metrics,
  });
}

export interface TimedHistogram {
  readonly timestampMs: number;
  readonly histogram: Histogram;
}

/** Reads `MetricFlush.histograms`: id → samples in the order in which they came. */
export function readHistogramSeries(bytes: Uint8Array): Map<number, TimedHistogram[]> {
  const out = new Map<number, TimedHistogram[]>();
  const input = new ByteReader(bytes);
  while (!input.done) {
    const id = input.varint();
    const list: TimedHistogram[] = [];
    let time = 0;
    for (let n = input.varint(); n > 0; n--) {
      time += input.zigzag();
      list.push({ timestampMs: time, histogram: readHistogram(input) });
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
    columns.count++;
  }
}
