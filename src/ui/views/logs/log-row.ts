/** One line on view, and what is told from its labels: its level, its service, its trace. */

import type { Labels } from '../../../model/correlate/labels.ts';
import { serviceOf } from '../../../model/correlate/service.ts';
import { type FoundTrace, findTraceId, isTraceIdField } from '../../../model/correlate/trace-id.ts';
import type { LogStream } from '../../api/loki-data.ts';

export interface LogRow {
  /** Of this row alone, on this page. */
  readonly id: number;
  /** Nanoseconds, as text. */
  readonly ns: string;
  readonly ms: number;
  readonly line: string;
  readonly stream: Labels;
  /** Structured metadata. */
  readonly metadata: Labels;
  /** What the query's parsers found. */
  readonly parsed: Labels;
}

const NONE: Labels = {};
let lastId = 0;

/** In the order of the answer: sorted by whoever needs an order. */
export function rowsOf(streams: readonly LogStream[]): LogRow[] {
  return streams.flatMap(({ stream, values }) =>
    values.map(([ns, line, categories]) => ({
      id: ++lastId,
      ns,
      ms: Number(ns.slice(0, -6)),
      line,
      stream,
      metadata: categories?.structuredMetadata ?? NONE,
      parsed: categories?.parsed ?? NONE,
    })),
  );
}

/** Times as texts of digits: the longer is later. */
export function compareNs(a: string, b: string): number {
  if (a === b) return 0;
  return a.length === b.length ? (a < b ? -1 : 1) : a.length - b.length;
}

/** What a row shows, all its labels and the line: equal ones at one moment are the same, or cannot be told apart. */
export function contentOf({ stream, metadata, parsed, line }: LogRow): string {
  return JSON.stringify([line, stream, metadata, parsed]);
}

/** Every label once; what is nearest to the line wins. */
export function allLabels({ stream, metadata, parsed }: LogRow): Labels {
  return { ...stream, ...metadata, ...parsed };
}

export function rowService(row: LogRow): string | undefined {
  return serviceOf(row.stream) ?? serviceOf(allLabels(row));
}

/** The trace that the line belongs to, by a field of that name, or by an id in its text. */
export function rowTrace(row: LogRow): FoundTrace | undefined {
  const labels = allLabels(row);
  const named = Object.entries(labels).find(([name, value]) => isTraceIdField(name, value));
  if (!named) return findTraceId(row.line);
  const span = Object.entries(labels).find(([name]) => /^span[_.-]?id$/i.test(name))?.[1];
  const traceId = named[1].toLowerCase();
  return span !== undefined && /^[0-9a-f]{1,16}$/i.test(span)
    ? { traceId, spanId: span.toLowerCase() }
    : { traceId };
}
