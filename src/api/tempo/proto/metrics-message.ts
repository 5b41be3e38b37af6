/** Answers of metrics queries as protobuf: `tempopb.QueryRangeResponse` and `QueryInstantResponse`. */

import { utf8Encode } from '../../../base/bytes.ts';
import { WIRE } from '../../../base/protobuf.ts';
import { ProtoWriter } from '../../../base/protobuf-writer.ts';
import type { Exemplar, Grid, Label, Series } from '../../../query/traces/metrics/series.ts';
import type { MetricsAnswer } from '../metrics-service.ts';
import { MessageList, nested, ONE_JOB, searchMetrics } from './message-list.ts';
import { keyValue } from './value-message.ts';

const PARTIAL = 1;

/** 1 series {1 labels, 2 samples, 4 exemplars}, 2 metrics, 3 status, 4 message. */
export function rangeMessages(answer: MetricsAnswer, maxBytes: number): Uint8Array[] {
  const { grid } = answer;
  return seriesMessages(answer, maxBytes, (out, series) => {
    for (let i = 0; i < grid.count; i++) {
      if (series.present[i]) nested(out, 2, () => point(out, 1, 2, series.values[i]!, timeMs(grid, i)));
    }
    for (const exemplar of series.exemplars) nested(out, 4, () => exemplarFields(out, exemplar));
  });
}

/** 1 series {1 labels, 2 value}, the others as above. */
export function instantMessages(answer: MetricsAnswer, maxBytes: number): Uint8Array[] {
  return seriesMessages(answer, maxBytes, (out, { values }) => doubleField(out, 2, values[0]!));
}

function seriesMessages(
  { series, partial }: MetricsAnswer,
  maxBytes: number,
  write: (out: ProtoWriter, series: Series) => void,
): Uint8Array[] {
  const list = new MessageList(searchMetrics(ONE_JOB), maxBytes);
  for (const one of series) {
    const out = new ProtoWriter(1024);
    if (one.name !== undefined) keyValue(out, 1, '__name__', { type: 'string', value: one.name });
    writeLabels(out, one.labels);
    write(out, one);
    list.add(1, out.take());
  }
  return list.take((last) => {
    if (partial === undefined) return;
    last.uint32Field(3, PARTIAL);
    last.bytesField(4, utf8Encode(partial));
  });
}

function writeLabels(out: ProtoWriter, labels: readonly Label[]): void {
  for (const [key, value] of labels) keyValue(out, 1, key, value);
}

/** Exemplar: 1 labels, 2 value, 3 timestamp_ms. */
function exemplarFields(out: ProtoWriter, { labels, value, timestampMs }: Exemplar): void {
  writeLabels(out, labels);
  point(out, 2, 3, value, timestampMs);
}

function point(out: ProtoWriter, valueField: number, timeField: number, value: number, ms: number): void {
  doubleField(out, valueField, value);
  if (ms === 0) return;
  out.tag(timeField, WIRE.varint);
  out.varint64(BigInt(ms));
}

function timeMs(grid: Grid, step: number): number {
  return Number((grid.firstNs + BigInt(step) * BigInt(grid.stepNs)) / 1_000_000n);
}

function doubleField(out: ProtoWriter, field: number, value: number): void {
  // Minus zero is not the default.
  if (Object.is(value, 0)) return;
  out.tag(field, WIRE.fixed64);
  out.f64(value);
}
