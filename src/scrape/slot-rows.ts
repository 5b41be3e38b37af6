/**
 * The rows of one scrape's batch, each with the slot of its series. Their keys are the series' numbers, four bytes
 * each, in the target's own key space.
 */

import { MetricRows } from '../ingest/decode/metric-rows.ts';
import type { MetricBatch } from '../model/batch.ts';
import type { Labels } from '../model/labels.ts';

const KEY_BYTES = 4;

export class SlotRows {
  readonly rows: MetricRows;
  /** Slot of each row; -1 - n is report series n. */
  slots: Int32Array;
  /** 1 where the row's sample has a time of its own and so never goes stale. */
  stamped: Uint8Array;
  /** 1 where the scrape before had the series, too, and it goes stale when it is gone. */
  continued: Uint8Array;

  /** Room for about `capacity` rows. */
  constructor(capacity: number) {
    this.rows = new MetricRows(capacity, capacity);
    this.slots = new Int32Array(this.rows.keyStart.length);
    this.stamped = new Uint8Array(this.rows.keyStart.length);
    this.continued = new Uint8Array(this.rows.keyStart.length);
  }

  add(slot: number): number {
    const row = this.rows.addSeries(0, 0);
    if (row === this.slots.length) this.#grow();
    this.slots[row] = slot;
    return row;
  }

  #grow(): void {
    const n = this.slots.length * 2;
    const slots = new Int32Array(n);
    slots.set(this.slots);
    this.slots = slots;
    const stamped = new Uint8Array(n);
    stamped.set(this.stamped);
    this.stamped = stamped;
    const continued = new Uint8Array(n);
    continued.set(this.continued);
    this.continued = continued;
  }

  /** `ids`: the number of each slot's series. `labels` is asked with the slot and that number. */
  batch(
    space: number,
    ids: Uint32Array,
    labels: (slot: number, id: number) => Labels | undefined,
  ): MetricBatch {
    const { rows, slots } = this;
    const n = rows.seriesCount;
    const keys = new Uint32Array(n);
    for (let row = 0; row < n; row++) {
      const slot = slots[row]!;
      keys[row] = slot < 0 ? -slot : ids[slot]!;
      rows.keyStart[row] = row * KEY_BYTES;
      rows.keyEnd[row] = (row + 1) * KEY_BYTES;
    }
    return rows.batch(space, new Uint8Array(keys.buffer), (row) => labels(slots[row]!, keys[row]!));
  }
}
