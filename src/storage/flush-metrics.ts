/** Flushing a generation's samples: from runs to blocks, one per time partition. Runs in the writer thread, in slices. */

import { BlockBuilder } from './block/block-builder.ts';
import { addSamples } from './block/metric-chunks.ts';
import { PAGE_RAW_BYTES, partitionOf } from './block/partition.ts';
import { SampleColumns } from './interface.ts';
import { addHistograms, readHistogramSeries } from './select/head-histograms.ts';
import { HeadSamples } from './select/head-samples.ts';
import { runsById } from './select/id-order.ts';
import { orderSamples } from './select/sample-order.ts';
import type { BlockWriter } from './sqlite/block-table.ts';
import { SIGNAL } from './sqlite/schema.ts';
import type { MetricFlush } from './sqlite/writer-protocol.ts';

/** Series between two yields to other work. */
const SLICE_SERIES = 256;

/** Builds the blocks; the caller publishes them. Yields between slices. */
export function* flushMetrics(flush: MetricFlush, writer: BlockWriter): Generator<void, BlockBuilder[]> {
  const blocks = new Map<number, BlockBuilder>();
  const samples = new HeadSamples(runsById(flush));
  const histograms = readHistogramSeries(flush.histograms);
  const columns = new SampleColumns();
  const { ids } = samples.snapshot;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    columns.count = 0;
    columns.histograms = undefined;
    columns.startTimestamps = undefined;
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
