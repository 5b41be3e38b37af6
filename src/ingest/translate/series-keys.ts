/**
 * Keys of OTLP series: what names a point's labels, and which of the point's series it is. All have the same length,
 * so that the key of a batch's series is where its number says.
 *
 *   u32[4] digest of the point's labels | u32 role | f64 upper bound of a bucket, or quantile; 0 for other roles
 */

import { DIGEST_WORDS } from './otlp-series-cache.ts';

const KEY_WORDS = DIGEST_WORDS + 3;
export const KEY_BYTES = 4 * KEY_WORDS;
const CAPACITY_START = 64;

/** Which series of a point it is. */
export const ROLE = { self: 0, sum: 1, count: 2, bucket: 3, infinity: 4, quantile: 5, info: 6 } as const;

const bound = new Float64Array(1);
const boundWords = new Uint32Array(bound.buffer);

export class SeriesKeys {
  #words = new Uint32Array(KEY_WORDS * CAPACITY_START);
  /** What `bytes` shows. */
  bytes = new Uint8Array(this.#words.buffer);

  /** Writes the key of series `i`; `at` is where the digest stands in `digests`. */
  write(i: number, digests: Uint32Array, at: number, role: number, value: number): void {
    const to = i * KEY_WORDS;
    if (to + KEY_WORDS > this.#words.length) this.#grow();
    const words = this.#words;
    bound[0] = value;
    words[to] = digests[at]!;
    words[to + 1] = digests[at + 1]!;
    words[to + 2] = digests[at + 2]!;
    words[to + 3] = digests[at + 3]!;
    words[to + 4] = role;
    words[to + 5] = boundWords[0]!;
    words[to + 6] = boundWords[1]!;
  }

  role(i: number): number {
    return this.#words[i * KEY_WORDS + DIGEST_WORDS]!;
  }

  /** The bucket's upper bound, or the quantile. */
  value(i: number): number {
    const at = i * KEY_WORDS + DIGEST_WORDS + 1;
    boundWords[0] = this.#words[at]!;
    boundWords[1] = this.#words[at + 1]!;
    return bound[0]!;
  }

  #grow(): void {
    const words = new Uint32Array(2 * this.#words.length);
    words.set(this.#words);
    this.#words = words;
    this.bytes = new Uint8Array(words.buffer);
  }
}
