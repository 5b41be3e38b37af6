/** Writes the samples of one series into a block under construction, as chunks of bounded length. */

import type { Histogram } from '../../model/histogram.ts';
import { encodeHistogramChunk, encodeSeriesChunk } from '../chunkenc/series-chunk.ts';
import type { SampleColumns } from '../interface.ts';
import type { BlockBuilder } from './block-builder.ts';

/** A query decodes whole chunks: long ones compress better, short ones waste less on a short range. */
const CHUNK_SAMPLES = 512;

/** Adds samples `[from, to)` of the columns. Floats and histograms go into chunks of their own. */
export function addSamples(
  block: BlockBuilder,
  series: number,
  columns: SampleColumns,
  from: number,
  to: number,
): void {
  if (columns.histograms?.slice(from, to).some((h) => h !== undefined)) {
    addMixed(block, series, columns, from, to);
    return;
  }
  const { timestamps, values } = columns;
  for (let at = from; at < to; at += CHUNK_SAMPLES) {
    const end = Math.min(to, at + CHUNK_SAMPLES);
    const options = { table: block.timestamps, startTimestamps: columns.startTimestamps };
    block.add(series, timestamps[at]!, timestamps[end - 1]!, end - at, (body) =>
      encodeSeriesChunk(body, timestamps, values, at, end, options),
    );
  }
}

function addMixed(
  block: BlockBuilder,
  series: number,
  columns: SampleColumns,
  from: number,
  to: number,
): void {
  const { timestamps, values, histograms } = columns;
  const options = { table: block.timestamps, startTimestamps: columns.startTimestamps };
  for (let at = from; at < to; ) {
    const isHistogram = histograms![at] !== undefined;
    let end = at + 1;
    while (end < to && end - at < CHUNK_SAMPLES && (histograms![end] !== undefined) === isHistogram) end++;
    block.add(series, timestamps[at]!, timestamps[end - 1]!, end - at, (body) => {
      if (isHistogram)
        encodeHistogramChunk(body, timestamps, histograms as readonly Histogram[], at, end, options);
      else encodeSeriesChunk(body, timestamps, values, at, end, options);
    });
    at = end;
  }
}
