/** A trace as a tree of its spans, each with a bar where and for how long it ran; errors are marked. */

import type { AttributeSet, AttributeValue, Span, Trace } from '../../client/answer.ts';
import { cellsOf, cut, fill, paint, plain, STYLES } from '../print/cells.ts';
import { printClock, printDuration } from '../print/times.ts';
import type { GraphStyle } from './line-graph.ts';

const NAME_SHARE = 0.5;
const DURATION_CELLS = 10;
/** Where lines are not to be cut. */
const BAR_CELLS_MAX = 60;
const NAME_CELLS_MAX = 80;
/** Deeper ones are drawn at this depth. */
const DEPTH_MAX = 40;

export interface WaterfallStyle extends Omit<GraphStyle, 'height'> {
  /** With attributes, resources and events. */
  readonly all: boolean;
}

interface Row {
  readonly span: Span;
  readonly depth: number;
  /** The lines of the tree before the name. */
  readonly branch: string;
  /** The same for what stands below the span. */
  readonly below: string;
}

/** Lines, none wider than the style's width. */
export function waterfall(trace: Trace, style: WaterfallStyle): string[] {
  const rows = treeOf(trace.spans, style.ascii);
  const start = trace.spans.reduce(
    (least, { startNs }) => (startNs < least ? startNs : least),
    trace.spans[0]!.startNs,
  );
  const end = trace.spans.reduce((most, { endNs }) => (endNs > most ? endNs : most), start);
  const errors = trace.spans.filter(({ status }) => status === 'error').length;
  const services = new Set(trace.spans.map(serviceOf)).size;
  const counts = [
    printDuration(Number(end - start)),
    counted(trace.spans.length, 'span'),
    counted(services, 'service'),
    counted(errors, 'error'),
  ];
  const when = printClock(Number(start / 1_000_000n), style.utc);
  const title = `${trace.traceId}  ${when}  ${counts.join(', ')}`;
  const names = rows.map(nameOf);
  const widest = Math.max(...names.map(cellsOf));
  const nameCells = Math.min(widest, NAME_CELLS_MAX, Math.floor(style.width * NAME_SHARE));
  const barCells = Math.min(BAR_CELLS_MAX, style.width - nameCells - DURATION_CELLS - 4);
  const lines = [cut(title, style.width)];
  for (const [at, row] of rows.entries()) {
    lines.push(spanLine(row, names[at]!, { start, end, nameCells, barCells }, style));
    if (style.all) lines.push(...details(row, start, style));
  }
  return lines;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function serviceOf({ resource }: Span): string {
  return String(resource['service.name'] ?? '');
}

function nameOf({ span, branch }: Row): string {
  const mark = span.status === 'error' ? '✗ ' : '';
  const service = serviceOf(span);
  return `${branch}${mark}${plain(span.name)}${service === '' ? '' : `  ${plain(service)}`}`;
}

interface Layout {
  readonly start: bigint;
  readonly end: bigint;
  readonly nameCells: number;
  readonly barCells: number;
}

function spanLine({ span }: Row, name: string, layout: Layout, style: WaterfallStyle): string {
  const color = span.status === 'error' ? STYLES.red : undefined;
  const duration = printDuration(Number(span.endNs - span.startNs));
  const label = style.ascii ? name.replace('✗', '!') : name;
  if (layout.barCells < 2) return paint(cut(`${label}  ${duration}`, style.width), color, style.color);
  const bar = fill(barOf(span, layout, style.ascii), layout.barCells);
  const shown = paint(fill(label, layout.nameCells), color, style.color);
  return `${shown}  ${paint(bar, color ?? STYLES.cyan, style.color)}  ${fill(duration, DURATION_CELLS, 'right')}`;
}

function barOf({ startNs, endNs }: Span, { start, end, barCells }: Layout, ascii: boolean): string {
  const total = Number(end - start) || 1;
  const from = Math.min(barCells - 1, Math.floor((Number(startNs - start) / total) * barCells));
  const length = Math.max(1, Math.round((Number(endNs - startNs) / total) * barCells));
  return ' '.repeat(Math.max(0, from)) + (ascii ? '=' : '█').repeat(Math.min(length, barCells - from));
}

/** Depth first, children by their start. Spans whose parent is not there are roots; none is lost or shown twice. */
function treeOf(spans: readonly Span[], ascii: boolean): Row[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const children = new Map<string, Span[]>();
  const roots: Span[] = [];
  for (const span of spans) {
    const isRoot = !ids.has(span.parentSpanId) || span.parentSpanId === span.spanId;
    if (isRoot) roots.push(span);
    else if (!children.get(span.parentSpanId)?.push(span)) children.set(span.parentSpanId, [span]);
  }
  const [tee, end, line, none] = ascii ? ['|- ', '`- ', '|  ', '   '] : ['├─ ', '└─ ', '│  ', '   '];
  const rows: Row[] = [];
  const seen = new Set<Span>();
  const walk = (first: readonly Row[]) => {
    const stack = first.toReversed();
    for (let row = stack.pop(); row; row = stack.pop()) {
      if (seen.has(row.span)) continue;
      seen.add(row.span);
      const own = children.get(row.span.spanId) ?? [];
      rows.push(row);
      const { depth, below } = row;
      const isDeep = depth >= DEPTH_MAX;
      const next = own.map((span, at) => {
        const isLast = at === own.length - 1;
        const branch = isDeep ? row.branch : below + (isLast ? end! : tee!);
        return { span, depth: depth + 1, branch, below: isDeep ? below : below + (isLast ? none! : line!) };
      });
      stack.push(...next.reverse());
    }
  };
  walk(roots.map((span) => ({ span, depth: 0, branch: '', below: '' })));
  // Spans that are each other's parents have no root.
  for (const span of spans) if (!seen.has(span)) walk([{ span, depth: 0, branch: '', below: '' }]);
  return rows;
}

function details({ span, below }: Row, start: bigint, { width, color }: WaterfallStyle): string[] {
  const told = [`${span.spanId}  ${span.kind}  +${printDuration(Number(span.startNs - start))}`];
  if (span.status !== 'unset')
    told.push(`status ${span.status}${span.statusMessage && `: ${span.statusMessage}`}`);
  told.push(...attributeLines(span.attributes, ''));
  told.push(...attributeLines(span.resource, 'resource.'));
  for (const event of span.events) {
    const when = printDuration(Number(event.timeNs - span.startNs));
    told.push(`event +${when} ${event.name}`, ...attributeLines(event.attributes, '  '));
  }
  for (const link of span.links) told.push(`link ${link.traceId} ${link.spanId}`);
  return told.map((line) => {
    const before = cut(`${below}    `, width);
    return before + paint(cut(plain(line), width - cellsOf(before)), STYLES.dim, color);
  });
}

function attributeLines(attributes: AttributeSet, prefix: string): string[] {
  return Object.entries(attributes).map(([name, value]) => `${prefix}${name} = ${printAttribute(value)}`);
}

/** Texts as they are, lists and maps as JSON. */
export function printAttribute(value: AttributeValue): string {
  if (typeof value !== 'object') return String(value);
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));
}
