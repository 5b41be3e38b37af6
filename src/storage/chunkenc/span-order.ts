/**
 * The order of spans in a group: by trace id, then start time. Traces are told apart by hashing their ids, so that
 * only the distinct ids are sorted and each trace's few spans by themselves. Of spans that are equal in all they say, their
 * resource and scope too, one stays, so that a batch that was sent again counts once.
 */

import { ProtoReader } from '../../base/protobuf.ts';
import { canonicalKey } from '../../model/canonical.ts';
import { OTLP_MESSAGES } from '../../model/otlp-schema.ts';
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import type { SpanRows } from '../../model/span-rows.ts';
import { Interner } from './interner.ts';

const TAG_SPAN_ID = 18;
const TAG_START = 57;

/** Traces of so many spans are sorted by insertion, which costs no call into the engine. */
const INSERTED_MAX = 32;

const SPAN = OTLP_MESSAGES.get('Span')!;
const RESOURCE = OTLP_MESSAGES.get('Resource')!;
const SCOPE = OTLP_MESSAGES.get('InstrumentationScope')!;

/** Rows in their final order, with their start times. */
export interface SortedRows {
  readonly rows: SpanRows;
  readonly order: Uint32Array;
  readonly startLow: Uint32Array;
  readonly startHigh: Uint32Array;
  /** Trace number (in order of ids) of each input row. */
  readonly trace: Uint32Array;
}

export function sortRows(rows: SpanRows): SortedRows {
  const n = rows.count;
  const startLow = new Uint32Array(n);
  const startHigh = new Uint32Array(n);
  /** Where each span's id is in its batch. */
  const idAt = new Uint32Array(n);
  const readers = rows.batches.map((b) => new ProtoReader(b.bytes));
  for (let i = 0; i < n; i++) {
    const b = rows.batch[i]!;
    const s = rows.span[i]!;
    const batch = rows.batches[b]!;
    const r = readers[b]!;
    r.seek(batch.spanStart[s]!, batch.spanEnd[s]!);
    while (r.pos < r.end) {
      const tag = r.tag();
      if (tag === TAG_START) {
        r.fixed64();
        startLow[i] = r.low;
        startHigh[i] = r.high;
      } else if (tag === TAG_SPAN_ID) {
        r.range();
        idAt[i] = r.from;
      } else r.skip();
    }
  }
  const { trace, starts } = tracesInOrder(rows) ?? tracesOf(rows);
  const next = starts.slice();
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[next[trace[i]!]!++] = i;
  // Spans of one id and start become neighbours, so that the same span sent twice is found.
  const compare = (a: number, b: number): number =>
    startHigh[a]! - startHigh[b]! || startLow[a]! - startLow[b]! || compareIds(rows, idAt, a, b);
  for (let t = 0; t + 1 < starts.length; t++) {
    const from = starts[t]!;
    const to = starts[t + 1]!;
    if (to - from > INSERTED_MAX) order.subarray(from, to).sort((a, b) => compare(a, b) || a - b);
    else insertionSort(order, from, to, compare);
  }
  const kept = dropDuplicates(rows, order, (a, b) => trace[a] === trace[b] && compare(a, b) === 0);
  return { rows, order: kept, startLow, startHigh, trace };
}

/** Stable. */
function insertionSort(
  order: Uint32Array,
  from: number,
  to: number,
  compare: (a: number, b: number) => number,
): void {
  for (let k = from + 1; k < to; k++) {
    const row = order[k]!;
    let at = k;
    for (; at > from && compare(order[at - 1]!, row) > 0; at--) order[at] = order[at - 1]!;
    order[at] = row;
  }
}

function compareIds(rows: SpanRows, idAt: Uint32Array, a: number, b: number): number {
  const x = rows.batches[rows.batch[a]!]!.bytes;
  const y = rows.batches[rows.batch[b]!]!.bytes;
  for (let k = 0; k < SPAN_ID_BYTES; k++) {
    const order = x[idAt[a]! + k]! - y[idAt[b]! + k]!;
    if (order !== 0) return order;
  }
  return 0;
}

/** Trace number of each row, and the first position of each trace in order, then the count of rows. */
interface Traces {
  readonly trace: Uint32Array;
  readonly starts: Uint32Array;
}

/** Fast path: rows that stand in the order of their trace ids already, as a flush gives them. */
function tracesInOrder(rows: SpanRows): Traces | undefined {
  const n = rows.count;
  const trace = new Uint32Array(n);
  const starts: number[] = n === 0 ? [] : [0];
  for (let i = 1; i < n; i++) {
    const order = compareTraces(rows, i - 1, i);
    if (order > 0) return undefined;
    if (order < 0) starts.push(i);
    trace[i] = starts.length - 1;
  }
  starts.push(n);
  return { trace, starts: Uint32Array.from(starts) };
}

function compareTraces(rows: SpanRows, a: number, b: number): number {
  const x = rows.batches[rows.batch[a]!]!.traceIds;
  const y = rows.batches[rows.batch[b]!]!.traceIds;
  const from = rows.span[a]! * TRACE_ID_BYTES;
  const at = rows.span[b]! * TRACE_ID_BYTES;
  for (let k = 0; k < TRACE_ID_BYTES; k++) {
    const order = x[from + k]! - y[at + k]!;
    if (order !== 0) return order;
  }
  return 0;
}

function tracesOf(rows: SpanRows): Traces {
  const n = rows.count;
  const ids = new Interner(Math.max(8, 1 << Math.ceil(Math.log2(n / 8 + 1))));
  const seen = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const s = rows.span[i]!;
    seen[i] = ids.add(rows.batches[rows.batch[i]!]!.traceIds, s * TRACE_ID_BYTES, (s + 1) * TRACE_ID_BYTES);
  }
  const { rank, starts } = rankTraces(ids, seen);
  return { trace: seen.map((t) => rank[t]!), starts };
}

/** Order of the distinct trace ids, and the first position of each, then the count of rows. */
function rankTraces(ids: Interner, seen: Uint32Array): { rank: Uint32Array; starts: Uint32Array } {
  const bytes = Buffer.from(ids.bytes().buffer);
  const count = ids.size;
  // Six bytes are exact in a float64 and tell nearly all ids apart.
  const prefix = Float64Array.from({ length: count }, (_, t) => bytes.readUIntBE(t * TRACE_ID_BYTES, 6));
  const sorted = Uint32Array.from({ length: count }, (_, t) => t).sort((a, b) => {
    if (prefix[a] !== prefix[b]) return prefix[a]! - prefix[b]!;
    const from = b * TRACE_ID_BYTES;
    const at = a * TRACE_ID_BYTES;
    return bytes.compare(bytes, from, from + TRACE_ID_BYTES, at, at + TRACE_ID_BYTES);
  });
  const rank = new Uint32Array(count);
  for (let k = 0; k < count; k++) rank[sorted[k]!] = k;
  const starts = new Uint32Array(count + 1);
  for (const t of seen) starts[rank[t]! + 1]!++;
  for (let t = 0; t < count; t++) starts[t + 1]! += starts[t]!;
  return { rank, starts };
}

/** Finds what a span says, resource and scope included, as a text; those of a batch are worked out once. */
class WholeKeys {
  readonly #rows: SpanRows;
  readonly #resources: (string | undefined)[][];
  readonly #scopes: (string | undefined)[][];

  constructor(rows: SpanRows) {
    this.#rows = rows;
    this.#resources = rows.batches.map(() => []);
    this.#scopes = rows.batches.map(() => []);
  }

  key(i: number): string {
    const b = this.#rows.batch[i]!;
    const batch = this.#rows.batches[b]!;
    const s = this.#rows.span[i]!;
    const r = batch.spanResource[s]!;
    const c = batch.spanScope[s]!;
    const { bytes } = batch;
    const resources = this.#resources[b]!;
    const scopes = this.#scopes[b]!;
    resources[r] ??= canonicalKey(RESOURCE, bytes.subarray(batch.resourceStart[r]!, batch.resourceEnd[r]!));
    scopes[c] ??= canonicalKey(SCOPE, bytes.subarray(batch.scopeStart[c]!, batch.scopeEnd[c]!));
    const span = canonicalKey(SPAN, bytes.subarray(batch.spanStart[s]!, batch.spanEnd[s]!));
    return `${span.length}:${span}${resources[r].length}:${resources[r]}${scopes[c]}`;
  }
}

/** The order without repetitions; `similar` rows (of one trace, start and span id) are neighbours. */
function dropDuplicates(
  rows: SpanRows,
  order: Uint32Array,
  similar: (a: number, b: number) => boolean,
): Uint32Array {
  let kept = 0;
  const keys = new WholeKeys(rows);
  let seen: Set<string> | undefined;
  for (let k = 0; k < order.length; k++) {
    const i = order[k]!;
    const before = k > 0 ? order[k - 1]! : -1;
    if (before < 0 || !similar(before, i)) seen = undefined;
    else {
      seen ??= new Set([keys.key(before)]);
      const key = keys.key(i);
      if (seen.has(key)) continue;
      seen.add(key);
    }
    order[kept++] = i;
  }
  return order.slice(0, kept);
}
