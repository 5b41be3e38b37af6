/** Pages in the text exposition format 0.0.4: what stands before each value is made once, values are put in between. */

import type { MetricSeries } from '../metric-series.ts';
import { BLOCK, BLOCK_SERIES, type MetricSlot } from '../metric-shapes.ts';

const encoder = new TextEncoder();
const PART_OF_HISTOGRAM = /_(bucket|sum|count)$/;

interface Family {
  readonly head: string;
  /** Places within a block. */
  readonly slots: readonly number[];
}

function familyName(slot: MetricSlot): string {
  return slot.type === 'histogram' ? slot.name.replace(PART_OF_HISTOGRAM, '') : slot.name;
}

/** The families of a block; the format wants all series of a family together. */
const FAMILIES: readonly Family[] = (() => {
  const slots = new Map<string, number[]>();
  BLOCK.forEach((slot, i) => {
    const name = familyName(slot);
    const known = slots.get(name);
    if (known) known.push(i);
    else slots.set(name, [i]);
  });
  return [...slots].map(([name, places]) => ({
    head: `# HELP ${name} Made by the benchmark.\n# TYPE ${name} ${BLOCK[places[0]!]!.type}\n`,
    slots: places,
  }));
})();

/** The page of all series of a target. */
export class Page {
  readonly #series: MetricSeries;
  /** Series in the order of the page. */
  readonly #order: number[] = [];
  /** What comes before a series' value, by place on the page. */
  readonly #before: string[] = [];
  /** Place on the page, by series. */
  readonly #places: Int32Array;

  constructor(series: MetricSeries) {
    this.#series = series;
    this.#places = new Int32Array(series.count);
    const blocks = Math.ceil(series.count / BLOCK_SERIES);
    for (const { head, slots } of FAMILIES) {
      let first = true;
      for (let block = 0; block < blocks; block++) {
        for (const slot of slots) {
          const i = block * BLOCK_SERIES + slot;
          if (i >= series.count) continue;
          this.#places[i] = this.#order.length;
          this.#order.push(i);
          this.#before.push((first ? head : '') + this.#text(i));
          first = false;
        }
      }
    }
  }

  #text(i: number): string {
    const labels = this.#series.pageLabels(i);
    let text = '';
    for (let k = 0; k < labels.length; k += 2) text += `${k > 0 ? ',' : ''}${labels[k]}="${labels[k + 1]}"`;
    return `${this.#series.slot(i).name}{${text}} `;
  }

  /** Series `i` has new labels. */
  refresh(i: number): void {
    const place = this.#places[i]!;
    const before = this.#before[place]!;
    // A family's head stays where it is.
    const head = before.startsWith('#') ? before.slice(0, before.lastIndexOf('\n') + 1) : '';
    this.#before[place] = head + this.#text(i);
  }

  /** The page with the current values. */
  bytes(): Uint8Array {
    const { values } = this.#series;
    const order = this.#order;
    let text = '';
    for (let k = 0; k < order.length; k++) text += `${this.#before[k]}${values[order[k]!]}\n`;
    return encoder.encode(text);
  }
}
