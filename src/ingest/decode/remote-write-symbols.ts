/** The symbol table of a remote-write 2.0 request: ranges of its body. Whether a symbol is UTF-8 is found out once. */

import { type ByteWriter, compareBytes, utf8Encode } from '../../base/bytes.ts';
import { TriliteError } from '../../model/errors.ts';
import { METRIC_NAME } from '../../model/labels.ts';

const NAME_BYTES = utf8Encode(METRIC_NAME);
/** Up to this length a length is one byte, which then stands before the symbol as it stands before a label. */
const SHORT_MAX_BYTES = 127;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

const UNKNOWN = 0;
const VALID = 1;
const INVALID = 2;

export class Symbols {
  readonly #body: Uint8Array;
  readonly #view: DataView;
  #starts: number[] = [];
  #ends: number[] = [];
  #state: number[] = [];
  #texts = new Map<number, string>();
  /** A symbol known to be `__name__`, or -1. */
  #name = -1;

  constructor(body: Uint8Array) {
    this.#body = body;
    this.#view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  }

  get count(): number {
    return this.#starts.length;
  }

  add(start: number, end: number): void {
    if (this.count === 0 && end > start) {
      throw new TriliteError('bad_data', 'the first symbol must be the empty string');
    }
    this.#starts.push(start);
    this.#ends.push(end);
    this.#state.push(UNKNOWN);
  }

  length(ref: number): number {
    return this.#ends[ref]! - this.#starts[ref]!;
  }

  bytes(ref: number): Uint8Array {
    return this.#body.subarray(this.#starts[ref]!, this.#ends[ref]!);
  }

  compare(a: number, b: number): number {
    return a === b ? 0 : compareBytes(this.bytes(a), this.bytes(b));
  }

  isName(ref: number): boolean {
    if (ref === this.#name) return true;
    if (this.length(ref) !== NAME_BYTES.length || compareBytes(this.bytes(ref), NAME_BYTES) !== 0)
      return false;
    this.#name = ref;
    return true;
  }

  /** Appends the symbol as canonical labels have it: varint length, bytes. */
  writeTo(out: ByteWriter, ref: number): void {
    const start = this.#starts[ref]!;
    const length = this.#ends[ref]! - start;
    // Fast path: that is how it stands in the body.
    if (length <= SHORT_MAX_BYTES && this.#body[start - 1] === length) {
      out.copy(this.#view, start - 1, length + 1);
    } else out.block(this.bytes(ref));
  }

  valid(ref: number): boolean {
    const known = this.#state[ref]!;
    if (known !== UNKNOWN) return known === VALID;
    let valid = true;
    for (let i = this.#starts[ref]!; i < this.#ends[ref]!; i++) {
      if (this.#body[i]! < 0x80) continue;
      valid = isUtf8(this.bytes(ref));
      break;
    }
    this.#state[ref] = valid ? VALID : INVALID;
    return valid;
  }

  text(ref: number): string {
    let t = this.#texts.get(ref);
    if (t === undefined) {
      t = lenientUtf8.decode(this.bytes(ref));
      this.#texts.set(ref, t);
    }
    return t;
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
