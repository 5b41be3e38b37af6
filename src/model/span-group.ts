/**
 * A group of spans in columns, as TraceQL reads them: a column is loaded when it is first asked for, so that a
 * search pays only for the columns that it names. Rows of one trace are adjacent. Times are nanosecond offsets
 * from `baseMs` (exact up to 104 days).
 */

export interface SpanGroup {
  readonly spanCount: number;
  readonly baseMs: number;
  /** 16 bytes a row. */
  traceIds(): Uint8Array;
}
