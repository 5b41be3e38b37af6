/**
 * What the front remembers of jobs that readers have done: metrics for all, a line of the log for slow ones, and for
 * PromQL a file with every query in the shape of Prometheus' query log, one JSON object a line:
 *
 *   {"time":…,"level":"INFO","msg":"promql query logged","params":{…},"stats":{…},"httpRequest":{…}}
 */

import { closeSync, createWriteStream, openSync, type WriteStream } from 'node:fs';
import type { Logger } from '../base/log.ts';
import type { Counter, Family, HistogramCounter, Telemetry } from '../base/telemetry.ts';
import { TriliteError } from '../model/errors.ts';
import type { EndedJob } from './worker.ts';

export interface QueryLogOptions {
  /** Undefined: PromQL queries are not written down. */
  readonly file: string | undefined;
  /** Jobs that take longer, waiting aside, are told of in the log; 0: none is. */
  readonly slowMs: number;
  readonly log: Logger;
  readonly telemetry: Telemetry;
}

/** Of a query that is shown in the log; the rest of a longer one is cut off. */
const SHOWN_MAX_CHARS = 4096;
/** Lines that wait for a slow disk; more are dropped and counted, since queries must not wait for their log. */
const UNWRITTEN_MAX_BYTES = 16 * 1024 * 1024;
/** Parameters that hold a query's text; the others are shown as one. */
const TEXT_PARAMETERS: readonly string[] = ['query', 'q'];

export class QueryLog {
  #slowMs: number;
  readonly #log: Logger;
  #stream: WriteStream | undefined;
  /** Files that are written no more, until what was noted is in them. */
  readonly #closing = new Set<Promise<void>>();
  readonly #durations: Family<HistogramCounter>;
  readonly #queued: HistogramCounter;
  readonly #failures: Family<Counter>;
  readonly #slow: Family<Counter>;
  readonly #samples: Counter;
  readonly #unwritten: Counter;

  /** Throws `internal` where the file cannot be opened. */
  constructor({ file, slowMs, log, telemetry: t }: QueryLogOptions) {
    this.#slowMs = slowMs;
    this.#log = log;
    const service = ['service'];
    this.#durations = t.histogram('trilite_query_duration_seconds', 'Time of a job in its reader.', service);
    this.#queued = t.histogram('trilite_query_queue_seconds', 'Time that a job waited for a reader.').with();
    this.#failures = t.counter('trilite_query_failures_total', 'Jobs that failed.', ['service', 'reason']);
    this.#slow = t.counter('trilite_slow_queries_total', 'Jobs above the threshold of slow ones.', service);
    this.#samples = t.counter('trilite_query_samples_total', 'Samples that PromQL queries read.').with();
    this.#unwritten = t
      .counter('trilite_query_log_failures_total', 'Lines of the query log that were not written.')
      .with();
    this.#stream = file === undefined ? undefined : this.#open(file);
  }

  /** Whether the file can be written. Throws `internal`. */
  static check(file: string): void {
    closeSync(openLog(file));
  }

  /**
   * Goes by other settings, and opens the file anew in any case: it may have been moved away, as logs are. A file that cannot be
   * opened after all is told of in the log, and nothing is written.
   */
  change({ file, slowMs }: Pick<QueryLogOptions, 'file' | 'slowMs'>): void {
    this.#slowMs = slowMs;
    const closing = this.#end().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    this.#stream = undefined;
    try {
      if (file !== undefined) this.#stream = this.#open(file);
    } catch (error) {
      this.#log.error('queries are not written down', { error });
    }
  }

  #open(file: string): WriteStream {
    const fd = openLog(file);
    const stream = createWriteStream(file, { fd, autoClose: true });
    stream.once('error', (error) => this.#log.error('the query log cannot be written any more', { error }));
    return stream;
  }

  note(job: EndedJob): void {
    const { service, error, tookMs, queuedMs, report } = job;
    this.#durations.with(service).observe(tookMs / 1000);
    this.#queued.observe(queuedMs / 1000);
    this.#samples.add(report?.samplesRead ?? 0);
    if (error !== undefined) {
      const reason = error instanceof TriliteError ? error.kind : 'internal';
      this.#failures.with(service, reason).add();
    }
    if (report?.promql && this.#stream) this.#write(queryLine(job, report.promql));
    if (this.#slowMs > 0 && tookMs > this.#slowMs) {
      this.#slow.with(service).add();
      this.#log.warn('slow query', slowFields(job));
    }
  }

  #write(line: string): void {
    const stream = this.#stream!;
    if (!stream.writable || stream.writableLength > UNWRITTEN_MAX_BYTES) this.#unwritten.add();
    else stream.write(line);
  }

  /** Resolves when what was noted is in the file. */
  async close(): Promise<void> {
    await Promise.all([...this.#closing, this.#end()]);
  }

  async #end(): Promise<void> {
    const stream = this.#stream;
    if (!stream?.writable) return;
    await new Promise<void>((resolve) => stream.end(() => resolve()));
  }
}

function openLog(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (error) {
    throw new TriliteError('internal', `cannot open the query log: ${(error as Error).message}`);
  }
}

type LoggedQuery = NonNullable<NonNullable<EndedJob['report']>['promql']>;

function queryLine({ request, error }: EndedJob, promql: LoggedQuery): string {
  const { query, startMs, endMs, stepMs, stats } = promql;
  const { client } = request;
  const line = {
    time: new Date().toISOString(),
    level: 'INFO',
    msg: 'promql query logged',
    params: { end: dateText(endMs), query, start: dateText(startMs), step: Math.floor(stepMs / 1000) },
    ...(error && { error: error.message }),
    stats,
    ...(client && {
      httpRequest: { clientIP: client.address, method: client.method, path: client.path },
    }),
  };
  return `${JSON.stringify(line)}\n`;
}

/** ISO 8601; milliseconds as a number where a date cannot be that far away. */
function dateText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}

function slowFields({ service, request, tookMs, queuedMs, status, error, report }: EndedJob) {
  const text = request.params.find(([name]) => TEXT_PARAMETERS.includes(name))?.[1];
  const others = request.params.filter(([name]) => !TEXT_PARAMETERS.includes(name));
  return {
    service,
    query: text === undefined ? undefined : shown(text),
    params:
      others.length > 0 ? shown(new URLSearchParams(others as [string, string][]).toString()) : undefined,
    seconds: (tookMs / 1000).toFixed(3),
    queued_seconds: (queuedMs / 1000).toFixed(3),
    series: report?.seriesRead,
    samples: report?.samplesRead,
    peak_samples: report?.peakSamples,
    peak_bytes: report?.peakBytes,
    lines: report?.linesRead,
    bytes: report?.bytesRead,
    status,
    error: error?.message,
    client: request.client?.address,
    path: request.client?.path,
  };
}

function shown(text: string): string {
  return text.length > SHOWN_MAX_CHARS ? `${text.slice(0, SHOWN_MAX_CHARS)}…` : text;
}
