/**
 * Writes JSON straight into bytes. Answers of queries hold millions of numbers: no object is made for them and no
 * text of the whole is put together. The caller writes the punctuation (`raw`), the writer the values.
 */

const utf8 = new TextEncoder();

/** The longest text that `String(number)` or a timestamp yields, with room to spare. */
const NUMBER_MAX_BYTES = 32;
/** Texts up to this length are copied in JavaScript; a call into the runtime costs more. */
const SHORT_TEXT_CHARS = 64;
/** Integers below this are written digit by digit exactly. */
const DIGITS_MAX = 1e15;
/** Numbers below this, times 1000, are below `DIGITS_MAX`. */
const MILLI_MAX = 1e12;

/** A point of a series beside its two numbers: brackets, commas, quotes. */
const POINT_BYTES = 2 * NUMBER_MAX_BYTES + 8;

const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const BACKSLASH = 0x5c;

export class JsonWriter {
  #buf: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(capacityBytes = 4096) {
    this.#buf = new Uint8Array(capacityBytes);
  }

  get length(): number {
    return this.#at;
  }

  /** What was written, in a buffer of its own. The writer must not be used afterwards. */
  take(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buf.buffer.transfer(this.#at));
  }

  #reserve(extra: number): void {
    const need = this.#at + extra;
    if (need <= this.#buf.length) return;
    // Transferring gives the old buffer back at once: large answers would keep the collector busy.
    const size = Math.max(need, this.#buf.length * 2);
    this.#buf = new Uint8Array(this.#buf.buffer.transfer(size));
  }

  /** ASCII text as it is: punctuation and known keys. */
  raw(ascii: string): void {
    const n = ascii.length;
    this.#reserve(n);
    const buf = this.#buf;
    let at = this.#at;
    for (let i = 0; i < n; i++) buf[at++] = ascii.charCodeAt(i);
    this.#at = at;
  }

  bytes(piece: Uint8Array): void {
    this.#reserve(piece.length);
    this.#buf.set(piece, this.#at);
    this.#at += piece.length;
  }

  /** A string in quotes. */
  string(text: string): void {
    const n = text.length;
    if (n <= SHORT_TEXT_CHARS) {
      // Fast path: short ASCII without anything to escape.
      this.#reserve(n + 2);
      const buf = this.#buf;
      let at = this.#at;
      buf[at++] = QUOTE;
      let i = 0;
      for (; i < n; i++) {
        const c = text.charCodeAt(i);
        if (c < 0x20 || c > 0x7e || c === QUOTE || c === BACKSLASH) break;
        buf[at++] = c;
      }
      if (i === n) {
        buf[at++] = QUOTE;
        this.#at = at;
        return;
      }
    }
    const escaped = JSON.stringify(text);
    this.#reserve(escaped.length * 3);
    this.#at += utf8.encodeInto(escaped, this.#buf.subarray(this.#at)).written;
  }

  strings(texts: Iterable<string>): void {
    let separator = '[';
    for (const text of texts) {
      this.raw(separator);
      this.string(text);
      separator = ',';
    }
    this.raw(separator === '[' ? '[]' : ']');
  }

  /** A value of any shape: for the small parts of an answer. */
  value(value: unknown): void {
    const text = JSON.stringify(value);
    this.#reserve(text.length * 3);
    this.#at += utf8.encodeInto(text, this.#buf.subarray(this.#at)).written;
  }

  /** An object of texts: name 0, value 0, … */
  pairs(pairs: readonly string[]): void {
    let separator = '{';
    for (let i = 0; i < pairs.length; i += 2) {
      this.raw(separator);
      this.string(pairs[i]!);
      this.raw(':');
      this.string(pairs[i + 1]!);
      separator = ',';
    }
    this.raw(separator === '{' ? '{}' : '}');
  }

  /** Milliseconds as seconds with three decimals where they are not whole: `1767270600`, `1.050`. */
  timestamp(ms: number): void {
    this.#reserve(NUMBER_MAX_BYTES);
    if (ms < 0) {
      this.#buf[this.#at++] = MINUS;
      ms = -ms;
    }
    const seconds = Math.floor(ms / 1000);
    this.#digits(seconds);
    const rest = ms - seconds * 1000;
    if (rest !== 0) this.#fraction(rest);
  }

  /** `[[time,"value"],…]`, as many as there are times; `texts` has those of the grid that they are on, where they are. */
  points(timestamps: Float64Array, values: Float64Array, texts?: TimeTexts): void {
    const n = timestamps.length;
    this.raw('[');
    for (let i = 0; i < n; i++) {
      this.#reserve(POINT_BYTES);
      if (i > 0) this.#buf[this.#at++] = COMMA;
      this.#buf[this.#at++] = OPEN;
      if (texts === undefined) this.timestamp(timestamps[i]!);
      else this.#at = texts.copy(timestamps[i]!, this.#buf, this.#at);
      this.#buf[this.#at++] = COMMA;
      this.#buf[this.#at++] = QUOTE;
      this.#float(values[i]!);
      this.#buf[this.#at++] = QUOTE;
      this.#buf[this.#at++] = CLOSE;
    }
    this.raw(']');
  }

  /**
   * A sample's value in quotes: the shortest digits that read back equal, with an exponent below 1e-6 and from
   * 1e21 on; `NaN`, `+Inf`, `-Inf`.
   */
  sampleValue(value: number): void {
    this.#reserve(NUMBER_MAX_BYTES);
    this.#buf[this.#at++] = QUOTE;
    this.#float(value);
    this.#buf[this.#at++] = QUOTE;
  }

  #float(value: number): void {
    const magnitude = Math.abs(value);
    if (magnitude < MILLI_MAX && !Object.is(value, -0)) {
      // Fast path: at most three decimals. Fifteen digits or fewer that read back equal are the shortest.
      const milli = Math.round(magnitude * 1000);
      if (milli / 1000 === magnitude) {
        if (value < 0) this.#buf[this.#at++] = MINUS;
        const whole = Math.floor(milli / 1000);
        this.#digits(whole);
        let rest = milli - whole * 1000;
        if (rest !== 0) {
          this.#fraction(rest);
          while (rest % 10 === 0) {
            rest /= 10;
            this.#at--;
          }
        }
        return;
      }
    }
    this.raw(sampleText(value));
  }

  /** The digits of a whole number of at least 0. */
  #digits(value: number): void {
    if (value >= DIGITS_MAX) {
      this.raw(String(value));
      return;
    }
    const buf = this.#buf;
    let count = 1;
    for (let bound = 10; value >= bound; bound *= 10) count++;
    let at = this.#at + count;
    this.#at = at;
    // Halves of at most nine digits, so that the divisions are integer ones.
    if (value >= 1e9) {
      const high = Math.floor(value / 1e9);
      let low = (value - high * 1e9) | 0;
      for (let i = 0; i < 9; i++) {
        const next = (low / 10) | 0;
        buf[--at] = ZERO + low - next * 10;
        low = next;
      }
      value = high;
    }
    let rest = value | 0;
    do {
      const next = (rest / 10) | 0;
      buf[--at] = ZERO + rest - next * 10;
      rest = next;
    } while (rest > 0);
  }

  /** A point and three digits. */
  #fraction(thousandths: number): void {
    const buf = this.#buf;
    const n = thousandths | 0;
    const hundreds = (n / 100) | 0;
    const tens = ((n - hundreds * 100) / 10) | 0;
    buf[this.#at] = POINT;
    buf[this.#at + 1] = ZERO + hundreds;
    buf[this.#at + 2] = ZERO + tens;
    buf[this.#at + 3] = ZERO + n - hundreds * 100 - tens * 10;
    this.#at += 4;
  }
}

/** The texts of the times of a grid, which all series of an answer share. */
export class TimeTexts {
  readonly #startMs: number;
  readonly #stepMs: number;
  readonly #bytes: Uint8Array;
  /** Text i is `[ends[i], ends[i + 1])`. */
  readonly #ends: Uint32Array;

  /** Times start, start+step, … in milliseconds; the step is 0 where there is one. */
  constructor(startMs: number, stepMs: number, count: number) {
    this.#startMs = startMs;
    this.#stepMs = Math.max(1, stepMs);
    this.#ends = new Uint32Array(count + 1);
    const out = new JsonWriter(16 * count);
    for (let i = 0; i < count; i++) {
      out.timestamp(startMs + i * stepMs);
      this.#ends[i + 1] = out.length;
    }
    this.#bytes = out.take();
  }

  /** Writes the text of a time of the grid; returns where it ends. */
  copy(ms: number, into: Uint8Array, at: number): number {
    const i = (ms - this.#startMs) / this.#stepMs;
    const end = this.#ends[i + 1]!;
    const bytes = this.#bytes;
    for (let k = this.#ends[i]!; k < end; k++) into[at++] = bytes[k]!;
    return at;
  }
}

/** A sample's value as text, without quotes. */
export function sampleText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  // JavaScript writes one-digit exponents with one digit.
  const last = text.length - 1;
  return text[last - 2] === 'e' ? `${text.slice(0, last)}0${text[last]}` : text;
}
