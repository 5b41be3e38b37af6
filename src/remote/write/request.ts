/** The seam between a queue and the two versions of the protocol: what is sent of a series, and in which bytes. */

import type { Exemplar } from '../../model/exemplar.ts';
import type { Histogram } from '../../model/histogram.ts';
import type { Labels } from '../../model/labels.ts';
import type { MetricMetadata } from '../../model/metadata.ts';

/** A float sample: entry `index` of the columns of an append. */
export interface SampleAt {
  readonly timestamps: Float64Array;
  readonly valueWords: Uint32Array;
  readonly startTimestamps?: Float64Array | undefined;
}

/** Puts one request together; used again after `take`. `Series` is a series in the form that its requests need. */
export interface RequestWriter<Series> {
  sample(series: Series, samples: SampleAt, index: number, exemplars: readonly Exemplar[]): void;
  histogram(
    series: Series,
    histogram: Histogram,
    timestampMs: number,
    startMs: number,
    exemplars: readonly Exemplar[],
  ): void;
  /** An exemplar without a sample that it came with. */
  exemplar(series: Series, exemplar: Exemplar): void;
  /** The message, valid until more is written; the writer is empty again. */
  take(): Uint8Array;
}

/** A version of the protocol. */
export interface RequestFormat<Series> {
  /** Bytes of the headers' words. */
  readonly contentType: string;
  readonly version: string;
  /** Whether exemplars are written with the sample that they came with, and only so. */
  readonly exemplarsNeedSamples: boolean;
  /** Whether a histogram with bounds of its own can be told. */
  readonly customBuckets: boolean;
  /** Series in memory that `encode` made are void from now on where this is true: they are to be made anew. */
  isFull(): boolean;
  forget(): void;
  encode(labels: Labels): Series;
  /** About how many bytes of memory it takes. */
  sizeOf(series: Series): number;
  writer(): RequestWriter<Series>;
}

/** What the families are. */
export type FamilyLookup = (name: string) => MetricMetadata | undefined;
