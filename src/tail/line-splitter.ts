/**
 * From the bytes of a file to its lines. What has no newline yet waits for it; a line that grows beyond any sense is
 * skipped to its end and reported. Offsets are those of the file: a line ends behind its newline.
 *
 * Only UTF-16 has newlines of two bytes; in every other encoding that is taken the byte 0x0A is a newline and never part
 * of another character.
 */

/** Longer lines are no lines: nothing takes them (the limit of a push is a quarter of this). */
export const LINE_READ_MAX_BYTES = 1024 * 1024;

const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

export interface SplitLine {
  /** Without its newline and a carriage return before it; undefined: too long, and skipped. */
  readonly text: string | undefined;
  /** Where it begins and where the next one does. */
  readonly start: number;
  readonly end: number;
}

export class LineSplitter {
  readonly #decode: (bytes: Buffer) => string;
  /** Bytes of a newline, and which of them is 0x0A. */
  readonly #width: 1 | 2;
  readonly #isBigEndian: boolean;
  #carry: Buffer = EMPTY;
  /** Where the line that is incomplete begins. */
  #start: number;
  /** Bytes of it that are not in `carry`, because it is too long. */
  #skipped = 0;

  /** `start` is where the first byte stands in the file. Throws `RangeError` where the platform does not know the encoding. */
  constructor(encoding: string | undefined, start = 0) {
    const decoder = encoding === undefined ? undefined : new TextDecoder(encoding);
    const name = decoder?.encoding ?? 'utf-8';
    this.#isBigEndian = name === 'utf-16be';
    this.#width = name.startsWith('utf-16') ? 2 : 1;
    this.#decode =
      decoder === undefined || name === 'utf-8'
        ? (bytes) => bytes.toString('utf8')
        : (bytes) => decoder.decode(bytes);
    this.#start = start;
  }

  /** The end of the last complete line. */
  get start(): number {
    return this.#start;
  }

  /** Up to where bytes were given. */
  get end(): number {
    return this.#start + this.#skipped + this.#carry.length;
  }

  /** Takes the bytes that follow; they may be overwritten afterwards. */
  push(chunk: Buffer, onLine: (line: SplitLine) => void): void {
    const carried = this.#carry.length;
    const bytes = carried === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    let from = 0;
    // With two bytes a newline may have one in what was carried.
    let at = this.#newline(bytes, Math.max(0, carried - this.#width + 1));
    while (at >= 0) {
      this.#emit(bytes.subarray(from, at), at + this.#width - from, onLine);
      from = at + this.#width;
      at = this.#newline(bytes, from);
    }
    const rest = bytes.subarray(from);
    if (this.#skipped + rest.length > LINE_READ_MAX_BYTES) {
      // An even number, so that two-byte characters stay in step.
      const dropped = rest.length & ~1;
      this.#skipped += dropped;
      this.#carry = Buffer.from(rest.subarray(dropped));
    } else this.#carry = rest.length === 0 ? EMPTY : Buffer.from(rest);
  }

  /** Gives out a line that will get no newline any more. */
  flush(onLine: (line: SplitLine) => void): void {
    const rest = this.#carry;
    this.#carry = EMPTY;
    if (rest.length + this.#skipped > 0) this.#emit(rest, rest.length, onLine);
  }

  #emit(bytes: Buffer, length: number, onLine: (line: SplitLine) => void): void {
    const start = this.#start;
    const isTooLong = this.#skipped + bytes.length > LINE_READ_MAX_BYTES;
    this.#start = start + this.#skipped + length;
    this.#skipped = 0;
    let text = isTooLong ? undefined : this.#decode(bytes);
    if (text !== undefined && start === 0 && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    if (text?.endsWith('\r')) text = text.slice(0, -1);
    onLine({ text, start, end: this.#start });
  }

  /** Where the next newline begins at or behind `from`, -1 where there is none. Lines begin at even offsets in UTF-16. */
  #newline(bytes: Buffer, from: number): number {
    if (this.#width === 1) return bytes.indexOf(NEWLINE, from);
    for (let i = from + (from & 1); i + 1 < bytes.length; i += 2) {
      const [high, low] = this.#isBigEndian ? [bytes[i], bytes[i + 1]] : [bytes[i + 1], bytes[i]];
      if (low === NEWLINE && high === 0) return i;
    }
    return -1;
  }
}
