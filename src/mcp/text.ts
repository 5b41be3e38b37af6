/** Answers as texts for a model: dense, in a fixed order, bounded. What is left out is said. */

import type {
  AttributeSet,
  AttributeValue,
  FoundTrace,
  LabelSet,
  LogEntry,
  Series,
  Span,
  Trace,
  VectorItem,
} from '../client/answer.ts';
import { secondsText } from '../compare/words.ts';
import { labelsText } from '../model/correlate/labels.ts';

/** Of one answer: some thousand tokens. */
const TEXT_MAX_CHARS = 24_000;
/** Of one line of a log, or one value of an attribute. */
const PIECE_MAX_CHARS = 500;
const POINTS_MAX = 24;

/** Cut at a line's end. */
export function bounded(text: string): string {
  if (text.length <= TEXT_MAX_CHARS) return text;
  const end = text.lastIndexOf('\n', TEXT_MAX_CHARS);
  const left = text.slice(end).split('\n').length - 1;
  return `${text.slice(0, end)}\n… ${left} more lines were cut: ask for less (a narrower query, a lower limit, a shorter range)`;
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

function nsText(ns: bigint): string {
  return timeText(Number(ns / 1_000_000n));
}

/** Pairs that all have, which are told once, and each one's others. */
function withoutShared(all: readonly LabelSet[]): {
  readonly shared: LabelSet;
  readonly own: readonly LabelSet[];
} {
  const [first = {}, ...others] = all;
  const shared = Object.fromEntries(
    others.length === 0
      ? []
      : Object.entries(first).filter(([key, value]) => others.every((labels) => labels[key] === value)),
  );
  const own = all.map((labels) =>
    Object.fromEntries(Object.entries(labels).filter(([key]) => !(key in shared))),
  );
  return { shared, own };
}

function sharedText(shared: LabelSet): string[] {
  return Object.keys(shared).length === 0 ? [] : [`all with ${labelsText(shared)}`];
}

export function vectorText(samples: readonly VectorItem[]): string {
  if (samples.length === 0) return 'no series';
  const { shared, own } = withoutShared(samples.map(({ labels }) => labels));
  const lines = samples.map(({ value, histogram }, i) => {
    const shown = histogram ? `histogram count ${histogram.count}, sum ${histogram.sum}` : String(value);
    return `${labelsText(own[i]!)} ${shown}`;
  });
  return [`${samples.length} series`, ...sharedText(shared), ...lines].join('\n');
}

export function seriesText(series: readonly Series[]): string {
  if (series.length === 0) return 'no series';
  const { shared, own } = withoutShared(series.map(({ labels }) => labels));
  const lines = series.map(({ points, histograms }, i) => {
    const values = points.map(({ value }) => value).filter((value) => !Number.isNaN(value));
    const sum = values.reduce((total, value) => total + value, 0);
    const facts =
      values.length === 0
        ? `${histograms.length} histograms`
        : `min ${short(Math.min(...values))}, mean ${short(sum / values.length)}, max ${short(Math.max(...values))}, ${points.length} points`;
    const every = Math.max(1, Math.ceil(points.length / POINTS_MAX));
    const shown = points.filter((_, p) => (points.length - 1 - p) % every === 0);
    const told = shown
      .map(({ timeMs, value }) => `${timeText(timeMs).slice(11, 19)} ${short(value)}`)
      .join(', ');
    return `${labelsText(own[i]!)}: ${facts}\n  ${told}`;
  });
  const [{ points }] = series as [Series];
  const range =
    points.length > 0 ? [`from ${timeText(points[0]!.timeMs)} to ${timeText(points.at(-1)!.timeMs)}`] : [];
  return [`${series.length} series`, ...range, ...sharedText(shared), ...lines].join('\n');
}

function short(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

export function entriesText(entries: readonly LogEntry[], limit: number): string {
  if (entries.length === 0) return 'no lines';
  const { shared, own } = withoutShared(entries.map(({ labels }) => labels));
  const lines = entries.map(({ timeNs, line, structuredMetadata }, i) => {
    const { trace_id: trace, detected_level: level } = structuredMetadata;
    const labels = Object.keys(own[i]!).length > 0 ? ` ${labelsText(own[i]!)}` : '';
    const known = [level === 'unknown' ? undefined : level, trace && `trace=${trace}`].filter(Boolean);
    return `${nsText(timeNs)}${known.length > 0 ? ` [${known.join(' ')}]` : ''}${labels} ${piece(line)}`;
  });
  const cut = entries.length >= limit ? ` (limit ${limit}: there may be more)` : '';
  return [`${entries.length} lines${cut}`, ...sharedText(shared), ...lines].join('\n');
}

export function tracesText(traces: readonly FoundTrace[], limit: number): string {
  if (traces.length === 0) return 'no traces';
  const lines = traces.flatMap((trace) => {
    const { traceId, rootServiceName, rootTraceName, startNs, durationMs, spanSets, services } = trace;
    const errors = Object.values(services).reduce((sum, one) => sum + one.errors, 0);
    const spans = Object.values(services).reduce((sum, one) => sum + one.spans, 0);
    const failed = errors > 0 ? `, ${errors} failed` : '';
    const head = `${traceId} ${nsText(startNs)} ${secondsText(durationMs / 1000)} ${rootServiceName}: ${rootTraceName} (${spans} spans${failed})`;
    const matched = spanSets.flatMap((set) =>
      set.spans.map(({ spanId, name, durationNs, attributes }) => {
        const own = Object.keys(attributes).length > 0 ? ` ${attributesText(attributes)}` : '';
        return `  span ${spanId} ${name} ${secondsText(Number(durationNs) / 1e9)}${own}`;
      }),
    );
    return [head, ...matched];
  });
  const cut = traces.length >= limit ? ` (limit ${limit}: there may be more)` : '';
  return [`${traces.length} traces${cut}`, ...lines].join('\n');
}

/** Spans below their parents, each with when it began, how long it took and what is known of it. */
export function traceText({ traceId, spans }: Trace): string {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const below = Map.groupBy(spans, ({ parentSpanId }) => (known.has(parentSpanId) ? parentSpanId : ''));
  const first = spans.reduce((least, { startNs }) => (startNs < least ? startNs : least), spans[0]!.startNs);
  const last = spans.reduce((most, { endNs }) => (endNs > most ? endNs : most), first);
  const lines: string[] = [];
  const shown = new Set<Span>();
  // Not by recursion: a trace may be a chain of any length.
  const open = (below.get('') ?? []).map((span) => ({ span, depth: 0 })).reverse();
  for (let next = open.pop(); next; next = open.pop()) {
    const { span, depth } = next;
    if (shown.has(span)) continue;
    shown.add(span);
    lines.push(...spanLines(span, depth, first));
    for (const child of (below.get(span.spanId) ?? []).toReversed())
      open.push({ span: child, depth: depth + 1 });
  }
  // Parents of each other, which no root leads to.
  for (const span of spans) if (!shown.has(span)) lines.push(...spanLines(span, 0, first));
  const took = secondsText(Number(last - first) / 1e9);
  return [`trace ${traceId}: ${spans.length} spans, from ${nsText(first)}, ${took}`, ...lines].join('\n');
}

/** Deeper levels stand at this one's place. */
const DEPTH_MAX = 40;

function spanLines(span: Span, depth: number, firstNs: bigint): string[] {
  const indent = '  '.repeat(Math.min(depth, DEPTH_MAX));
  const at = secondsText(Number(span.startNs - firstNs) / 1e9);
  const took = secondsText(Number(span.endNs - span.startNs) / 1e9);
  const failed = span.status === 'error' ? ` ERROR ${piece(span.statusMessage)}` : '';
  const head = `${indent}- ${span.resource['service.name'] ?? ''}: ${span.name} (${span.kind}) +${at} ${took}${failed} [${span.spanId}]`;
  const own =
    Object.keys(span.attributes).length > 0 ? [`${indent}    ${attributesText(span.attributes)}`] : [];
  const events = span.events.map(({ name, timeNs, attributes }) => {
    const when = secondsText(Number(timeNs - firstNs) / 1e9);
    return `${indent}    event ${name} +${when} ${attributesText(attributes)}`.trimEnd();
  });
  return [head, ...own, ...events];
}

function attributesText(attributes: AttributeSet): string {
  return Object.entries(attributes)
    .map(([key, value]) => `${key}=${valueText(value)}`)
    .join(' ');
}

function valueText(value: AttributeValue): string {
  if (typeof value === 'bigint') return String(value);
  const plain = JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
  return piece(plain);
}

function piece(text: string): string {
  const line = text.replaceAll(/[\r\n]+/g, ' ⏎ ');
  return line.length <= PIECE_MAX_CHARS
    ? line
    : `${line.slice(0, PIECE_MAX_CHARS)}… (${line.length} characters)`;
}
