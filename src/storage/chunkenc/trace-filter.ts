/**
 * Which traces a span group may hold: a Bloom filter over the trace ids, so that looking up a trace opens the groups
 * that have it and hardly any other. About 1 in 120 ids that are not there pass.
 *
 *   version u8 | probes u8 | crc32 u32 of the rest | bits
 */

import zlib from 'node:zlib';
import { hash64, hashBytes } from '../../base/hash.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';

const VERSION = 1;
const HEADER_BYTES = 6;
const CRC_AT = 2;
const BITS_PER_TRACE = 10;
/** The best number of probes for ten bits is ln 2 times that. */
const PROBES = 7;
/** A filter asks no more of a lookup than this, whatever its header says. */
const PROBES_MAX = 32;

/** The filter of `count` ids, 16 bytes each, one after the other. */
export function writeTraceFilter(ids: Uint8Array, count: number): Uint8Array {
  const bytes = Math.max(1, Math.ceil((count * BITS_PER_TRACE) / 8));
  const out = new Uint8Array(HEADER_BYTES + bytes);
  out[0] = VERSION;
  out[1] = PROBES;
  const bits = bytes * 8;
  for (let i = 0; i < count; i++) {
    hashBytes(ids, i * TRACE_ID_BYTES, (i + 1) * TRACE_ID_BYTES);
    let at = hash64.low;
    for (let p = 0; p < PROBES; p++) {
      const bit = at % bits;
      out[HEADER_BYTES + (bit >>> 3)]! |= 1 << (bit & 7);
      at = (at + hash64.high) >>> 0;
    }
  }
  new DataView(out.buffer).setUint32(CRC_AT, zlib.crc32(out.subarray(HEADER_BYTES)), true);
  return out;
}

/** A filter that was checked once, for many ids. */
export class TraceFilter {
  readonly #bytes: Uint8Array;
  readonly #bits: number;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#bits = (bytes.length - HEADER_BYTES) * 8;
  }

  /** Undefined where the filter is damaged. */
  static open(bytes: Uint8Array): TraceFilter | undefined {
    if (bytes.length <= HEADER_BYTES || bytes[0] !== VERSION) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (zlib.crc32(bytes.subarray(HEADER_BYTES)) !== view.getUint32(CRC_AT, true)) return undefined;
    return bytes[1]! > PROBES_MAX ? undefined : new TraceFilter(bytes);
  }

  /** Whether the group may hold the trace with this hash (`hash64` of its id). */
  mayHold(low: number, high: number): boolean {
    const bytes = this.#bytes;
    let at = low;
    for (let p = bytes[1]!; p > 0; p--) {
      const bit = at % this.#bits;
      if (((bytes[HEADER_BYTES + (bit >>> 3)]! >>> (bit & 7)) & 1) === 0) return false;
      at = (at + high) >>> 0;
    }
    return true;
  }
}

/** Whether a group with this filter may hold the trace; undefined where the filter is damaged. */
export function mayHoldTrace(filter: Uint8Array, id: Uint8Array): boolean | undefined {
  const open = TraceFilter.open(filter);
  if (open === undefined) return undefined;
  hashBytes(id, 0, TRACE_ID_BYTES);
  return open.mayHold(hash64.low, hash64.high);
}
