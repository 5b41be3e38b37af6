/** What Loki's query API answers, as plain shapes. Times of lines are nanoseconds as text: numbers cannot hold them. */

import type { Labels } from '../../model/correlate/labels.ts';

export interface LineCategories {
  readonly structuredMetadata?: Labels;
  readonly parsed?: Labels;
}

export type LogValue = readonly [ns: string, line: string, categories?: LineCategories];

export interface LogStream {
  readonly stream: Labels;
  readonly values: readonly LogValue[];
}

/** A frame of a tail; `dropped_entries` is null or missing where nothing was dropped. */
export interface TailFrame {
  readonly streams: readonly LogStream[];
  readonly dropped_entries?: readonly unknown[] | null;
}

/** Newest first, or oldest first. */
export type Direction = 'backward' | 'forward';

/** Lines from `startNs` on and before `endNs`. */
export interface LogQuestion {
  readonly query: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly limit: number;
  readonly direction: Direction;
}

export interface DetectedField {
  readonly label: string;
  readonly type: string;
  readonly cardinality: number;
  /** Which parsers find it; null for structured metadata. */
  readonly parsers: readonly string[] | null;
}

export interface LogPattern {
  /** `<_>` stands for what differs. */
  readonly pattern: string;
  readonly level?: string;
  readonly samples: readonly (readonly [seconds: number, count: number])[];
}
