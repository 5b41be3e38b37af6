/**
 * WAL records of metrics: what one append added to the head, in decoded form. Series are named by id; an id is
 * defined (with its canonical labels) in the first record that uses it. Layout in docs/format/wal.md.
 *
 *   u8 kind=1 | definitions | samples: n, id deltas, time deltas, n × 8 value bytes | histograms | exemplars | metadata
 *   u8 kind=5 | the same    | start timestamps: runs of equal ones | those of the histograms
 */

import { ByteError, type ByteReader, type ByteWriter, readCount } from '../../base/bytes.ts';
import type { FamilyMetadata } from '../../model/batch.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import type { Histogram } from '../../model/histogram.ts';
import { Labels } from '../../model/labels.ts';
import type { MetricType } from '../../model/metadata.ts';
import { readHistogram, writeHistogram } from '../chunkenc/histogram-record.ts';

/** `packedLogs`: lines are ranges of a compressed body. `startedMetrics`: some sample has a start timestamp. */
export const WAL_KIND = { metrics: 1, logs: 2, traces: 3, packedLogs: 4, startedMetrics: 5 } as const;

export function isMetricKind(kind: number): boolean {
  return kind === WAL_KIND.metrics || kind === WAL_KIND.startedMetrics;
}

/** Ids and canonical bytes of the series that a record is the first to use. */
export interface Definitions {
  readonly ids: readonly number[];
  readonly labels: readonly Labels[];
}

export function writeDefinitions(out: ByteWriter, definitions: Definitions): void {
  out.varint(definitions.ids.length);
  for (let i = 0; i < definitions.ids.length; i++) {
    out.varint(definitions.ids[i]!);
    out.block(definitions.labels[i]!.toBytes());
  }
}

export function readDefinitions(
  input: ByteReader,
  define: (id: number, canonical: Uint8Array) => void,
): void {
  const n = input.varint();
  for (let i = 0; i < n; i++) {
    const id = input.varint();
    define(id, input.block());
  }
}

interface HistogramRow {
  readonly id: number;
  readonly timestampMs: number;
  /** 0 unknown. */
  readonly startMs: number;
  readonly histogram: Histogram;
}

export interface MetricRecord {
  readonly definitions: Definitions;
  readonly count: number;
  /** Id and time of each sample, and its value bits (word 2i low half). */
  readonly ids: Uint32Array;
  readonly timestamps: Float64Array;
  readonly valueWords: Uint32Array;
  /** Start timestamps in ms, 0 where unknown; undefined when no sample has one. */
  readonly startTimestamps?: Float64Array | undefined;
  readonly histograms: readonly HistogramRow[];
  readonly exemplars: readonly { id: number; exemplar: Exemplar }[];
  readonly metadata: readonly FamilyMetadata[];
}

export function encodeMetricRecord(out: ByteWriter, r: MetricRecord): void {
  const starts = r.startTimestamps?.subarray(0, r.count);
  const hasStarts = starts?.some((s) => s !== 0) || r.histograms.some((h) => h.startMs !== 0);
  out.u8(hasStarts ? WAL_KIND.startedMetrics : WAL_KIND.metrics);
  writeDefinitions(out, r.definitions);
  out.varint(r.count);
  let id = 0;
  let time = 0;
  for (let i = 0; i < r.count; i++) {
    out.zigzag(r.ids[i]! - id);
    out.zigzag(r.timestamps[i]! - time);
    id = r.ids[i]!;
    time = r.timestamps[i]!;
  }
  out.bytes(new Uint8Array(r.valueWords.buffer, r.valueWords.byteOffset, r.count * 8));
  out.varint(r.histograms.length);
  for (const h of r.histograms) {
    out.varint(h.id);
    out.zigzag(h.timestampMs);
    writeHistogram(out, h.histogram);
  }
  out.varint(r.exemplars.length);
  for (const { id: series, exemplar } of r.exemplars) {
    out.varint(series);
    out.zigzag(exemplar.timestampMs);
    out.f64(exemplar.value);
    exemplar.labels.writeTo(out);
  }
  out.varint(r.metadata.length);
  for (const m of r.metadata) for (const s of [m.family, m.type, m.help, m.unit]) out.text(s);
  if (!hasStarts) return;
  writeStarts(out, starts ?? new Float64Array(r.count));
  for (const h of r.histograms) out.zigzag(h.startMs);
}

/** Runs of equal start timestamps, as the samples of one sender mostly have: length, difference to the run before. */
function writeStarts(out: ByteWriter, starts: Float64Array): void {
  let before = 0;
  for (let i = 0; i < starts.length; ) {
    let end = i + 1;
    while (end < starts.length && starts[end] === starts[i]) end++;
    out.varint(end - i);
    out.zigzag(starts[i]! - before);
    before = starts[i]!;
    i = end;
  }
}

function readStarts(input: ByteReader, count: number): Float64Array {
  const starts = new Float64Array(count);
  let start = 0;
  for (let i = 0; i < count; ) {
    const length = input.varint();
    if (length === 0 || length > count - i) throw new ByteError(`${length} start timestamps`, input.pos);
    start += input.zigzag();
    starts.fill(start, i, i + length);
    i += length;
  }
  return starts;
}

/** Reads what follows the kind byte; `define` is called before anything that uses the id. */
export function decodeMetricRecord(
  kind: number,
  input: ByteReader,
  define: (id: number, canonical: Uint8Array) => void,
): Omit<MetricRecord, 'definitions'> {
  readDefinitions(input, define);
  // Two varints of a byte at least, and the value.
  const count = readCount(input, 10);
  const ids = new Uint32Array(count);
  const timestamps = new Float64Array(count);
  let id = 0;
  let time = 0;
  for (let i = 0; i < count; i++) {
    ids[i] = id += input.zigzag();
    timestamps[i] = time += input.zigzag();
  }
  // Copied to an aligned buffer, so that it can be read as words.
  const valueWords = new Uint32Array(input.bytes(count * 8).slice().buffer);
  let histograms: HistogramRow[] = [];
  for (let n = input.varint(); n > 0; n--) {
    const series = input.varint();
    const timestampMs = input.zigzag();
    histograms.push({ id: series, timestampMs, startMs: 0, histogram: readHistogram(input) });
  }
  const exemplars: { id: number; exemplar: Exemplar }[] = [];
  for (let n = input.varint(); n > 0; n--) {
    const series = input.varint();
    const timestampMs = input.zigzag();
    const value = input.f64();
    exemplars.push({ id: series, exemplar: { timestampMs, value, labels: Labels.readFrom(input) } });
  }
  const metadata: FamilyMetadata[] = [];
  for (let n = input.varint(); n > 0; n--) {
    const family = input.text();
    const type = input.text() as MetricType;
    const help = input.text();
    metadata.push({ family, type, help, unit: input.text() });
  }
  let startTimestamps: Float64Array | undefined;
  if (kind === WAL_KIND.startedMetrics) {
    startTimestamps = readStarts(input, count);
    histograms = histograms.map((h) => ({ ...h, startMs: input.zigzag() }));
  }
  return { count, ids, timestamps, valueWords, startTimestamps, histograms, exemplars, metadata };
}
