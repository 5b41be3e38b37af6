/**
 * Gives series their ids, so that series of one metric lie side by side. Blocks, label chunks and postings are in the
 * order of ids, and a query asks for one metric mostly: with ids in the order of arrival, target by target, its series would
 * be spread over every page of a block.
 *
 *   ids   │ node_load1 │ http_requests_total │ go_goroutines │ http_requests_total        │ node_load1 │ …
 *           16           16                    16              32 (the next extent)         32
 *
 * A name owns *extents* of consecutive ids; when one is used up, the next begins where all others end, and is twice as
 * long. So no more than about half of the ids are never used, and that is all it costs: ids are 32 bits. After a start
 * every name begins a new extent above all ids that were used.
 */

import { assert } from '../../base/assert.ts';

/** Most metrics of a small system have fewer series than this. */
const FIRST_EXTENT = 16;
/** A page of a block holds some hundred series: longer runs would not save reading. */
const LAST_EXTENT = 4096;
/** Names whose extents are remembered; where there are more, all begin new ones. */
const NAMES_MAX = 65_536;
const IDS_END = 2 ** 32;

interface Extent {
  next: number;
  end: number;
  readonly size: number;
}

export class IdExtents {
  readonly #extents = new Map<string, Extent>();
  /** Above all extents and all ids in use. */
  #end: number;

  constructor(firstId: number) {
    this.#end = firstId;
  }

  /** An id that nobody has: the name's next. */
  next(name: string): number {
    let extent = this.#extents.get(name);
    if (extent === undefined || extent.next === extent.end) {
      if (this.#extents.size >= NAMES_MAX) this.#extents.clear();
      const size = extent === undefined ? FIRST_EXTENT : Math.min(LAST_EXTENT, 2 * extent.size);
      extent = { next: this.#end, end: this.#end + size, size };
      this.#end += size;
      assert(this.#end < IDS_END, 'all series ids are used up');
      this.#extents.set(name, extent);
    }
    return extent.next++;
  }

  /** The id is in use: a new extent begins above it. Only while no id was given out yet. */
  use(id: number): void {
    this.#end = Math.max(this.#end, id + 1);
  }
}
