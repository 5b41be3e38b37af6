/**
 * Merging trace blocks: their groups are in the order of trace ids, so the merge walks all of them at once and puts out
 * group after group. Memory is one open group per block, whatever the blocks' size. Spans of a trace that only one of the
 * blocks has are copied column by column; only traces that several have go through rows, where what was sent twice is
 * found. Runs in the writer thread, in slices.
 */

import { compareBytes } from '../base/bytes.ts';
import type { SpanBatch } from '../model/batch.ts';
import { TRACE_ID_BYTES } from '../model/span.ts';
import type { AttributeTable, SpanGroup } from '../model/span-group.ts';
import { allRows } from '../model/span-rows.ts';
import { spansOf } from '../model/spans-of.ts';
import { DamagedPageError } from './block/page.ts';
import type { OnDamage } from './block/page-cursor.ts';
import { isWholePiece } from './chunkenc/piece.ts';
import { buildSpanGroupSteps, openSpanGroup } from './chunkenc/span-page.ts';
import { GroupSplicer, type Run } from './chunkenc/span-splice.ts';
import type { BlockRow, BlockWriter } from './sqlite/block-table.ts';
import type { SpanGroupRow, SpanTable } from './sqlite/span-table.ts';
import { GROUP_SPANS, TRACE_SPANS_MAX, TraceBlockBuilder } from './trace-block.ts';

/** Blocks that one merge takes, each of which has a group open. */
const MERGE_SOURCES_MAX = 16;
/**
 * Spans that a merge puts into one block. Groups of a block all reach over the block's time, so a search of some minutes
 * reads whole blocks: larger ones would be few but slow to search.
 */
const BLOCK_SPANS_MAX = 1 << 20;
/** Blocks of a level that are merged as soon as they have gathered. */
const MERGE_FAN_IN = 8;
/** Blocks this large are only merged on request: eight of them, or fewer, make a full block. */
const LARGE_BLOCK_SPANS = BLOCK_SPANS_MAX / MERGE_FAN_IN;
/** Columns decoded between two yields. */
const SLICE_COLUMNS = 8;

/**
 * The blocks of one partition to merge next, if any: eight small ones of a level, or with `all` neighbours in time as
 * long as the block that they make is not too large, and no more bytes than `bytesMax`.
 */
export function planTraceMerge(
  blocks: readonly BlockRow[],
  all: boolean,
  bytesMax = Number.POSITIVE_INFINITY,
): BlockRow[] | undefined {
  if (all) return planNeighbours(blocks, bytesMax);
  const levels = new Map<number, BlockRow[]>();
  for (const block of blocks) {
    if (block.items > LARGE_BLOCK_SPANS) continue;
    const level = levels.get(block.level);
    if (level === undefined) levels.set(block.level, [block]);
    else if (level.push(block) === MERGE_FAN_IN) return planNeighbours(level, bytesMax);
  }
  return undefined;
}

function planNeighbours(blocks: readonly BlockRow[], bytesMax: number): BlockRow[] | undefined {
  const inTime = [...blocks].sort((a, b) => a.minMs - b.minMs || a.id - b.id);
  let run: BlockRow[] = [];
  let spans = 0;
  let bytes = 0;
  for (const block of inTime) {
    spans += block.items;
    bytes += block.bytes;
    if (spans > BLOCK_SPANS_MAX || bytes > bytesMax || run.length === MERGE_SOURCES_MAX) {
      if (run.length >= 2) return run;
      run = [];
      spans = block.items;
      bytes = block.bytes;
    }
    run.push(block);
  }
  return run.length >= 2 ? run : undefined;
}

/** Merges trace blocks of one partition; the caller publishes the result and hides the sources. */
export function* mergeTraceBlocks(
  sources: readonly BlockRow[],
  writer: BlockWriter,
  table: SpanTable,
  onDamage: OnDamage,
): Generator<void, TraceBlockBuilder> {
  const level = Math.max(...sources.map((b) => b.level)) + 1;
  const generation = Math.max(...sources.map((b) => b.generation));
  const block = new TraceBlockBuilder(writer, table, level, sources[0]!.partitionMs, generation);
  const splicer = new GroupSplicer();
  const cursors = sources.map((b) => new TraceCursor(table, b.id, onDamage));
  for (const cursor of cursors) yield* cursor.open();
  let next = new NextGroup();
  for (let open = cursors.filter((c) => c.group); open.length > 0; open = open.filter((c) => c.group)) {
    const holders = putTogether(lowest(open));
    if (next.isFull || next.endsWith(holders[0]!.id)) {
      yield* block.add(yield* next.finish(splicer));
      next = new NextGroup();
    }
    next.add(holders);
    for (const cursor of holders) yield* cursor.advance();
  }
  if (next.spans > 0) yield* block.add(yield* next.finish(splicer));
  return block;
}

/** The cursors that stand on the lowest trace id. */
function lowest(cursors: readonly TraceCursor[]): TraceCursor[] {
  let found: TraceCursor[] = [];
  for (const cursor of cursors) {
    const first = found[0];
    const order = first === undefined ? -1 : cursor.compare(first);
    if (order < 0) found = [cursor];
    else if (order === 0) found.push(cursor);
  }
  return found;
}

/** A trace that would be too long as one stays in the parts in which it is. */
function putTogether(holders: TraceCursor[]): TraceCursor[] {
  const spans = holders.reduce((n, c) => n + c.to - c.from, 0);
  return spans > TRACE_SPANS_MAX ? holders.slice(0, 1) : holders;
}

/** Walks the traces of one block. */
class TraceCursor {
  readonly #table: SpanTable;
  readonly #rows: readonly SpanGroupRow[];
  readonly #onDamage: OnDamage;
  #next = 0;
  #trace = 0;
  #starts = new Uint32Array(0);
  #ids = new Uint8Array(0);
  /** The first six bytes of the trace id, which mostly tell the order. */
  #prefix = 0;
  /** Undefined when the block is at its end. */
  group: SpanGroup | undefined;

  constructor(table: SpanTable, block: number, onDamage: OnDamage) {
    this.#table = table;
    this.#rows = table.groupsOfBlock(block);
    this.#onDamage = onDamage;
  }

  get from(): number {
    return this.#starts[this.#trace]!;
  }

  get to(): number {
    return this.#starts[this.#trace + 1]!;
  }

  get id(): Uint8Array {
    return this.#ids.subarray(this.from * TRACE_ID_BYTES, (this.from + 1) * TRACE_ID_BYTES);
  }

  compare(other: TraceCursor): number {
    return this.#prefix - other.#prefix || compareBytes(this.id, other.id);
  }

  /** Opens the next group that is whole. */
  *open(): Generator<void, void> {
    this.group = undefined;
    while (this.#next < this.#rows.length) {
      const row = this.#rows[this.#next++]!;
      try {
        const group = openSpanGroup((name) => this.#piece(row, name));
        yield* decodeAll(group);
        if (group.spanCount === 0) continue;
        this.group = group;
        this.#starts = group.traceStarts() as Uint32Array<ArrayBuffer>;
        this.#ids = group.traceIds() as Uint8Array<ArrayBuffer>;
        this.#trace = 0;
        this.#readPrefix();
        return;
      } catch (error) {
        if (!(error instanceof DamagedPageError)) throw error;
        this.#onDamage(row.block, row.id, error.message);
      }
    }
  }

  #piece(row: SpanGroupRow, name: string): Uint8Array {
    const piece = this.#table.column(row.id, name);
    if (piece === undefined || !isWholePiece(piece)) {
      throw new DamagedPageError(`piece ${name} of span group ${row.id}`);
    }
    return piece;
  }

  *advance(): Generator<void, void> {
    if (++this.#trace + 1 < this.#starts.length) this.#readPrefix();
    else yield* this.open();
  }

  #readPrefix(): void {
    const ids = this.#ids;
    const at = this.from * TRACE_ID_BYTES;
    let prefix = 0;
    for (let k = 0; k < 6; k++) prefix = prefix * 256 + ids[at + k]!;
    this.#prefix = prefix;
  }
}

/** Loads every column, so that damage is found before anything of the group is copied. */
function* decodeAll(group: SpanGroup): Generator<void, void> {
  const { events, links, resources, scopes } = group;
  const fixed: (() => unknown)[] = [
    group.traceStarts,
    group.traceIds,
    group.spanIds,
    group.parentIds,
    group.startsNs,
    group.durationsNs,
    group.exactTimes,
    group.names,
    group.kinds,
    group.statusCodes,
    group.statusMessages,
    group.traceStates,
    group.flags,
    group.droppedAttributes,
    group.droppedEvents,
    group.droppedLinks,
    group.resourceRows,
    group.scopeRows,
    resources.droppedAttributes,
    scopes.names,
    scopes.versions,
    scopes.droppedAttributes,
    events.spanRows,
    events.sinceStartNs,
    events.names,
    events.droppedAttributes,
    links.spanRows,
    links.traceIds,
    links.spanIds,
    links.traceStates,
    links.flags,
    links.droppedAttributes,
  ];
  const tables: AttributeTable[] = [
    resources.attributes,
    scopes.attributes,
    group.attributes,
    events.attributes,
    links.attributes,
  ];
  let done = 0;
  for (const column of fixed) {
    column();
    if (++done % SLICE_COLUMNS === 0) yield;
  }
  for (const { columns } of tables) {
    for (const column of columns) {
      column.rows();
      column.values();
      if (column.type === 'int') column.exact();
      if (++done % SLICE_COLUMNS === 0) yield;
    }
  }
}

/** The group that a merge is gathering: runs of rows, and traces that several blocks have. */
class NextGroup {
  /** A number stands for the trace of that number among those put together from several blocks. */
  readonly #runs: (Run | number)[] = [];
  readonly #shared: SpanBatch[] = [];
  #sharedTraces = 0;
  #last: Uint8Array = new Uint8Array(0);
  spans = 0;

  get isFull(): boolean {
    return this.spans >= GROUP_SPANS;
  }

  endsWith(id: Uint8Array): boolean {
    return compareBytes(this.#last, id) === 0;
  }

  /** Adds the trace that the cursors stand on. */
  add(holders: readonly TraceCursor[]): void {
    this.#last = holders[0]!.id;
    const spans = holders.reduce((n, c) => n + c.to - c.from, 0);
    this.spans += spans;
    if (holders.length === 1) {
      const { group, from, to } = holders[0]!;
      const before = this.#runs.at(-1);
      if (typeof before === 'object' && before.group === group && before.to === from) {
        this.#runs[this.#runs.length - 1] = { group, from: before.from, to };
      } else this.#runs.push({ group: group!, from, to });
      return;
    }
    this.#runs.push(this.#sharedTraces++);
    for (const { group, from, to } of holders) {
      const rows = Uint32Array.from({ length: to - from }, (_, i) => from + i);
      this.#shared.push(spansOf(group!, rows));
    }
  }

  *finish(splicer: GroupSplicer): Generator<void, SpanGroup> {
    if (this.#sharedTraces === 0) return yield* splicer.splice(this.#runs as Run[]);
    const shared = yield* buildSpanGroupSteps(allRows(this.#shared));
    const starts = shared.traceStarts();
    const runs = this.#runs.map((run) =>
      typeof run === 'object' ? run : { group: shared, from: starts[run]!, to: starts[run + 1]! },
    );
    return yield* splicer.splice(runs);
  }
}
