/** One thing that a query found, whatever its signal: a series, a line, a span. What can be expected of any is asked of this shape. */

import type { AttributeValue, LabelSet, LogEntry, Series, Span, VectorItem } from '../client/answer.ts';

export interface Item {
  readonly kind: 'series' | 'line' | 'span';
  /** The metric's name, the line, the span's name. */
  readonly text: string;
  /** Labels with structured metadata and what was parsed, or attributes with those of the resource. */
  readonly labels: LabelSet;
  /** Of a series: its last one. */
  readonly value?: number;
}

export function vectorItem({ labels, value, histogram }: VectorItem): Item {
  // Of a native histogram what counts is how many it counted.
  return seriesItem(labels, histogram ? histogram.count : value);
}

export function matrixItem({ labels, points, histograms }: Series): Item {
  return seriesItem(labels, points.at(-1)?.value ?? histograms.at(-1)?.count ?? Number.NaN);
}

function seriesItem(labels: LabelSet, value: number): Item {
  return { kind: 'series', text: labels.__name__ ?? '', labels, value };
}

export function lineItem({ line, labels, structuredMetadata, parsed }: LogEntry): Item {
  return { kind: 'line', text: line, labels: { ...labels, ...structuredMetadata, ...parsed } };
}

/** Beside its attributes a span has what TraceQL calls its intrinsics, where no attribute has the name. */
export function spanItem(span: Span): Item {
  const own: Record<string, string> = { kind: span.kind, status: span.status };
  if (span.statusMessage !== '') own.statusMessage = span.statusMessage;
  if (span.scope.name !== '') own['otel.scope.name'] = own['otel.library.name'] = span.scope.name;
  if (span.scope.version !== '') own['otel.scope.version'] = span.scope.version;
  for (const attributes of [span.resource, span.attributes]) {
    for (const [key, value] of Object.entries(attributes)) own[key] = attributeText(value);
  }
  return { kind: 'span', text: span.name, labels: own };
}

export function attributeText(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return String(value);
  return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner));
}

/** Longer texts are cut in messages. */
const TEXT_MAX = 200;
/** Labels of a span or line that are shown. */
const LABELS_MAX = 8;

/** As it stands in a message, on one line. */
export function itemText(item: Item): string {
  const labels = Object.entries(item.labels).filter(([name]) => name !== '__name__');
  const shown = labels.slice(0, LABELS_MAX).map(([name, value]) => `${name}=${JSON.stringify(cut(value))}`);
  if (labels.length > LABELS_MAX) shown.push(`… ${labels.length - LABELS_MAX} more`);
  const set = `{${shown.join(', ')}}`;
  if (item.kind === 'series') return `${item.text}${set} ${item.value}`;
  return `${JSON.stringify(cut(item.text))} ${set}`;
}

export function cut(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}
