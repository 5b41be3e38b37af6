/**
 * A share of all traces, by a hash of the id, so that the same traces are kept wherever and however often it is asked:
 * FNV-1a (64 bits) over salt and id, up to the share's part of 2^64 - 1. These are the traces that the collector keeps.
 */

import { utf8Encode } from '../../../base/bytes.ts';
import { TRACE_ID_BYTES } from '../../../model/span.ts';
import type { TraceSpans } from '../trace-spans.ts';
import { type Policy, type Verdict, verdictOf } from './policy.ts';

/** Of a policy that names none. */
const DEFAULT_SALT = 'default-hash-seed';
const OFFSET_LOW = 0x84222325;
const OFFSET_HIGH = 0xcbf29ce4;
/** The prime is 2^40 + this. */
const PRIME_LOW = 0x1b3;
const TWO_32 = 4294967296;
const MAX_U64 = 2n ** 64n - 1n;

export class ProbabilisticPolicy implements Policy {
  /** The hash's state behind the salt. */
  readonly #saltLow: number;
  readonly #saltHigh: number;
  readonly #limitLow: number;
  readonly #limitHigh: number;

  constructor(percentage: number, salt: string) {
    let low = OFFSET_LOW;
    let high = OFFSET_HIGH;
    for (const byte of utf8Encode(salt === '' ? DEFAULT_SALT : salt)) {
      low = (low ^ byte) >>> 0;
      high = timesPrimeHigh(low, high);
      low = timesPrimeLow(low);
    }
    this.#saltLow = low;
    this.#saltHigh = high;
    const limit = hashLimit(percentage / 100);
    this.#limitLow = Number(limit & 0xffffffffn);
    this.#limitHigh = Number(limit >> 32n);
  }

  evaluate(_trace: TraceSpans, key: string): Verdict {
    let low = this.#saltLow;
    let high = this.#saltHigh;
    for (let i = key.length - TRACE_ID_BYTES; i < key.length; i++) {
      low = (low ^ key.charCodeAt(i)) >>> 0;
      high = timesPrimeHigh(low, high);
      low = timesPrimeLow(low);
    }
    const [limitHigh, limitLow] = [this.#limitHigh, this.#limitLow];
    return verdictOf(high < limitHigh || (high === limitHigh && low <= limitLow));
  }
}

function timesPrimeLow(low: number): number {
  return (low * PRIME_LOW) % TWO_32;
}

function timesPrimeHigh(low: number, high: number): number {
  const carry = Math.floor((low * PRIME_LOW) / TWO_32);
  return (high * PRIME_LOW + carry + (low % 2 ** 24) * 2 ** 8) % TWO_32;
}

/**
 * The share of 2^64 - 1, its product rounded to 64 bits (half to even) and then cut to an integer: so do the collector's
 * big floats.
 */
export function hashLimit(share: number): bigint {
  if (!(share > 0)) return 0n;
  if (share === Number.POSITIVE_INFINITY) return MAX_U64;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, share);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  let exponent = Math.max(biased, 1) - 1075;
  let product = mantissa * MAX_U64;
  const excess = product.toString(2).length - 64;
  if (excess > 0) {
    const cut = product & ((1n << BigInt(excess)) - 1n);
    const half = 1n << BigInt(excess - 1);
    product >>= BigInt(excess);
    if (cut > half || (cut === half && (product & 1n) === 1n)) product++;
    exponent += excess;
  }
  const limit = exponent >= 0 ? product << BigInt(exponent) : product >> BigInt(-exponent);
  return limit > MAX_U64 ? MAX_U64 : limit;
}
