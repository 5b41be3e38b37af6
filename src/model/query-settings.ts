/**
 * Settings of queries and the bounds of one, as the configuration gives them to the reader threads. Plain data: it
 * crosses threads.
 */

export interface QuerySettings {
  /** How far back an instant selector looks for its newest sample. */
  readonly lookbackMs: number;
  /** Step of subqueries that name none. */
  readonly subqueryStepMs: number;
  /** Metric names are dropped when the query is done, not by each function. */
  readonly delayNameRemoval: boolean;
  /** Start timestamps of samples tell counter resets. */
  readonly useStartTimestamps: boolean;
  /** Samples that one query may hold at a time. 0: no bound. */
  readonly samplesMax: number;
  /** Bytes that one query may hold at a time: columns, labels, histograms. 0: no bound. */
  readonly bytesMax: number;
  /** Lines, and series of a metric query, in an answer of LogQL; the original's where absent. */
  readonly entriesMax?: number;
  readonly logSeriesMax?: number;
}

/** What one step of a column takes: a float and whether it is there. */
export const COLUMN_STEP_BYTES = 9;
const SAMPLES_MAX = 50_000_000;
/**
 * A little more than the columns of as many samples as a query may hold (450 MB), so that for floats the original's
 * bound decides. This one is met first by what is not counted in samples: histograms and the labels of many series.
 */
const BYTES_MAX = 512 * 1024 * 1024;

/** Prometheus' own, `bytesMax` aside. */
export const DEFAULT_QUERY_SETTINGS: QuerySettings = {
  lookbackMs: 300_000,
  subqueryStepMs: 60_000,
  delayNameRemoval: false,
  useStartTimestamps: false,
  samplesMax: SAMPLES_MAX,
  bytesMax: BYTES_MAX,
};
