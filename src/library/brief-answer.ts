/** An answer in a few lines of text, for people who want to know why it was not the one. */

import type { FoundTrace, LogEntry, Series, Span, VectorItem } from '../client/answer.ts';
import { labelsText } from '../model/correlate/labels.ts';
import { formatRfc3339 } from '../model/time.ts';
import type { AnyAnswer } from './expectation.ts';

/** Items that are shown. */
const ITEMS_MAX = 5;
const LINE_MAX_CHARS = 200;

/** The first line says how much there is. */
export function briefAnswer(answer: AnyAnswer | undefined): string[] {
  if (answer === undefined) return ['none'];
  if (!('kind' in answer)) return items(answer.spans, 'span', spanText);
  switch (answer.kind) {
    case 'vector':
      return items(answer.samples, 'series', sampleText);
    case 'matrix':
      return items(answer.series, 'series', seriesText);
    case 'entries':
      return items(answer.entries, 'line', entryText);
    case 'traces':
      return items(answer.traces, 'trace', traceText);
    case 'scalar':
      return [`the number ${answer.value}`];
    case 'string':
      return [`the text ${JSON.stringify(answer.text)}`];
  }
}

function items<T>(all: readonly T[], noun: string, text: (item: T) => string): string[] {
  const plural = noun === 'series' || all.length === 1 ? noun : `${noun}s`;
  if (all.length === 0) return [`no ${plural}`];
  const lines = all.slice(0, ITEMS_MAX).map((item) => cut(text(item)));
  const more = all.length - lines.length;
  return [`${all.length} ${plural}`, ...lines, ...(more > 0 ? [`… and ${more} more`] : [])];
}

function cut(text: string): string {
  return text.length > LINE_MAX_CHARS ? `${text.slice(0, LINE_MAX_CHARS)}…` : text;
}

function sampleText({ labels, value, histogram }: VectorItem): string {
  const shown = histogram ? `histogram count ${histogram.count} sum ${histogram.sum}` : String(value);
  return `${labelsText(labels)} ${shown}`;
}

function seriesText({ labels, points, histograms }: Series): string {
  const last = points.at(-1);
  const shown = last ? `${last.value} at ${formatRfc3339(last.timeMs)}` : `${histograms.length} histograms`;
  return `${labelsText(labels)} ${points.length + histograms.length} points, the last ${shown}`;
}

function entryText({ labels, line }: LogEntry): string {
  return `${labelsText(labels)} ${line}`;
}

function traceText({ traceId, rootServiceName, rootTraceName, durationMs }: FoundTrace): string {
  return `${traceId} ${rootServiceName}: ${rootTraceName} (${durationMs} ms)`;
}

function spanText({ name, resource, status, startNs, endNs }: Span): string {
  const service = resource['service.name'] ?? '';
  const failed = status === 'error' ? ', error' : '';
  return `${service}: ${name} (${Number(endNs - startNs) / 1e6} ms${failed})`;
}
