/** What remote read sends of a series' samples: chunks of bounded length, floats apart from histograms. */

import { CHUNK_ENCODING } from '../../../model/remote-read-wire.ts';
import type { SampleColumns } from '../../../storage/interface.ts';
import { encodeHistogramChunk, isIntegerChunk, runEnd } from './histogram-chunk.ts';
import { encodeXorChunk } from './xor-chunk.ts';

/** Prometheus' own chunks end here, and its clients are made for such. */
export const CHUNK_SAMPLES_MAX = 120;

export interface WireChunk {
  readonly minMs: number;
  readonly maxMs: number;
  readonly encoding: number;
  readonly data: Uint8Array;
}

/** Samples `[from, to)` of the columns, ascending in time. */
export function wireChunks(columns: SampleColumns, from: number, to: number): WireChunk[] {
  const { timestamps, histograms } = columns;
  const chunks: WireChunk[] = [];
  for (let at = from; at < to; ) {
    const max = Math.min(to, at + CHUNK_SAMPLES_MAX);
    let end = at + 1;
    let encoding: number = CHUNK_ENCODING.xor;
    let data: Uint8Array;
    const first = histograms?.[at];
    if (histograms && first) {
      end = runEnd(histograms, at, max);
      encoding = isIntegerChunk(first) ? CHUNK_ENCODING.histogram : CHUNK_ENCODING.floatHistogram;
      data = encodeHistogramChunk(timestamps, histograms, at, end);
    } else {
      while (end < max && !histograms?.[end]) end++;
      data = encodeXorChunk(timestamps, columns.values, at, end);
    }
    chunks.push({ minMs: timestamps[at]!, maxMs: timestamps[end - 1]!, encoding, data });
    at = end;
  }
  return chunks;
}
