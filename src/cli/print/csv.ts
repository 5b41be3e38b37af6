/** Answers as CSV (RFC 4180): a head, then one row a sample, line, trace or span; lines end in CR LF. */

import type { LabelSet, LogEntry, Series, Trace, VectorItem } from '../../client/answer.ts';
import type { Answer } from '../query-ask.ts';
import { printTimeMs, printTimeNs } from './times.ts';
import { printValue } from './values.ts';

type Row = readonly string[];

export function csvText(rows: readonly Row[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The head first. */
export function csvRows(answer: Answer): Row[] {
  switch (answer.kind) {
    case 'vector':
      return sampleRows(answer.samples.map(asSeries));
    case 'matrix':
      return sampleRows(answer.series);
    case 'scalar':
      return [
        ['time', 'value'],
        [printTimeMs(answer.timeMs), printValue(answer.value)],
      ];
    case 'string':
      return [
        ['time', 'value'],
        [printTimeMs(answer.timeMs), answer.text],
      ];
    case 'entries':
      return lineRows(answer.entries);
    case 'traces':
      return [
        ['trace_id', 'start', 'duration_ms', 'root_service', 'root_name', 'matched_spans'],
        ...answer.traces.map((trace) => [
          trace.traceId,
          printTimeNs(trace.startNs),
          String(trace.durationMs),
          trace.rootServiceName,
          trace.rootTraceName,
          String(trace.spanSets.reduce((sum, { matched }) => sum + matched, 0)),
        ]),
      ];
    case 'trace':
      return spanRows(answer.trace);
    case 'names':
      return [[answer.what], ...answer.names.map((name) => [name])];
    case 'labelSets': {
      const names = labelNames(answer.sets);
      return [names, ...answer.sets.map((set) => names.map((name) => set[name] ?? ''))];
    }
  }
}

function asSeries({ labels, timeMs, value, histogram }: VectorItem): Series {
  if (histogram) return { labels, points: [], histograms: [histogram] };
  return { labels, points: [{ timeMs, value }], histograms: [] };
}

/** Of all, ascending. */
export function labelNames(sets: readonly LabelSet[]): string[] {
  return [...new Set(sets.flatMap((set) => Object.keys(set)))].sort();
}

/** A histogram has its count and its sum instead of a value; its buckets are in JSON alone. */
function sampleRows(series: readonly Series[]): Row[] {
  const names = labelNames(series.map(({ labels }) => labels));
  const hasHistograms = series.some(({ histograms }) => histograms.length > 0);
  const head = ['time', ...names, 'value', ...(hasHistograms ? ['count', 'sum'] : [])];
  const rows: Row[] = [head];
  for (const { labels, points, histograms } of series) {
    const own = names.map((name) => labels[name] ?? '');
    for (const { timeMs, value } of points) {
      rows.push([printTimeMs(timeMs), ...own, printValue(value), ...(hasHistograms ? ['', ''] : [])]);
    }
    for (const { timeMs, count, sum } of histograms) {
      rows.push([printTimeMs(timeMs), ...own, '', printValue(count), printValue(sum)]);
    }
  }
  return rows;
}

function lineRows(entries: readonly LogEntry[]): Row[] {
  const all = entries.map(({ labels, structuredMetadata, parsed }) => ({
    ...labels,
    ...structuredMetadata,
    ...parsed,
  }));
  const names = labelNames(all);
  return [
    ['time', ...names, 'line'],
    ...entries.map(({ timeNs, line }, at) => [
      printTimeNs(timeNs),
      ...names.map((name) => all[at]![name] ?? ''),
      line,
    ]),
  ];
}

function spanRows({ spans }: Trace): Row[] {
  const head = ['trace_id', 'span_id', 'parent_span_id', 'start', 'duration_ns'];
  return [
    [...head, 'service', 'name', 'kind', 'status', 'status_message'],
    ...spans.map((span) => [
      span.traceId,
      span.spanId,
      span.parentSpanId,
      printTimeNs(span.startNs),
      String(span.endNs - span.startNs),
      String(span.resource['service.name'] ?? ''),
      span.name,
      span.kind,
      span.status,
      span.statusMessage,
    ]),
  ];
}
