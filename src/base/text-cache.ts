/**
 * Text of short byte runs that come again and again (values of labels): the same run mostly gives the same string object,
 * made and hashed once. One place for each of some hashes; what falls on a taken place takes it over.
 */

/** Longer runs are mostly ids, which do not come again. */
const RUN_MAX = 16;
const PLACES = 1024;

export class TextCache {
  readonly #runs: (Uint8Array | undefined)[] = new Array(PLACES);
  readonly #texts: string[] = new Array(PLACES);

  /** `buffer[start, end)` as UTF-8. */
  text(buffer: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > RUN_MAX) return buffer.toString('utf8', start, end);
    let hash = length;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ buffer[i]!, 0x01000193);
    const place = (hash ^ (hash >>> 15)) & (PLACES - 1);
    const run = this.#runs[place];
    if (run !== undefined && run.length === length) {
      let i = 0;
      while (i < length && run[i] === buffer[start + i]) i++;
      if (i === length) return this.#texts[place]!;
    }
    const text = buffer.toString('utf8', start, end);
    this.#runs[place] = Uint8Array.prototype.slice.call(buffer, start, end);
    this.#texts[place] = text;
    return text;
  }
}
