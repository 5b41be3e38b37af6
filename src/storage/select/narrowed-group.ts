/**
 * Some spans of a group as a group of their own: what it would be had the others never been sent. Columns are
 * narrowed when they are asked for. Texts, attributes, resources and scopes that none of its spans has are not in it, and a
 * parent that is left out is elsewhere.
 *
 * Where times of the group are so far apart that floats do not hold them all, it is built from its spans anew: which of
 * them are exact follows from all that are in a group.
 */

import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import type {
  AttributeTable,
  EventTable,
  LinkTable,
  ResourceTable,
  ScopeTable,
  SpanGroup,
} from '../../model/span-group.ts';
import { allRows } from '../../model/span-rows.ts';
import { spansOf } from '../../model/spans-of.ts';
import { findParents } from '../chunkenc/parents.ts';
import { once } from '../chunkenc/span-columns.ts';
import { buildSpanGroup } from '../chunkenc/span-page.ts';
import { KeptRows, LEFT_OUT, picked, pickedIds, pickedPieces } from './kept-rows.ts';
import { NarrowedAttributes } from './narrowed-attributes.ts';

export function narrowedGroup(group: SpanGroup, spans: KeptRows): SpanGroup {
  const { rows } = spans;
  if (spans.count > 0 && group.exactTimes().length > 0)
    return buildSpanGroup(allRows([spansOf(group, rows)]));
  const pick = <N extends Parameters<typeof picked>[0]>(column: () => N) =>
    once(() => picked(column(), rows));
  const pieces = (column: () => Parameters<typeof pickedPieces>[0]) =>
    once(() => pickedPieces(column(), rows));
  const ids = (column: () => Uint8Array, bytes: number) => once(() => pickedIds(column(), bytes, rows));
  const resources = once(() => usedRows(group.resourceRows(), rows, group.resources.count));
  const scopes = once(() => usedRows(group.scopeRows(), rows, group.scopes.count));
  const starts = once(() => traceStarts(group.traceStarts(), spans));
  const spanIds = ids(() => group.spanIds(), SPAN_ID_BYTES);
  const parentIds = ids(() => group.parentIds(), SPAN_ID_BYTES);
  return {
    spanCount: spans.count,
    baseMs: group.baseMs,
    minMs: group.minMs,
    maxMs: group.maxMs,
    traceBounds: group.traceBounds,
    traceStarts: starts,
    traceIds: ids(() => group.traceIds(), TRACE_ID_BYTES),
    spanIds,
    parentIds,
    parentRows: once(() => findParents(starts(), spanIds(), parentIds())),
    startsNs: pick(() => group.startsNs()),
    durationsNs: pick(() => group.durationsNs()),
    names: pieces(() => group.names()),
    kinds: pick(() => group.kinds()),
    statusCodes: pick(() => group.statusCodes()),
    statusMessages: pieces(() => group.statusMessages()),
    traceStates: pieces(() => group.traceStates()),
    flags: pick(() => group.flags()),
    droppedAttributes: pick(() => group.droppedAttributes()),
    droppedEvents: pick(() => group.droppedEvents()),
    droppedLinks: pick(() => group.droppedLinks()),
    attributes: new NarrowedAttributes(group.attributes, () => spans),
    resourceRows: once(() => renumbered(group.resourceRows(), rows, resources())),
    resources: narrowedResources(group.resources, resources),
    scopeRows: once(() => renumbered(group.scopeRows(), rows, scopes())),
    scopes: narrowedScopes(group.scopes, scopes),
    events: new NarrowedEvents(group.events, spans),
    links: new NarrowedLinks(group.links, spans),
    exactTimes: () => [],
  };
}

/** Traces of which nothing is left are not there. */
function traceStarts(starts: Uint32Array, spans: KeptRows): Uint32Array {
  const out: number[] = [];
  let trace = 0;
  let begun = LEFT_OUT;
  for (let i = 0; i < spans.count; i++) {
    while (starts[trace + 1]! <= spans.rows[i]!) trace++;
    if (trace !== begun) out.push(i);
    begun = trace;
  }
  return Uint32Array.from([...out, spans.count]);
}

/** The rows of a table that the spans point to. Whoever else points to one has no part in where it stands. */
function usedRows(rowOfSpan: Uint32Array, spans: Uint32Array, count: number): KeptRows {
  return KeptRows.used(picked(rowOfSpan, spans), count);
}

function renumbered(rowOfSpan: Uint32Array, spans: Uint32Array, kept: KeptRows): Uint32Array {
  return Uint32Array.from(spans, (span) => kept.numbers[rowOfSpan[span]!]!);
}

/** The rows of a table that belong to the spans. */
function ownedRows(spanOfRow: Uint32Array, spans: KeptRows): KeptRows {
  return KeptRows.of(Uint8Array.from(spanOfRow, (span) => (spans.numbers[span] === LEFT_OUT ? 0 : 1)));
}

function narrowedResources(table: ResourceTable, kept: () => KeptRows): ResourceTable {
  return {
    get count() {
      return kept().count;
    },
    attributes: new NarrowedAttributes(table.attributes, kept),
    droppedAttributes: once(() => picked(table.droppedAttributes(), kept().rows)),
  };
}

function narrowedScopes(table: ScopeTable, kept: () => KeptRows): ScopeTable {
  return {
    get count() {
      return kept().count;
    },
    names: once(() => pickedPieces(table.names(), kept().rows)),
    versions: once(() => pickedPieces(table.versions(), kept().rows)),
    attributes: new NarrowedAttributes(table.attributes, kept),
    droppedAttributes: once(() => picked(table.droppedAttributes(), kept().rows)),
  };
}

/** What events and links have in common: rows that belong to spans. */
class NarrowedChildren {
  readonly attributes: AttributeTable;
  readonly spanRows: () => Uint32Array;
  readonly droppedAttributes: () => Uint32Array;
  protected readonly kept: () => KeptRows;

  constructor(table: EventTable | LinkTable, spans: KeptRows) {
    const kept = once(() => ownedRows(table.spanRows(), spans));
    this.kept = kept;
    this.attributes = new NarrowedAttributes(table.attributes, kept);
    this.spanRows = once(() =>
      Uint32Array.from(kept().rows, (row) => spans.numbers[table.spanRows()[row]!]!),
    );
    this.droppedAttributes = once(() => picked(table.droppedAttributes(), kept().rows));
  }

  get count(): number {
    return this.kept().count;
  }
}

class NarrowedEvents extends NarrowedChildren implements EventTable {
  readonly sinceStartNs: EventTable['sinceStartNs'];
  readonly names: EventTable['names'];
  readonly exactTimes: EventTable['exactTimes'];

  constructor(table: EventTable, spans: KeptRows) {
    super(table, spans);
    const { kept } = this;
    this.sinceStartNs = once(() => picked(table.sinceStartNs(), kept().rows));
    this.names = once(() => pickedPieces(table.names(), kept().rows));
    this.exactTimes = once(() => {
      const own = [...table.exactTimes()].filter(([row]) => kept().numbers[row] !== LEFT_OUT);
      return new Map(own.map(([row, ns]) => [kept().numbers[row]!, ns]));
    });
  }
}

class NarrowedLinks extends NarrowedChildren implements LinkTable {
  readonly traceIds: LinkTable['traceIds'];
  readonly spanIds: LinkTable['spanIds'];
  readonly traceStates: LinkTable['traceStates'];
  readonly flags: LinkTable['flags'];

  constructor(table: LinkTable, spans: KeptRows) {
    super(table, spans);
    const { kept } = this;
    this.traceIds = once(() => pickedIds(table.traceIds(), TRACE_ID_BYTES, kept().rows));
    this.spanIds = once(() => pickedIds(table.spanIds(), SPAN_ID_BYTES, kept().rows));
    this.traceStates = once(() => pickedPieces(table.traceStates(), kept().rows));
    this.flags = once(() => picked(table.flags(), kept().rows));
  }
}
