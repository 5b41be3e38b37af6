/**
 * Lines of one pattern: the first one's text, which of its tokens were different in another, and how many lines there
 * were in each step.
 */

import type { LineFormat } from './line-format.ts';
import { OTHER_SPACE, PLACEHOLDER, type Tokens } from './tokens.ts';

const PLACEHOLDER_TEXT = '<_>';
const PLACEHOLDERS = /(?:<_>){2,}/g;
const STEPS_AT_FIRST = 4;

/** Beside the text: objects, columns of tokens, nodes of the tree that leads to it. */
const CLUSTER_BYTES = 1024;
const TOKEN_BYTES = 64;

export class Cluster {
  readonly tokenCount: number;
  /** `PLACEHOLDER` where lines differ. */
  readonly hashes: Int32Array;
  lines = 0;
  /** Counts upwards with the miner's lines; the lowest was not seen for longest. */
  lastSeen = 0;
  evicted = false;
  readonly #text: Uint8Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** Spaces behind each token; `OTHER_SPACE` where the placeholder takes them. */
  readonly #gaps: Int32Array;
  #lead: number;
  /** Step and count in turn, growing. */
  #samples = new Int32Array(2 * STEPS_AT_FIRST);
  #sampleEnd = 0;

  constructor(tokens: Tokens) {
    const n = tokens.count;
    const base = tokens.starts[0]!;
    this.tokenCount = n;
    this.hashes = tokens.hashes.slice(0, n);
    // A copy, which `slice` of a `Buffer` is not: the line's memory is used again.
    this.#text = new Uint8Array(tokens.bytes.subarray(base, tokens.ends[n - 1]!));
    this.#starts = tokens.starts.slice(0, n);
    this.#ends = tokens.ends.slice(0, n);
    for (let i = 0; i < n; i++) {
      this.#starts[i]! -= base;
      this.#ends[i]! -= base;
    }
    this.#gaps = tokens.gaps.slice(0, n);
    this.#lead = tokens.lead;
    this.absorb(tokens);
  }

  /** What it takes in memory, its samples aside. */
  get heldBytes(): number {
    return CLUSTER_BYTES + TOKEN_BYTES * this.tokenCount + this.#text.length;
  }

  /** How many tokens are equal; placeholders count for nothing. */
  equalTokens(tokens: Tokens): number {
    const { hashes, tokenCount } = this;
    const others = tokens.hashes;
    let equal = 0;
    for (let i = 0; i < tokenCount; i++) if (hashes[i] === others[i] && hashes[i] !== PLACEHOLDER) equal++;
    return equal;
  }

  get placeholders(): number {
    let count = 0;
    for (const hash of this.hashes) if (hash === PLACEHOLDER) count++;
    return count;
  }

  /**
   * Makes placeholders of the tokens that differ. Where white space differs the token before it is one too and takes it
   * along, so that the pattern finds every one of its lines.
   */
  absorb(tokens: Tokens): void {
    const { hashes, tokenCount } = this;
    const gaps = this.#gaps;
    for (let i = 0; i < tokenCount; i++) {
      if (hashes[i] !== PLACEHOLDER && !this.#sameToken(tokens, i)) hashes[i] = PLACEHOLDER;
      if (gaps[i] === tokens.gaps[i] && gaps[i] !== OTHER_SPACE) continue;
      gaps[i] = OTHER_SPACE;
      hashes[i] = PLACEHOLDER;
    }
    if (this.#lead === tokens.lead && this.#lead !== OTHER_SPACE) return;
    this.#lead = OTHER_SPACE;
    hashes[0] = PLACEHOLDER;
  }

  /** By its bytes: different ones may have one hash. */
  #sameToken(tokens: Tokens, i: number): boolean {
    if (this.hashes[i] !== tokens.hashes[i]) return false;
    const { bytes } = tokens;
    const text = this.#text;
    let at = tokens.starts[i]!;
    let own = this.#starts[i]!;
    const end = this.#ends[i]!;
    if (end - own !== tokens.ends[i]! - at) return false;
    while (own < end) if (text[own++] !== bytes[at++]) return false;
    return true;
  }

  /** Whether a token has a digit or another number in it. */
  tokenHasNumber(i: number): boolean {
    const text = this.#text;
    let ascii = true;
    for (let at = this.#starts[i]!; at < this.#ends[i]!; at++) {
      const c = text[at]!;
      if (c >= 0x30 && c <= 0x39) return true;
      if (c >= 128) ascii = false;
    }
    return !ascii && /\p{N}/u.test(this.#tokenText(i));
  }

  #tokenText(i: number): string {
    const text = this.#text;
    const start = this.#starts[i]!;
    return Buffer.from(text.buffer, text.byteOffset + start, this.#ends[i]! - start).toString('utf8');
  }

  /** Counts a line of this step. Steps mostly ascend; where they do not, one may have several samples. */
  count(step: number): void {
    this.lines++;
    const end = this.#sampleEnd;
    if (end > 0 && this.#samples[end - 2] === step) {
      this.#samples[end - 1]!++;
      return;
    }
    if (end === this.#samples.length) {
      const grown = new Int32Array(2 * end);
      grown.set(this.#samples);
      this.#samples = grown;
    }
    this.#samples[end] = step;
    this.#samples[end + 1] = 1;
    this.#sampleEnd = end + 2;
  }

  eachSample(visit: (step: number, count: number) => void): void {
    for (let i = 0; i < this.#sampleEnd; i += 2) visit(this.#samples[i]!, this.#samples[i + 1]!);
  }

  /** The pattern as it is shown and searched for (`|>`): text, and `<_>` for anything but nothing. */
  template(format: LineFormat): string {
    let out = this.#lead > 0 ? ' '.repeat(this.#lead) : '';
    for (let i = 0; i < this.tokenCount; i++) {
      out += this.hashes[i] === PLACEHOLDER ? PLACEHOLDER_TEXT : this.#tokenText(i);
      if (this.#gaps[i]! > 0) out += ' '.repeat(this.#gaps[i]!);
    }
    if (format === 'json') out = PLACEHOLDER_TEXT + out + PLACEHOLDER_TEXT;
    return out.replace(PLACEHOLDERS, PLACEHOLDER_TEXT);
  }
}
