/**
 * Memory that decoding a metrics request needs for a moment: the decompressed body and the columns of its batch. Made
 * anew for every request it would be half a megabyte of garbage each, which costs more than decoding. So it is lent:
 *
 *   take ─▶ decompress ─▶ decode ─▶ append (storage copies what it keeps) ─▶ give back ─▶ wait until durable
 *
 * An append may have to wait for the disk's answer, and others are decoded meanwhile: each has a scratch of its own.
 */

import { ByteWriter } from '../../base/bytes.ts';
import { SeriesKeys } from '../translate/series-keys.ts';
import { MetricRows } from './metric-rows.ts';

/** Scratches kept for the next request; more than this are in use only while appends wait. */
const KEPT_MAX = 2;
/** Larger memory is not kept: requests beyond some ten thousand samples are rare. */
const BODY_KEPT_MAX_BYTES = 4 * 1024 * 1024;
const SAMPLES_KEPT_MAX = 32 * 1024;
/** Bodies grow in steps, so that requests of about one size find room. */
const BODY_STEP_BYTES = 64 * 1024;

export class DecodeScratch {
  #body = new Uint8Array(0);
  #rows = new MetricRows(0, 0);
  #keys = new ByteWriter(0);
  #seriesKeys: SeriesKeys | undefined;

  /** Room for a body of exactly `bytes`; what is in it is undefined. Valid until the scratch is given back. */
  readonly body = (bytes: number): Uint8Array => {
    if (bytes > this.#body.length) {
      this.#body = new Uint8Array(Math.ceil(bytes / BODY_STEP_BYTES) * BODY_STEP_BYTES);
    }
    return this.#body.subarray(0, bytes);
  };

  /** Empty columns with the room that they grew to. */
  rows(): MetricRows {
    this.#rows.reset();
    return this.#rows;
  }

  /** An empty buffer for keys. */
  keys(): ByteWriter {
    this.#keys.clear();
    return this.#keys;
  }

  /** Room for the keys of OTLP series. */
  seriesKeys(): SeriesKeys {
    this.#seriesKeys ??= new SeriesKeys();
    return this.#seriesKeys;
  }

  /** Lets go of what is too large to be kept. */
  trim(): void {
    if (this.#body.length > BODY_KEPT_MAX_BYTES) this.#body = new Uint8Array(0);
    if (this.#rows.values.length > SAMPLES_KEPT_MAX || this.#rows.keyStart.length > SAMPLES_KEPT_MAX) {
      this.#rows = new MetricRows(0, 0);
    }
    if (this.#keys.length > BODY_KEPT_MAX_BYTES) this.#keys = new ByteWriter(0);
    if (this.#seriesKeys && this.#seriesKeys.bytes.length > BODY_KEPT_MAX_BYTES) this.#seriesKeys = undefined;
  }
}

/** The scratches that are not in use. */
export class DecodeScratches {
  readonly #free: DecodeScratch[] = [];

  take(): DecodeScratch {
    return this.#free.pop() ?? new DecodeScratch();
  }

  /** Nothing may look at the scratch's body or columns any more. */
  give(scratch: DecodeScratch): void {
    scratch.trim();
    if (this.#free.length < KEPT_MAX) this.#free.push(scratch);
  }
}
