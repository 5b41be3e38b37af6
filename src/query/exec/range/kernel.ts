/**
 * A range kernel turns the windows of one series into one value per step: it folds `[lo[i], hi[i])` of the
 * samples for every step `i`, all steps in one call, so that a family that can slide does. A step without an
 * answer stays absent. One file of this folder per family.
 *
 * Times are in the units of the grid (milliseconds for metrics, nanosecond offsets for logs), ascending. Floats
 * and native histograms of a series come apart, each with windows of its own.
 */

import type { Histogram } from '../../../model/histogram.ts';
import type { Labels } from '../../../model/labels.ts';
import type { Column } from '../operator.ts';
import type { WindowGrid } from '../window.ts';

export interface HistogramWindows {
  readonly count: number;
  readonly times: Float64Array;
  readonly samples: readonly Histogram[];
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
  /** Start timestamps in the grid's units, 0 unknown; undefined where no sample has one. */
  readonly startTimes: Float64Array | undefined;
}

export interface RangeInput extends WindowGrid {
  readonly labels: Labels;
  readonly count: number;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
  readonly startTimes: Float64Array | undefined;
  readonly histograms: HistogramWindows | undefined;
  /** Another number for other `times`: what a kernel derives from times and windows alone holds for the same number. */
  readonly timesVersion: number;
  /** Units of the grid in a second. */
  readonly unitsPerSecond: number;
}

/** Takes what a user should know about the series at hand; the operator adds the place in the query. */
export interface Notes {
  warn(text: string): void;
  info(text: string): void;
}

/** `out` comes cleared, with its labels set. */
export type RangeKernel = (input: RangeInput, out: Column, notes: Notes) => void;

export const NO_NOTES: Notes = { warn() {}, info() {} };
