/** What the services' three ways of logging have in common. Which way a line goes, the code that logs does not know. */

import { trace } from '@opentelemetry/api';

export type Level = 'info' | 'warn' | 'error';
export type Fields = Readonly<Record<string, string | number>>;

export interface Logger {
  /** A line with named values; it belongs to the trace that is active where it is logged. */
  log(level: Level, message: string, fields?: Fields, error?: Error): void;
  /** Brings out what is still held back. */
  close(): Promise<void>;
}

/** The ids under which a log line and its trace find each other, empty outside of any trace. */
export function traceIds(): Readonly<Record<string, string>> {
  const span = trace.getActiveSpan()?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
}
