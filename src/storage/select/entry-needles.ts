/**
 * What the bytes of a chunk must hold so that an entry of it can be wanted: the substrings that every wanted line
 * contains, and the IDs. One search through the bytes as they are stored is cheaper than decoding a chunk and running
 * the query's pipeline over its lines.
 */

import type { IdDemand } from '../../model/entry-id.ts';
import type { Labels } from '../../model/labels.ts';
import { hasEscapedDigit } from '../block/id-scan.ts';
import { GramDemands } from '../chunkenc/gram-filter.ts';
import type { EntrySelect } from '../interface.ts';

/** To look for more of them one by one takes longer than to decode the chunk. */
const NEEDLES_MAX = 16;

export class EntryNeedles {
  readonly demands: readonly IdDemand[];
  /** Of the substrings. */
  readonly grams: GramDemands;
  readonly #contains: readonly Buffer[];
  readonly #ids: readonly (readonly Buffer[])[];

  constructor(query: EntrySelect) {
    this.demands = query.ids ?? [];
    this.#contains = (query.contains ?? []).map((text) => Buffer.from(text));
    this.grams = new GramDemands(this.#contains);
    this.#ids = this.demands
      .filter(({ anyOf }) => anyOf.length <= NEEDLES_MAX)
      .map(({ anyOf }) => anyOf.map((id) => Buffer.from(id)));
  }

  get isEmpty(): boolean {
    return this.#contains.length === 0 && this.#ids.length === 0;
  }

  /** Whether entries of the stream may be wanted whatever they hold. */
  exempts(stream: Labels): boolean {
    return this.demands.some((d) => d.labels.some((name) => d.anyOf.includes(stream.get(name))));
  }

  /** Whether lines hold the substrings that every wanted line contains. */
  linesMayHold(lines: Uint8Array): boolean {
    const buffer = asBuffer(lines);
    return this.#contains.every((needle) => buffer.includes(needle));
  }

  /** Whether an entry of a chunk may be wanted; `lines` are its lines, and perhaps more, `rest` has its metadata strings. */
  mayBeIn(lines: Uint8Array, rest: Uint8Array): boolean {
    if (!this.linesMayHold(lines)) return false;
    const inLines = asBuffer(lines);
    const inRest = asBuffer(rest);
    const isThere = (id: Buffer): boolean => inLines.includes(id) || inRest.includes(id);
    return this.#ids.every((anyOf) => anyOf.some(isThere) || hasEscapedDigit(lines) || hasEscapedDigit(rest));
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
