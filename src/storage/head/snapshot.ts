/**
 * What a reader asks the front for, and gets: the part of the heads that its SQLite snapshot does not hold. A
 * reader opens its snapshot first, then asks with the newest generation that the snapshot has flushed; the front
 * answers with the generations after that. So nothing is seen twice and nothing is missed.
 */

import type { MatcherData } from '../../model/matcher.ts';
import type { MetricMetadata } from '../../model/metadata.ts';
import type { RunSnapshot } from './metric-runs.ts';
import type { PackedSeries } from './packed-labels.ts';

export type HeadRequest =
  | {
      /** `streams`: which there are and when, without their entries. */
      readonly kind: 'metrics' | 'logs' | 'streams' | 'exemplars';
      readonly flushedGeneration: number;
      /** Only what came in later generations is wanted; below `flushedGeneration` it says nothing. */
      readonly after: number;
      readonly matchers: readonly MatcherData[];
    }
  | { readonly kind: 'traces'; readonly flushedGeneration: number; readonly after: number }
  | { readonly kind: 'metadata'; readonly after: number };

export interface MetricHeadAnswer {
  /** Those that the snapshot's series table does not have yet. */
  readonly newSeries: PackedSeries;
  /** Oldest first, series in no order; a series without floats in a generation is not in it. */
  readonly generations: readonly (RunSnapshot & { readonly histograms: Uint8Array })[];
}

export interface LogHeadAnswer {
  /** Those that the snapshot's series table does not have yet. */
  readonly newSeries: PackedSeries;
  readonly generations: readonly {
    readonly slabs: readonly SharedArrayBuffer[];
    /** As in `LogFlush.segments`. */
    readonly segments: Float64Array;
  }[];
}

export interface StreamHeadAnswer {
  readonly newSeries: PackedSeries;
  /** Id, smallest and largest time of a stream, one after another; a stream once per generation. */
  readonly times: readonly Float64Array[];
}

export interface TraceHeadAnswer {
  readonly generations: readonly {
    readonly generation: number;
    readonly slabs: readonly SharedArrayBuffer[];
    readonly rowSlabs: readonly SharedArrayBuffer[];
    readonly places: Float64Array;
    readonly spans: number;
    readonly minMs: number;
    readonly maxMs: number;
  }[];
}

export interface ExemplarHeadAnswer {
  /** Those that the snapshot's series table does not have yet. */
  readonly newSeries: PackedSeries;
  readonly exemplars: readonly {
    readonly id: number;
    readonly timestampMs: number;
    readonly value: number;
    readonly labels: Uint8Array;
  }[];
}

export interface MetadataHeadAnswer {
  readonly metadata: readonly (readonly [family: string, entries: readonly MetricMetadata[]])[];
}

export interface HeadAnswers {
  metrics: MetricHeadAnswer;
  logs: LogHeadAnswer;
  streams: StreamHeadAnswer;
  exemplars: ExemplarHeadAnswer;
  traces: TraceHeadAnswer;
  metadata: MetadataHeadAnswer;
}

/** How a reader reaches the front. */
export type AskHead = <K extends keyof HeadAnswers>(
  request: HeadRequest & { kind: K },
) => Promise<HeadAnswers[K]>;
