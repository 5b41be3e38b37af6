/**
 * Trilite as a library, for tests: a whole server in the calling process (docs/library.md).
 *
 *   await using sink = await startTrilite();
 *
 * Importing it loads next to nothing. Starting begins with the thread that takes longest, and loads the rest meanwhile.
 */

import { startWorker } from './base/worker-pool.ts';
import { loadLibrary } from './library/load-library.ts';
import type { TriliteOptions } from './library/options.ts';
import type { Sink } from './library/sink.ts';

export type {
  AttributeSet,
  AttributeValue,
  FoundSpan,
  FoundSpanSet,
  FoundTrace,
  HistogramPoint,
  LabelSet,
  LogEntry,
  LogqlAnswer,
  Point,
  PromqlAnswer,
  Series,
  Span,
  SpanEvent,
  SpanKind,
  SpanLink,
  SpanStatus,
  Trace,
  TraceqlAnswer,
  VectorItem,
} from './client/answer.ts';
export type { PortOptions, ScrapeOptions, TriliteOptions } from './library/options.ts';
export type * from './library/sink.ts';

/**
 * Starts a Trilite in this process, on a free port of 127.0.0.1, in memory unless it is said otherwise. Any number may run at the
 * same time. Rejects where the configuration is wrong or a port is taken.
 */
export async function startTrilite(options: TriliteOptions = {}): Promise<Sink> {
  const writerThread = startWorker('writer', undefined);
  const { startSink } = await loadLibrary();
  return startSink(options, writerThread);
}
