/** Builds the batches that storage takes from plain values, for tests. */

import { ByteWriter, utf8Encode } from '../../src/base/bytes.ts';
import {
  type ExemplarSample,
  type FamilyMetadata,
  type HistogramSample,
  KEY_SPACE,
  type LogBatch,
  type MetricBatch,
  type SpanBatch,
} from '../../src/model/batch.ts';
import type { Histogram } from '../../src/model/histogram.ts';
import { Labels } from '../../src/model/labels.ts';
import { setStale, wordsOf } from '../../src/model/sample.ts';
import { TRACE_ID_BYTES } from '../../src/model/span.ts';

export type LabelRecord = Readonly<Record<string, string>>;

export interface TestSample {
  readonly labels: LabelRecord;
  readonly timestampMs: number;
  readonly value: number | 'stale' | Histogram;
  /** 0 or absent: unknown. */
  readonly startMs?: number;
}

export interface TestExemplar {
  readonly series: LabelRecord;
  readonly labels: LabelRecord;
  readonly timestampMs: number;
  readonly value: number;
}

/** Series are numbered in order of their first sample or exemplar, keyed by their canonical labels. */
export function metricBatch(
  samples: readonly TestSample[],
  exemplars: readonly TestExemplar[] = [],
  metadata: readonly FamilyMetadata[] = [],
): MetricBatch {
  const labels: Labels[] = [];
  const index = new Map<string, number>();
  const keys = new ByteWriter();
  const starts: number[] = [];
  const ends: number[] = [];
  const seriesOf = (record: LabelRecord): number => {
    const own = Labels.from(record);
    let at = index.get(own.key());
    if (at === undefined) {
      at = labels.push(own) - 1;
      index.set(own.key(), at);
      starts.push(keys.length);
      own.writeTo(keys);
      ends.push(keys.length);
    }
    return at;
  };
  const floats = samples.filter((s) => typeof s.value !== 'object');
  const values = new Float64Array(floats.length);
  const words = wordsOf(values);
  const sampleSeries = floats.map((s, i) => {
    if (s.value === 'stale') setStale(words, i);
    else values[i] = s.value as number;
    return seriesOf(s.labels);
  });
  const histograms: HistogramSample[] = [];
  for (const { labels: l, timestampMs, value, startMs = 0 } of samples) {
    if (typeof value !== 'object') continue;
    histograms.push({ series: seriesOf(l), timestampMs, startTimestampMs: startMs, histogram: value });
  }
  const exemplarSamples: ExemplarSample[] = exemplars.map((e) => ({
    series: seriesOf(e.series),
    exemplar: { labels: Labels.from(e.labels), timestampMs: e.timestampMs, value: e.value },
  }));
  return {
    space: KEY_SPACE.canonical,
    keys: keys.take(),
    seriesCount: labels.length,
    keyStart: Uint32Array.from(starts),
    keyEnd: Uint32Array.from(ends),
    labels: (i) => labels[i],
    sampleCount: floats.length,
    sampleSeries: Uint32Array.from(sampleSeries),
    timestamps: Float64Array.from(floats, (s) => s.timestampMs),
    values,
    ...(floats.some((s) => s.startMs) && {
      startTimestamps: Float64Array.from(floats, (s) => s.startMs ?? 0),
    }),
    histograms,
    exemplars: exemplarSamples,
    metadata,
  };
}

export interface TestEntry {
  readonly stream: LabelRecord;
  readonly timeMs: number;
  readonly timeNs: number;
  readonly line: string;
  /** Name, value, name, value …; names ascend. */
  readonly metadata: readonly string[];
}

export function logBatch(entries: readonly TestEntry[]): LogBatch {
  const streams: Labels[] = [];
  const index = new Map<string, number>();
  const strings: string[] = [];
  const stringIndex = new Map<string, number>();
  const bytes = new ByteWriter();
  const lineStart: number[] = [];
  const lineEnd: number[] = [];
  const pairs: number[] = [];
  const pairEnd: number[] = [];
  const stream = entries.map((e) => {
    const labels = Labels.from(e.stream);
    let at = index.get(labels.key());
    if (at === undefined) {
      at = streams.push(labels) - 1;
      index.set(labels.key(), at);
    }
    lineStart.push(bytes.length);
    bytes.bytes(utf8Encode(e.line));
    lineEnd.push(bytes.length);
    for (const text of e.metadata) {
      if (!stringIndex.has(text)) stringIndex.set(text, strings.push(text) - 1);
      pairs.push(stringIndex.get(text)!);
    }
    pairEnd.push(pairs.length);
    return at;
  });
  return {
    streams,
    count: entries.length,
    stream: Uint32Array.from(stream),
    timeMs: Float64Array.from(entries, (e) => e.timeMs),
    timeNs: Uint32Array.from(entries, (e) => e.timeNs),
    bytes: bytes.take(),
    lineStart: Uint32Array.from(lineStart),
    lineEnd: Uint32Array.from(lineEnd),
    pairEnd: Uint32Array.from(pairEnd),
    pairs: Uint32Array.from(pairs),
    strings,
  };
}

export interface TestSpan {
  readonly service: string;
  /** Numbers that ids are made of. */
  readonly trace: number;
  readonly span: number;
  readonly name: string;
  readonly startMs: number;
  readonly durationMs: number;
}

export function traceIdOf(trace: number): string {
  return trace.toString(16).padStart(32, '0');
}

/** Writes a message field. */
function field(out: ByteWriter, number: number, message: (inner: ByteWriter) => void): void {
  const inner = new ByteWriter(64);
  message(inner);
  out.varint(number * 8 + 2);
  out.block(inner.view());
}

function textField(out: ByteWriter, number: number, text: string): void {
  out.varint(number * 8 + 2);
  out.text(text);
}

function fixed64Field(out: ByteWriter, number: number, value: bigint): void {
  out.varint(number * 8 + 1);
  out.u32(Number(value & 0xffffffffn));
  out.u32(Number(value >> 32n));
}

function writeSpan(out: ByteWriter, s: TestSpan): void {
  field(out, 1, (id) => id.bytes(Buffer.from(traceIdOf(s.trace), 'hex')));
  field(out, 2, (id) => id.bytes(Buffer.from(s.span.toString(16).padStart(16, '0'), 'hex')));
  textField(out, 5, s.name);
  fixed64Field(out, 7, BigInt(s.startMs) * 1_000_000n + 3n);
  fixed64Field(out, 8, BigInt(s.startMs + s.durationMs) * 1_000_000n + 4n);
}

/** OTLP's protobuf form; a resource per span. */
export function spanBatch(spans: readonly TestSpan[]): SpanBatch {
  const n = spans.length;
  const out = new ByteWriter();
  const batch = {
    resourceCount: n,
    resourceStart: new Uint32Array(n),
    resourceEnd: new Uint32Array(n),
    scopeCount: 1,
    scopeStart: new Uint32Array(1),
    scopeEnd: new Uint32Array(1),
    spanCount: n,
    spanStart: new Uint32Array(n),
    spanEnd: new Uint32Array(n),
    spanResource: Uint32Array.from(spans, (_, i) => i),
    spanScope: new Uint32Array(n),
    traceIds: new Uint8Array(n * TRACE_ID_BYTES),
    startMs: Float64Array.from(spans, (s) => s.startMs),
    endMs: Float64Array.from(spans, (s) => s.startMs + s.durationMs + 1),
  };
  textField(out, 1, 'test');
  batch.scopeEnd[0] = out.length;
  spans.forEach((s, i) => {
    batch.resourceStart[i] = out.length;
    field(out, 1, (attribute) => {
      textField(attribute, 1, 'service.name');
      field(attribute, 2, (value) => textField(value, 1, s.service));
    });
    batch.resourceEnd[i] = out.length;
    batch.spanStart[i] = out.length;
    writeSpan(out, s);
    batch.spanEnd[i] = out.length;
    batch.traceIds.set(Buffer.from(traceIdOf(s.trace), 'hex'), i * TRACE_ID_BYTES);
  });
  return { bytes: out.take(), ...batch };
}
