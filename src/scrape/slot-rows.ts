/**
 * The rows of one scrape's batch, each with the slot of its series in the target's cache; storage is told where it had the
 * series the last time, so they need no keys.
 */

import { MetricRows } from '../ingest/decode/metric-rows.ts';
import { KEY_SPACE, type MetricBatch, type SeriesHandles } from '../model/batch.ts';
import type { Labels } from '../model/labels.ts';
import { noHandles } from './series-cache.ts';

const NO_BYTES = new Uint8Array(0);

export class SlotRows {
  readonly rows: MetricRows;
  /** Slot of each row; -1 - n is report series n. */
  slots: Int32Array;
  /** 1 where the row's sample has a time of its own and so never goes stale. */
  stamped: Uint8Array;
  /** 1 where the scrape before had the series, too, and it goes stale when it is gone. */
  continued: Uint8Array;
  #handles: SeriesHandles = noHandles(0);

  /** Room for about `capacity` rows. */
  constructor(capacity: number) {
    this.rows = new MetricRows(0, capacity);
    const room = this.rows.values.length;
    this.slots = new Int32Array(room);
    this.stamped = new Uint8Array(room);
    this.continued = new Uint8Array(room);
  }

  /** Begins anew; the room stays. */
  reset(): void {
    this.stamped.fill(0, 0, this.rows.seriesCount);
    this.continued.fill(0, 0, this.rows.seriesCount);
    this.rows.reset();
  }

  add(slot: number): number {
    const row = this.rows.seriesCount++;
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

  /** `known` and `report`: handles by slot, of the cache and of the report series. `labels` is asked with the slot. */
  batch(
    known: SeriesHandles,
    report: SeriesHandles,
    labels: (slot: number) => Labels | undefined,
  ): MetricBatch {
    const { rows, slots } = this;
    const n = rows.seriesCount;
    if (this.#handles.ids.length < n) this.#handles = noHandles(slots.length);
    const handles = this.#handles;
    for (let row = 0; row < n; row++) {
      const slot = slots[row]!;
      const from = slot < 0 ? report : known;
      const at = slot < 0 ? -1 - slot : slot;
      handles.places[row] = from.places[at]!;
      handles.ids[row] = from.ids[at]!;
    }
    const batch = rows.batch(KEY_SPACE.canonical, NO_BYTES, (row) => labels(slots[row]!));
    return { ...batch, handles };
  }

  /** Takes over what storage found. */
  keepHandles(known: SeriesHandles, report: SeriesHandles): void {
    const { slots } = this;
    const handles = this.#handles;
    for (let row = 0; row < this.rows.seriesCount; row++) {
      const slot = slots[row]!;
      const into = slot < 0 ? report : known;
      const at = slot < 0 ? -1 - slot : slot;
      into.places[at] = handles.places[row]!;
      into.ids[at] = handles.ids[row]!;
    }
  }
}

/** Rows that nobody uses, kept for their room: the newest are likely still in the processor's cache. */
const unused: SlotRows[] = [];
/** As many as are likely under way at a time, scrapes being spread over the interval. */
const UNUSED_MAX = 16;

/** Empty rows, with room for about `capacity` where they are new. */
export function takeRows(capacity: number): SlotRows {
  const rows = unused.pop();
  if (!rows) return new SlotRows(capacity);
  rows.reset();
  return rows;
}

/** The rows are not used any more, nor is a batch of them. */
export function giveBack(rows: SlotRows): void {
  if (unused.length < UNUSED_MAX) unused.push(rows);
}
