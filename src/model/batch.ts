/**
 * Batches: what decoding makes of a request and storage takes in, in columns. A batch belongs to whoever made it
 * until it is appended; storage copies what it keeps, so the request's buffer may be reused afterwards.
 *
 * Series are named by a *key*: bytes that stand for the label set, in whatever form the wire has them, so that a
 * known series is found by hashing those bytes, without a string. Only for a key seen for the first time does
 * storage ask for the labels. Equal keys of one `space` always mean equal labels. Whoever sends the same series again and
 * again needs no keys: storage gives it *handles*.
 *
 * Times of logs and spans are two columns: integer milliseconds (floor) and the nanoseconds within it, 0…999999.
 */

import type { Exemplar } from './exemplar.ts';
import type { Histogram } from './histogram.ts';
import type { Labels } from './labels.ts';
import type { MetricMetadata } from './metadata.ts';

/** Key spaces: keys of different spaces are never compared. */
export const KEY_SPACE = {
  /** `Labels.toBytes()`. */
  canonical: 0,
  /** The label fields of a remote-write 1.0 TimeSeries, tags included, as they stood in the body. */
  remoteWrite1: 1,
  /** The same bytes as `canonical`, of remote-write 2.0. */
  remoteWrite2: 2,
  /** What `ingest/translate/series-keys.ts` makes of an OTLP point. */
  otlp: 3,
  /** Numbers of series that are derived from spans (`derive/sample-batch.ts`). */
  derived: 4,
} as const;

export interface MetricBatch {
  readonly space: number;
  /** The buffer that keys point into. */
  readonly keys: Uint8Array;
  readonly seriesCount: number;
  /** Series i has the key `keys[keyStart[i], keyEnd[i])`. */
  readonly keyStart: Uint32Array;
  readonly keyEnd: Uint32Array;
  /** With these, keys are not looked at and may be missing. */
  readonly handles?: SeriesHandles;
  /**
   * The labels of series i, made when its key is new. Throws `TriliteError` (`bad_data`) where they are not
   * valid: its samples are then refused as `invalid_labels`. Undefined: the series is skipped in silence.
   */
  labels(i: number): Labels | undefined;

  readonly sampleCount: number;
  /** Series index of each sample. */
  readonly sampleSeries: Uint32Array;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  /** Created/start timestamps in ms, 0 where unknown; absent when no sample has one. */
  readonly startTimestamps?: Float64Array;

  readonly histograms: readonly HistogramSample[];
  readonly exemplars: readonly ExemplarSample[];
  readonly metadata: readonly FamilyMetadata[];
  /** A sample older than the newest of its series is refused as `out_of_order`, whatever the settings: results of rules. */
  readonly inOrderOnly?: boolean;
}

/** By series: what storage found it under the last time. Storage fills in what it finds; 0 is nothing yet. */
export interface SeriesHandles {
  /** A place in memory, plus 1, which may have become another series' since … */
  readonly places: Uint32Array;
  /** … so the series' number in the database is needed with it. */
  readonly ids: Uint32Array;
}

export interface HistogramSample {
  readonly series: number;
  readonly timestampMs: number;
  readonly startTimestampMs: number;
  readonly histogram: Histogram;
}

export interface ExemplarSample {
  readonly series: number;
  readonly exemplar: Exemplar;
  /** Its entry has no floats before it: dropped where its series is not known from before, or from an entry before. */
  readonly beforeSamples?: boolean;
}

export interface FamilyMetadata extends MetricMetadata {
  readonly family: string;
}

export interface LogBatch {
  readonly streams: readonly Labels[];
  readonly count: number;
  /** Stream index of each entry. */
  readonly stream: Uint32Array;
  readonly timeMs: Float64Array;
  readonly timeNs: Uint32Array;
  /** Line i is `bytes[lineStart[i], lineEnd[i])`, UTF-8. */
  readonly bytes: Uint8Array;
  readonly lineStart: Uint32Array;
  readonly lineEnd: Uint32Array;
  /** Structured metadata of entry i: `pairs[pairEnd[i-1], pairEnd[i])`, name and value alternating, as indexes into `strings`; names ascend. */
  readonly pairEnd: Uint32Array;
  readonly pairs: Uint32Array;
  readonly strings: readonly string[];
  /** All of `bytes` as it came compressed: the WAL keeps that instead of the lines. */
  readonly packed?: { readonly codec: 'snappy'; readonly bytes: Uint8Array };
}

/**
 * Spans in OTLP's protobuf form (opentelemetry.proto.trace.v1), which is also their form in the WAL and the
 * head: what comes as protobuf is sliced, never decoded on the front; other protocols are encoded to it. `bytes`
 * holds Resource, InstrumentationScope and Span messages; equal resource bytes mean one resource.
 */
export interface SpanBatch {
  readonly bytes: Uint8Array;
  readonly resourceCount: number;
  readonly resourceStart: Uint32Array;
  readonly resourceEnd: Uint32Array;
  readonly scopeCount: number;
  readonly scopeStart: Uint32Array;
  readonly scopeEnd: Uint32Array;
  readonly spanCount: number;
  readonly spanStart: Uint32Array;
  readonly spanEnd: Uint32Array;
  /** Index of each span's resource and scope. */
  readonly spanResource: Uint32Array;
  readonly spanScope: Uint32Array;
  /** 16 bytes a span; validated: 16 bytes long and not all zero. */
  readonly traceIds: Uint8Array;
  /** Floor of the start and ceiling of the end, in ms (end ≥ start). */
  readonly startMs: Float64Array;
  readonly endMs: Float64Array;
}

/** The batch as a plain object, field by field, to be spread: a decoder's own may be of a class. */
export function plainBatch(batch: MetricBatch): MetricBatch {
  return {
    space: batch.space,
    keys: batch.keys,
    seriesCount: batch.seriesCount,
    keyStart: batch.keyStart,
    keyEnd: batch.keyEnd,
    ...(batch.handles && { handles: batch.handles }),
    labels: (i) => batch.labels(i),
    sampleCount: batch.sampleCount,
    sampleSeries: batch.sampleSeries,
    timestamps: batch.timestamps,
    values: batch.values,
    ...(batch.inOrderOnly && { inOrderOnly: true }),
    ...(batch.startTimestamps && { startTimestamps: batch.startTimestamps }),
    histograms: batch.histograms,
    exemplars: batch.exemplars,
    metadata: batch.metadata,
  };
}
