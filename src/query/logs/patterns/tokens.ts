/**
 * A line as the miner sees it: places of tokens in the line's bytes, a hash of each, and how much white space follows.
 * One object serves all lines; no token becomes a string.
 */

/** Lines (of JSON lines, messages) longer than this have no pattern: stack traces and dumps, mostly. The original's. */
export const LINE_BYTES_MAX = 3000;
/** Lines of fewer tokens have too little that stays the same. The original's. */
const TOKENS_MIN = 4;
/** Lines of more tokens have no pattern. The original's. */
export const TOKENS_MAX = 80;

/** Hash of a token that stands for anything. No text hashes to it but by accident, and then it is a placeholder too. */
export const PLACEHOLDER = 0;
/** White space that cannot be told as a number of spaces. */
export const OTHER_SPACE = -1;

export const HASH_SEED = 0x811c9dc5 | 0;
const HASH_FACTOR = 0x01000193;

/** The hash of a token with one more byte (FNV-1a). */
export function mixByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, HASH_FACTOR);
}

export class Tokens {
  count = 0;
  bytes: Uint8Array = new Uint8Array(0);
  /** Token i is `bytes[starts[i], ends[i])`. */
  readonly starts = new Int32Array(TOKENS_MAX);
  readonly ends = new Int32Array(TOKENS_MAX);
  readonly hashes = new Int32Array(TOKENS_MAX);
  /** Spaces behind each token, or `OTHER_SPACE`. */
  readonly gaps = new Int32Array(TOKENS_MAX);
  /** Spaces in front of the first token, or `OTHER_SPACE`. */
  lead = 0;

  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.count = 0;
    this.lead = 0;
  }

  /** False where the line has too many. */
  push(start: number, end: number, hash: number): boolean {
    const at = this.count;
    if (at === TOKENS_MAX) return false;
    this.count = at + 1;
    this.starts[at] = start;
    this.ends[at] = end;
    this.hashes[at] = hash;
    this.gaps[at] = 0;
    return true;
  }

  /** White space after what was pushed last. */
  space(count: number): void {
    if (this.count === 0) this.lead = count;
    else this.gaps[this.count - 1] = count;
  }

  get enough(): boolean {
    return this.count >= TOKENS_MIN;
  }
}

/** Cuts `bytes[start, end)` into tokens; false where the line has no pattern. */
export type Tokenizer = (bytes: Uint8Array, start: number, end: number, into: Tokens) => boolean;
