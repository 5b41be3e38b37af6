/**
 * Decodes canonical labels of series that mostly resemble the one before: a pair with the bytes of the pair that stood
 * at its place in the last series gives the same strings, which saves time and memory.
 */

import { ByteReader } from '../../base/bytes.ts';
import { Labels } from '../../model/labels.ts';

export class LabelsDecoder {
  /** The last series: its bytes, where its pairs begin and end, its strings. */
  #bytes: Uint8Array = new Uint8Array(1);
  #starts: number[] = [];
  #pairs: readonly string[] = [];

  /** `bytes` must not change later. */
  decode(bytes: Uint8Array): Labels {
    const input = new ByteReader(bytes);
    const n = input.varint();
    const pairs: string[] = [];
    const starts: number[] = [];
    for (let i = 0; i < n; i++) {
      const start = input.pos;
      starts.push(start);
      const length = this.#sameLength(bytes, start, i);
      if (length > 0) {
        pairs.push(this.#pairs[2 * i]!, this.#pairs[2 * i + 1]!);
        input.pos = start + length;
      } else pairs.push(input.text(), input.text());
    }
    starts.push(input.pos);
    this.#bytes = bytes;
    this.#starts = starts;
    this.#pairs = pairs;
    return Labels.fromSorted(pairs);
  }

  /** The length of pair `i` of the last series where the bytes at `start` are the same, else 0. */
  #sameLength(bytes: Uint8Array, start: number, i: number): number {
    if (i + 1 >= this.#starts.length) return 0;
    const from = this.#starts[i]!;
    const length = this.#starts[i + 1]! - from;
    if (start + length > bytes.length) return 0;
    for (let k = 0; k < length; k++) if (bytes[start + k] !== this.#bytes[from + k]) return 0;
    return length;
  }
}
