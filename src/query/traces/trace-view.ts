/**
 * One whole trace, put together from the rows that several groups have of it: row lists, not spans. What only the
 * whole trace can tell (its extent, root names, the tree) is computed when first asked for.
 */

import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import { NO_PARENT as GROUP_NO_PARENT, occurrenceOf, type SpanGroup } from '../../model/span-group.ts';
import { keyOf } from './ids.ts';
import { buildTree, type SpanTree } from './span-tree.ts';

/** Rows [start, end) of a group. */
export interface Segment {
  readonly group: SpanGroup;
  readonly start: number;
  readonly end: number;
}

const KIND_SERVER = 2;
const KIND_CLIENT = 3;

export class TraceView {
  /** Number of spans; span i is row `rows[i]` of `groups[i]`. Spans stand in the order of their starts. */
  readonly count: number;
  readonly groups: readonly SpanGroup[];
  readonly rows: Uint32Array;
  /** Base of the times below, integer ms since 1970. */
  readonly baseMs: number;
  /** ns from `baseMs`. */
  readonly startsNs: Float64Array;
  #tree: SpanTree | undefined;
  #root: number | undefined;
  #endNs: number | undefined;

  /** A span that was received twice (same id and kind) counts once. */
  constructor(segments: readonly Segment[]) {
    const baseMs = segments[0]!.group.baseMs;
    // Fast path: all in one group, whose rows are in order and not repeated.
    if (segments.length === 1) {
      const { group, start, end } = segments[0]!;
      this.baseMs = baseMs;
      this.count = end - start;
      this.groups = new Array<SpanGroup>(end - start).fill(group);
      this.rows = new Uint32Array(end - start);
      for (let i = 0; i < this.count; i++) this.rows[i] = start + i;
      this.startsNs = group.startsNs().subarray(start, end);
      return;
    }
    const groups: SpanGroup[] = [];
    const rows: number[] = [];
    const starts: number[] = [];
    const seen = new Set<string>();
    for (const { group, start, end } of segments) {
      const shiftNs = (group.baseMs - baseMs) * 1e6;
      const startsNs = group.startsNs();
      for (let row = start; row < end; row++) {
        if (repeated(seen, group, row)) continue;
        groups.push(group);
        rows.push(row);
        starts.push(startsNs[row]! + shiftNs);
      }
    }
    const order = Uint32Array.from(rows.keys());
    order.sort((a, b) => starts[a]! - starts[b]! || a - b);
    this.baseMs = baseMs;
    this.count = rows.length;
    this.groups = Array.from(order, (i) => groups[i]!);
    this.rows = Uint32Array.from(order, (i) => rows[i]!);
    this.startsNs = Float64Array.from(order, (i) => starts[i]!);
  }

  durationNs(i: number): number {
    return this.groups[i]!.durationsNs()[this.rows[i]!]!;
  }

  /** Start of the trace, ns from `baseMs`. */
  get startNs(): number {
    let min = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.count; i++) min = Math.min(min, this.startsNs[i]!);
    return min;
  }

  /** End of the last span, ns from `baseMs`. */
  get endNs(): number {
    if (this.#endNs === undefined) {
      let max = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < this.count; i++) max = Math.max(max, this.startsNs[i]! + this.durationNs(i));
      this.#endNs = max;
    }
    return this.#endNs;
  }

  get traceDurationNs(): number {
    return this.endNs - this.startNs;
  }

  /** The tree of the spans. */
  get tree(): SpanTree {
    this.#tree ??= buildTree(this);
    return this.#tree;
  }

  /** Index of the root span that names the trace, or -1: the last without a parent that is not linked as a child. */
  get root(): number {
    if (this.#root === undefined) {
      this.#root = -1;
      for (let i = this.count - 1; i >= 0 && this.#root < 0; i--) {
        if (this.isRoot(i) && !isChildByLink(this.groups[i]!, this.rows[i]!)) this.#root = i;
      }
    }
    return this.#root;
  }

  isRoot(i: number): boolean {
    return this.groups[i]!.parentRows()[this.rows[i]!] === GROUP_NO_PARENT;
  }

  /** Name of the root span, '' without root. */
  get rootName(): string {
    if (this.root < 0) return '';
    const { indexes, strings } = this.groups[this.root]!.names();
    return strings[indexes[this.rows[this.root]!]!]!;
  }

  /** Service of the root span, '' without root or service. */
  get rootServiceName(): string {
    return this.root < 0 ? '' : serviceName(this.groups[this.root]!, this.rows[this.root]!);
  }

  spanKey(i: number): string {
    return keyOf(this.groups[i]!.spanIds(), this.rows[i]! * SPAN_ID_BYTES, SPAN_ID_BYTES);
  }

  parentKey(i: number): string {
    return keyOf(this.groups[i]!.parentIds(), this.rows[i]! * SPAN_ID_BYTES, SPAN_ID_BYTES);
  }

  isServer(i: number): boolean {
    return this.groups[i]!.kinds()[this.rows[i]!] === KIND_SERVER;
  }

  isClient(i: number): boolean {
    return this.groups[i]!.kinds()[this.rows[i]!] === KIND_CLIENT;
  }
}

function repeated(seen: Set<string>, group: SpanGroup, row: number): boolean {
  const key = `${keyOf(group.spanIds(), row * SPAN_ID_BYTES, SPAN_ID_BYTES)}${group.kinds()[row]}`;
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}

/** `service.name` of the span's resource, '' where it has none. */
export function serviceName(group: SpanGroup, row: number): string {
  for (const column of group.resources.attributes.of('service.name')) {
    if (column.type !== 'string') continue;
    const at = occurrenceOf(column, group.resourceRows()[row]!);
    const { indexes, strings } = column.values();
    if (at >= 0) return strings[indexes[at]!]!;
  }
  return '';
}

/** A span without parent id that links to its own trace as `child_of` is no root. */
function isChildByLink(group: SpanGroup, row: number): boolean {
  const { links } = group;
  if (links.count === 0) return false;
  for (const column of links.attributes.of('opentracing.ref_type')) {
    if (column.type !== 'string') continue;
    const { indexes, strings } = column.values();
    const spanRows = links.spanRows();
    const linkRows = column.rows();
    for (let i = 0; i < column.count; i++) {
      const link = linkRows[i]!;
      if (spanRows[link] !== row || strings[indexes[i]!] !== 'child_of') continue;
      const own = keyOf(group.traceIds(), row * TRACE_ID_BYTES, TRACE_ID_BYTES);
      if (keyOf(links.traceIds(), link * TRACE_ID_BYTES, TRACE_ID_BYTES) === own) return true;
    }
  }
  return false;
}
