/**
 * A group of spans from runs of rows of other groups, column by column: what compaction does with the spans of most
 * traces. Nothing is turned back into messages but resources and scopes, once each per source group.
 */

import { canonicalKey } from '../../model/canonical.ts';
import { OTLP_MESSAGES } from '../../model/otlp-schema.ts';
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import type { DictionaryColumn, EventTable, LinkTable, SpanGroup } from '../../model/span-group.ts';
import { originsOf } from '../../model/spans-of.ts';
import { DictionarySplicer, spliceAttributes } from './attribute-splice.ts';
import { OriginBuilder } from './origin-builder.ts';
import { findParents } from './parents.ts';
import { once, U32List } from './span-columns.ts';
import { spliceTimes } from './span-splice-times.ts';

/** Rows [from, to) of a group. */
export interface Run {
  readonly group: SpanGroup;
  readonly from: number;
  readonly to: number;
}

/** A group that runs come from. */
export interface Source {
  readonly group: SpanGroup;
  /** New row of each row, -1 where it is not picked; ascending. */
  readonly newRow: Int32Array;
}

const RESOURCE = OTLP_MESSAGES.get('Resource')!;
const SCOPE = OTLP_MESSAGES.get('InstrumentationScope')!;

/** Distinct messages of resources or scopes of a group, with what tells equal ones of different groups. */
interface Origins {
  readonly messages: readonly Uint8Array[];
  readonly keys: readonly string[];
}

/** Splices groups; what it works out about a source group is kept as long as the group is. */
export class GroupSplicer {
  readonly #origins = new WeakMap<SpanGroup, { resources: Origins; scopes: Origins }>();

  /**
   * The rows of the runs, in that order, which must be that of trace ids and within a trace that of starts; runs of one
   * group ascend. Columns are spliced when first asked for. Yields now and then.
   */
  *splice(runs: readonly Run[]): Generator<void, SpanGroup> {
    const n = runs.reduce((rows, run) => rows + run.to - run.from, 0);
    const { sources, sourceOf } = sourcesOf(runs, n);
    const rows = new RowSplicer(runs, sources, sourceOf, n);
    const traceIds = rows.bytes((g) => g.traceIds(), TRACE_ID_BYTES);
    const spanIds = rows.bytes((g) => g.spanIds(), SPAN_ID_BYTES);
    const parentIds = rows.bytes((g) => g.parentIds(), SPAN_ID_BYTES);
    const starts = traceStartsOf(traceIds, n);
    const times = spliceTimes(runs, n);
    yield;
    const resources = yield* this.#spliceOrigins(rows, false);
    const scopes = yield* this.#spliceOrigins(rows, true);
    const attributes = yield* spliceAttributes(
      sources.map(({ group, newRow }) => ({ table: group.attributes, newRow })),
      n,
    );
    return {
      spanCount: n,
      baseMs: times.baseMs,
      minMs: times.minMs,
      maxMs: times.maxMs,
      traceStarts: () => starts,
      traceIds: () => traceIds,
      spanIds: () => spanIds,
      parentIds: () => parentIds,
      parentRows: once(() => findParents(starts, spanIds, parentIds)),
      startsNs: () => times.startsNs,
      durationsNs: () => times.durationsNs,
      names: once(() => rows.texts((g) => g.names())),
      kinds: once(() => new Int32Array(rows.words((g) => g.kinds()).buffer)),
      statusCodes: once(() => new Int32Array(rows.words((g) => g.statusCodes()).buffer)),
      statusMessages: once(() => rows.texts((g) => g.statusMessages())),
      traceStates: once(() => rows.texts((g) => g.traceStates())),
      flags: once(() => rows.words((g) => g.flags())),
      droppedAttributes: once(() => rows.words((g) => g.droppedAttributes())),
      droppedEvents: once(() => rows.words((g) => g.droppedEvents())),
      droppedLinks: once(() => rows.words((g) => g.droppedLinks())),
      attributes,
      resourceRows: () => resources.rows,
      resources: resources.builder.finishResources(),
      scopeRows: () => scopes.rows,
      scopes: scopes.builder.finishScopes(),
      events: yield* spliceEvents(rows),
      links: yield* spliceLinks(rows),
      exactTimes: () => times.exactTimes,
    };
  }

  /** Equal resources (scopes) of the sources become one. */
  *#spliceOrigins(
    rows: RowSplicer,
    scope: boolean,
  ): Generator<void, { rows: Uint32Array; builder: OriginBuilder }> {
    const bySource: { origins: Origins; rows: Uint32Array }[] = [];
    for (const { group } of rows.sources) {
      bySource.push({
        origins: this.#originsOf(group)[scope ? 'scopes' : 'resources'],
        rows: scope ? group.scopeRows() : group.resourceRows(),
      });
      yield;
    }
    const numbers = new Map<string, number>();
    const messages: Uint8Array[] = [];
    const known = bySource.map(({ origins }) => new Uint32Array(origins.keys.length));
    const out = new Uint32Array(rows.count);
    rows.each((row, s, from) => {
      const { origins, rows: originRows } = bySource[s]!;
      const origin = originRows[from]!;
      let number = known[s]![origin]!;
      if (number === 0) {
        const key = origins.keys[origin]!;
        number = numbers.get(key) ?? 0;
        if (number === 0) {
          number = messages.push(origins.messages[origin]!);
          numbers.set(key, number);
        }
        known[s]![origin] = number;
      }
      out[row] = number - 1;
    });
    return { rows: out, builder: OriginBuilder.of(messages, scope) };
  }

  #originsOf(group: SpanGroup): { resources: Origins; scopes: Origins } {
    let known = this.#origins.get(group);
    if (known === undefined) {
      const { resources, scopes } = originsOf(group);
      known = {
        resources: { messages: resources, keys: resources.map((m) => canonicalKey(RESOURCE, m)) },
        scopes: { messages: scopes, keys: scopes.map((m) => canonicalKey(SCOPE, m)) },
      };
      this.#origins.set(group, known);
    }
    return known;
  }
}

function sourcesOf(runs: readonly Run[], n: number): { sources: Source[]; sourceOf: Uint32Array } {
  const numbers = new Map<SpanGroup, number>();
  const sources: Source[] = [];
  const sourceOf = new Uint32Array(runs.length);
  let row = 0;
  for (let i = 0; i < runs.length; i++) {
    const { group, from, to } = runs[i]!;
    let number = numbers.get(group);
    if (number === undefined) {
      number = sources.length;
      numbers.set(group, number);
      sources.push({ group, newRow: new Int32Array(group.spanCount).fill(-1) });
    }
    sourceOf[i] = number;
    const { newRow } = sources[number]!;
    for (let k = from; k < to; k++) newRow[k] = row++;
  }
  if (row !== n) throw new Error(`BUG: ${row} rows spliced of ${n}`);
  return { sources, sourceOf };
}

function traceStartsOf(traceIds: Uint8Array, n: number): Uint32Array {
  const words = new Uint32Array(traceIds.buffer);
  const starts = new U32List();
  for (let row = 0; row < n; row++) {
    const at = 4 * row;
    const same =
      row > 0 &&
      words[at] === words[at - 4] &&
      words[at + 1] === words[at - 3] &&
      words[at + 2] === words[at - 2] &&
      words[at + 3] === words[at - 1];
    if (!same) starts.push(row);
  }
  starts.push(n);
  return starts.take();
}

/** Columns with one value for each span (or event, or link). */
class RowSplicer {
  readonly sources: readonly Source[];
  readonly count: number;
  readonly #runs: readonly Run[];
  readonly #sourceOf: Uint32Array;

  constructor(runs: readonly Run[], sources: readonly Source[], sourceOf: Uint32Array, count: number) {
    this.#runs = runs;
    this.sources = sources;
    this.#sourceOf = sourceOf;
    this.count = count;
  }

  each(visit: (row: number, source: number, from: number) => void): void {
    let row = 0;
    for (let i = 0; i < this.#runs.length; i++) {
      const { from, to } = this.#runs[i]!;
      for (let k = from; k < to; k++) visit(row++, this.#sourceOf[i]!, k);
    }
  }

  words(column: (group: SpanGroup) => Uint32Array | Int32Array): Uint32Array {
    const out = new Uint32Array(this.count);
    let at = 0;
    for (const { group, from, to } of this.#runs) {
      const values = column(group);
      for (let k = from; k < to; k++) out[at++] = values[k]!;
    }
    return out;
  }

  /** `width` bytes a row. */
  bytes(column: (group: SpanGroup) => Uint8Array, width: number): Uint8Array {
    const out = new Uint8Array(this.count * width);
    let at = 0;
    for (const { group, from, to } of this.#runs) {
      out.set(column(group).subarray(from * width, to * width), at);
      at += (to - from) * width;
    }
    return out;
  }

  texts(column: (group: SpanGroup) => DictionaryColumn): DictionaryColumn {
    const dictionaries = this.sources.map(({ group }) => column(group));
    const splicer = new DictionarySplicer();
    const indexes = new Uint32Array(this.count);
    this.each((row, s, from) => {
      const dictionary = dictionaries[s]!;
      indexes[row] = splicer.index(s, dictionary, dictionary.indexes[from]!);
    });
    return splicer.finish(indexes);
  }

  /** Events or links of the picked spans, as rows of their own. */
  children(spanRows: (group: SpanGroup) => Uint32Array): { children: RowSplicer; spans: Uint32Array } {
    const owners = this.sources.map(({ group }) => spanRows(group));
    const next = this.sources.map(() => 0);
    const sources = this.sources.map(({ group }, s) => ({
      group,
      newRow: new Int32Array(owners[s]!.length).fill(-1),
    }));
    const runs: Run[] = [];
    const sourceOf: number[] = [];
    const spans = new U32List();
    for (let i = 0; i < this.#runs.length; i++) {
      const run = this.#runs[i]!;
      const s = this.#sourceOf[i]!;
      const rows = owners[s]!;
      let k = next[s]!;
      while (k < rows.length && rows[k]! < run.from) k++;
      const from = k;
      for (; k < rows.length && rows[k]! < run.to; k++) {
        sources[s]!.newRow[k] = spans.count;
        spans.push(this.sources[s]!.newRow[rows[k]!]!);
      }
      next[s] = k;
      if (k === from) continue;
      runs.push({ group: run.group, from, to: k });
      sourceOf.push(s);
    }
    const children = new RowSplicer(runs, sources, Uint32Array.from(sourceOf), spans.count);
    return { children, spans: spans.take() };
  }
}

function* spliceEvents(rows: RowSplicer): Generator<void, EventTable> {
  const { children, spans } = rows.children((g) => g.events.spanRows());
  const { count, sources } = children;
  const exact = new Map<number, bigint>();
  for (const { group, newRow } of sources) {
    for (const [event, timeNs] of group.events.exactTimes()) {
      if (newRow[event]! >= 0) exact.set(newRow[event]!, timeNs);
    }
  }
  const attributes = yield* spliceAttributes(
    sources.map(({ group, newRow }) => ({ table: group.events.attributes, newRow })),
    count,
  );
  return {
    count,
    spanRows: () => spans,
    sinceStartNs: once(() => {
      const times = new Float64Array(count);
      const columns = sources.map(({ group }) => group.events.sinceStartNs());
      children.each((row, s, from) => {
        times[row] = columns[s]![from]!;
      });
      return times;
    }),
    names: once(() => children.texts((g) => g.events.names())),
    attributes,
    droppedAttributes: once(() => children.words((g) => g.events.droppedAttributes())),
    exactTimes: () => exact,
  };
}

function* spliceLinks(rows: RowSplicer): Generator<void, LinkTable> {
  const { children, spans } = rows.children((g) => g.links.spanRows());
  const attributes = yield* spliceAttributes(
    children.sources.map(({ group, newRow }) => ({ table: group.links.attributes, newRow })),
    children.count,
  );
  return {
    count: children.count,
    spanRows: () => spans,
    traceIds: once(() => children.bytes((g) => g.links.traceIds(), TRACE_ID_BYTES)),
    spanIds: once(() => children.bytes((g) => g.links.spanIds(), SPAN_ID_BYTES)),
    traceStates: once(() => children.texts((g) => g.links.traceStates())),
    flags: once(() => children.words((g) => g.links.flags())),
    attributes,
    droppedAttributes: once(() => children.words((g) => g.links.droppedAttributes())),
  };
}
