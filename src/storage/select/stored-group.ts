/**
 * A group of a block as queries see it: what its row in the database says (bounds, number of spans) is known at once,
 * its directory and columns are read when they are first asked for. They may be dropped and are then read again.
 */

import type { SpanGroup } from '../../model/span-group.ts';
import { ReopenedGroup } from '../chunkenc/span-page.ts';
import type { SpanGroupRow } from '../sqlite/span-table.ts';
import { DelegatingGroup } from './delegating-group.ts';

/** Gives the bytes of a piece, whole; throws `DamagedPageError`. Told how many bytes a query then holds. */
export interface PieceSource {
  load(row: SpanGroupRow, piece: string): Uint8Array;
  /** More bytes are held for the group than before. */
  held(group: StoredGroup, bytes: number): void;
}

export class StoredGroup extends DelegatingGroup {
  readonly row: SpanGroupRow;
  readonly spanCount: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly traceBounds: SpanGroup['traceBounds'];
  /** Of what is open. */
  bytes = 0;
  /** The job that used it last, and the one that opened it. */
  job = 0;
  openedIn = 0;
  readonly #stored: ReopenedGroup;
  #columns: SpanGroup | undefined;

  constructor(row: SpanGroupRow, source: PieceSource) {
    super();
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

  protected get open(): SpanGroup {
    this.#columns ??= this.#stored.open();
    return this.#columns;
  }

  /** Drops what was read but the directory. Who has a column of it keeps that. */
  drop(): void {
    this.#columns = undefined;
    this.bytes = 0;
  }
}
