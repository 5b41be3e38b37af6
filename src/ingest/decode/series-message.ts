/**
 * The series text of a sample that came in protobuf. There, a sample's name and labels are spread over its family,
 * its metric and, for `le` and `quantile`, its bucket; here they stand in one piece, so that a known series is
 * recognised by its bytes as it is in the text formats. The piece is a message of its own:
 *
 *   1 LabelPair{1 name, 2 value}, repeated, copied as they stood    2 name    3 le (double)    4 quantile (double)
 */

import { ByteError, ByteWriter, utf8Decode } from '../../base/bytes.ts';
import { ProtoReader, WIRE } from '../../base/protobuf.ts';
import { viewOf } from '../../base/same-bytes.ts';
import { TriliteError } from '../../model/errors.ts';
import { METRIC_NAME } from '../../model/labels.ts';
import { strictText } from './exposition-lines.ts';
import { canonicalFloat } from './exposition-number.ts';

const NAME_TAG = 2 * 8 + WIRE.length;
const LE_TAG = 3 * 8 + WIRE.fixed64;
const QUANTILE_TAG = 4 * 8 + WIRE.fixed64;

const suffixBytes = new TextEncoder().encode('_count_sum_bucket');
const suffixView = viewOf(suffixBytes);

/**
 * Bytes of all series texts of one exposition: a million series. Labels are repeated for each bucket, so that a
 * small body could ask for any amount.
 */
const TEXT_BYTES_MAX = 128 * 1024 * 1024;

/** Where the suffixes of derived series stand in `suffixBytes`. */
export const SUFFIX = {
  none: { start: 0, length: 0 },
  count: { start: 0, length: 6 },
  sum: { start: 6, length: 4 },
  bucket: { start: 10, length: 7 },
} as const;
type Suffix = (typeof SUFFIX)[keyof typeof SUFFIX];

/** The series texts of one exposition, one behind the other. */
export class SeriesTexts {
  readonly #out: ByteWriter;
  readonly #body: DataView;
  #nameStart = 0;
  #nameLength = 0;
  /** Begin and end of each run of label fields in the body. */
  #labels: readonly number[] = [];

  constructor(body: Uint8Array) {
    this.#body = viewOf(body);
    this.#out = new ByteWriter(body.length);
  }

  get length(): number {
    return this.#out.length;
  }

  /** The family that the next texts belong to: where its name stands in the body. */
  family(nameStart: number, nameEnd: number): void {
    this.#nameStart = nameStart;
    this.#nameLength = nameEnd - nameStart;
  }

  /** The labels of the next texts: begin and end, alternating, of the runs of their fields, tags included. */
  metric(labels: readonly number[]): void {
    this.#labels = labels;
  }

  /** Writes a text and returns where it begins. Throws `limit`. */
  write(suffix: Suffix): number {
    const out = this.#out;
    const start = out.length;
    if (start > TEXT_BYTES_MAX) {
      throw new TriliteError('limit', `series names and labels are longer than ${TEXT_BYTES_MAX} bytes`);
    }
    const labels = this.#labels;
    for (let i = 0; i < labels.length; i += 2) out.copy(this.#body, labels[i]!, labels[i + 1]! - labels[i]!);
    out.u8(NAME_TAG);
    out.varint(this.#nameLength + suffix.length);
    out.copy(this.#body, this.#nameStart, this.#nameLength);
    if (suffix.length > 0) out.copy(suffixView, suffix.start, suffix.length);
    return start;
  }

  writeBucket(le: number): number {
    return this.#writeBound(SUFFIX.bucket, LE_TAG, le);
  }

  writeQuantile(quantile: number): number {
    return this.#writeBound(SUFFIX.none, QUANTILE_TAG, quantile);
  }

  #writeBound(suffix: Suffix, tag: number, bound: number): number {
    const start = this.write(suffix);
    this.#out.u8(tag);
    this.#out.f64(bound);
    return start;
  }

  view(): Uint8Array {
    return this.#out.view();
  }
}

/**
 * Takes a series text apart: name and value alternating, `__name__` first. Throws `bad_data` for a label without a
 * name, for what is no UTF-8, and where a label pair is malformed.
 */
export function readSeriesMessage(bytes: Uint8Array, start: number, end: number): string[] {
  try {
    return readMessage(bytes, start, end);
  } catch (e) {
    throw e instanceof ByteError ? malformed(e) : e;
  }
}

/** What is said of bytes that are no protobuf. */
export function malformed(e: ByteError): TriliteError {
  return new TriliteError('bad_data', `malformed protobuf: ${e.message}`);
}

function readMessage(bytes: Uint8Array, start: number, end: number): string[] {
  const pairs: string[] = [METRIC_NAME, ''];
  const r = new ProtoReader(bytes, start, end);
  while (r.next()) {
    if (r.field === 1) {
      const outer = r.enter();
      readPair(r, pairs);
      r.leave(outer);
    } else if (r.field === 2) pairs[1] = utf8Decode(r.bytes());
    else pairs.push(r.field === 3 ? 'le' : 'quantile', canonicalFloat(r.asDouble()));
  }
  return pairs;
}

const NOTHING = new Uint8Array(0);

function readPair(r: ProtoReader, pairs: string[]): void {
  let name = NOTHING as Uint8Array;
  let value = NOTHING as Uint8Array;
  while (r.next()) {
    if (r.field === 1) name = r.bytes();
    else if (r.field === 2) value = r.bytes();
    else r.skip();
  }
  const nameText = strictText(name);
  if (nameText === undefined || nameText === '') {
    throw new TriliteError('bad_data', `invalid label name: ${utf8Decode(name)}`);
  }
  const valueText = strictText(value);
  if (valueText === undefined) {
    throw new TriliteError('bad_data', `invalid label value: ${utf8Decode(value)}`);
  }
  pairs.push(nameText, valueText);
}
