/**
 * A group of a block as queries see it: what its row in the database says (bounds, number of spans) is known at once,
 * its directory and columns are read when they are first asked for. They may be dropped and are then read again.
 */

import type { SpanGroup } from '../../model/span-group.ts';
import { ReopenedGroup } from '../chunkenc/span-page.ts';
import type { SpanGroupRow } from '../sqlite/span-table.ts';

/** Gives the bytes of a piece, whole; throws `DamagedPageError`. Told how many bytes a query then holds. */
export interface PieceSource {
  load(row: SpanGroupRow, piece: string): Uint8Array;
  /** More bytes are held for the group than before. */
  held(group: StoredGroup, bytes: number): void;
}

export class StoredGroup implements SpanGroup {
  readonly row: SpanGroupRow;
  readonly spanCount: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly traceBounds: SpanGroup['traceBounds'];
  /** Of what is open. */
  bytes = 0;
  /** The job that used it last. */
  job = 0;
  readonly #stored: ReopenedGroup;
  #columns: SpanGroup | undefined;

  constructor(row: SpanGroupRow, source: PieceSource) {
    this.row = row;
    this.spanCount = row.spans;
    this.minMs = row.minMs;
    this.maxMs = row.maxMs;
    // A group whose bounds are unknown (of the first format, its index damaged) has none.
    this.traceBounds =
      row.lastTrace.length === 0 ? undefined : { first: row.firstTrace, last: row.lastTrace };
    this.#stored = new ReopenedGroup(
      (piece) => source.load(row, piece),
      (bytes) => source.held(this, bytes),
    );
  }

  get #open(): SpanGroup {
    this.#columns ??= this.#stored.open();
    return this.#columns;
  }

  /** Drops what was read but the directory. Who has a column of it keeps that. */
  drop(): void {
    this.#columns = undefined;
    this.bytes = 0;
  }

  get baseMs(): number {
    return this.#open.baseMs;
  }
  get attributes(): SpanGroup['attributes'] {
    return this.#open.attributes;
  }
  get resources(): SpanGroup['resources'] {
    return this.#open.resources;
  }
  get scopes(): SpanGroup['scopes'] {
    return this.#open.scopes;
  }
  get events(): SpanGroup['events'] {
    return this.#open.events;
  }
  get links(): SpanGroup['links'] {
    return this.#open.links;
  }
  traceStarts(): Uint32Array {
    return this.#open.traceStarts();
  }
  traceIds(): Uint8Array {
    return this.#open.traceIds();
  }
  spanIds(): Uint8Array {
    return this.#open.spanIds();
  }
  parentIds(): Uint8Array {
    return this.#open.parentIds();
  }
  parentRows(): Int32Array {
    return this.#open.parentRows();
  }
  startsNs(): Float64Array {
    return this.#open.startsNs();
  }
  durationsNs(): Float64Array {
    return this.#open.durationsNs();
  }
  names(): ReturnType<SpanGroup['names']> {
    return this.#open.names();
  }
  kinds(): Int32Array {
    return this.#open.kinds();
  }
  statusCodes(): Int32Array {
    return this.#open.statusCodes();
  }
  statusMessages(): ReturnType<SpanGroup['statusMessages']> {
    return this.#open.statusMessages();
  }
  traceStates(): ReturnType<SpanGroup['traceStates']> {
    return this.#open.traceStates();
  }
  flags(): Uint32Array {
    return this.#open.flags();
  }
  droppedAttributes(): Uint32Array {
    return this.#open.droppedAttributes();
  }
  droppedEvents(): Uint32Array {
    return this.#open.droppedEvents();
  }
  droppedLinks(): Uint32Array {
    return this.#open.droppedLinks();
  }
  resourceRows(): Uint32Array {
    return this.#open.resourceRows();
  }
  scopeRows(): Uint32Array {
    return this.#open.scopeRows();
  }
  exactTimes(): ReturnType<SpanGroup['exactTimes']> {
    return this.#open.exactTimes();
  }
}
