/**
 * Messages of remote read that have samples in them, as remote-write has them too:
 *
 *   TimeSeries  1 labels {1 name, 2 value}  2 samples {1 value, 2 time ms}  4 histograms
 *
 * Zeros are left out; floats go out as words, so that the stale marker keeps its bits.
 */

import { WIRE } from '../../../base/protobuf.ts';
import { ProtoWriter } from '../../../base/protobuf-writer.ts';
import { writeHistogramMessage } from '../../../model/histogram-message.ts';
import type { Labels } from '../../../model/labels.ts';
import { wordsOf } from '../../../model/sample.ts';
import type { SampleColumns } from '../../../storage/interface.ts';
import { isIntegerChunk } from './histogram-chunk.ts';

const inner = new ProtoWriter(1024);
const innermost = new ProtoWriter(1024);

export function writeInt64(out: ProtoWriter, field: number, value: number): void {
  if (value === 0) return;
  out.tag(field, WIRE.varint);
  if (value > 0) out.varint(value);
  else out.varint64(BigInt(value));
}

function writeText(out: ProtoWriter, field: number, value: string): void {
  if (value === '') return;
  out.tag(field, WIRE.length);
  out.text(value);
}

/** The labels as field 1, repeated. */
export function writeLabels(out: ProtoWriter, labels: Labels): void {
  const { pairs } = labels;
  for (let i = 0; i < pairs.length; i += 2) {
    innermost.clear();
    writeText(innermost, 1, pairs[i]!);
    writeText(innermost, 2, pairs[i + 1]!);
    out.bytesField(1, innermost.view());
  }
}

/** Samples `[from, to)` of a series as a TimeSeries. */
export function writeTimeSeries(
  out: ProtoWriter,
  labels: Labels,
  columns: SampleColumns,
  from: number,
  to: number,
): void {
  const { timestamps, histograms } = columns;
  const words = wordsOf(columns.values);
  writeLabels(out, labels);
  for (let i = from; i < to; i++) {
    inner.clear();
    const histogram = histograms?.[i];
    if (histogram) writeHistogramMessage(inner, histogram, timestamps[i]!, 0, isIntegerChunk(histogram));
    else {
      writeWords(inner, 1, words[2 * i]!, words[2 * i + 1]!);
      writeInt64(inner, 2, timestamps[i]!);
    }
    out.bytesField(histogram ? 4 : 2, inner.view());
  }
}

function writeWords(out: ProtoWriter, field: number, low: number, high: number): void {
  if (low === 0 && high === 0) return;
  out.tag(field, WIRE.fixed64);
  out.u32(low);
  out.u32(high);
}
