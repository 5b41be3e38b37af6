/** Data points of OTLP metrics as the decoder hands them to the translator. */

import type { Exemplar } from '../../model/exemplar.ts';
import type { TextAttribute } from '../decode/otlp-attributes.ts';

export interface OtlpPoint {
  readonly attributes: readonly TextAttribute[];
  readonly timeMs: number;
  readonly startMs: number;
  /** The flag "no recorded value": a stale marker. */
  readonly stale: boolean;
  readonly exemplars: readonly Exemplar[];
}

export interface NumberPoint extends OtlpPoint {
  readonly value: number;
}

export interface HistogramPoint extends OtlpPoint {
  readonly count: number;
  readonly sum: number | undefined;
  readonly bucketCounts: readonly number[];
  readonly bounds: readonly number[];
}

export interface SummaryPoint extends OtlpPoint {
  readonly count: number;
  readonly sum: number;
  /** Quantile and value alternating. */
  readonly quantiles: readonly number[];
}
