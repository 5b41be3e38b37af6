/**
 * The data of one WAL row: the records of a group commit, compressed where that pays, under a checksum that covers
 * the row's generation too, a column of its own that says whether the row is replayed.
 *
 *   codec u8 (2 as is, 3 zstd) | crc32 u32 of the generation (f64) and the payload | payload
 *
 * Codecs 0 and 1 are those of older files, whose checksum is of the payload alone.
 */

import zlib from 'node:zlib';
import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { DamagedPageError } from '../block/page.ts';
import { isMetricKind, WAL_KIND } from '../head/wal-record.ts';
import type { WalRow } from './wal-table.ts';

/** Below this a commit is not worth compressing: a zstd call costs about 25 µs. */
const COMPRESS_MIN_BYTES = 4096;
const CODEC_OLD_RAW = 0;
const CODEC_OLD_ZSTD = 1;
const CODEC_RAW = 2;
const CODEC_ZSTD = 3;
const HEADER_BYTES = 5;
/** Where the first record's kind stands: behind its length. */
const RECORD_KIND_AT = 4;

function crcOf(codec: number, payload: Uint8Array, generation: number): number {
  if (codec === CODEC_OLD_RAW || codec === CODEC_OLD_ZSTD) return zlib.crc32(payload);
  return zlib.crc32(payload, zlib.crc32(new Uint8Array(Float64Array.of(generation).buffer)));
}

export function packCommit(records: Uint8Array, generation: number): Uint8Array {
  // What holds compressed bodies shrinks by a tenth, for three times the work.
  const compress = records.length >= COMPRESS_MIN_BYTES && records[RECORD_KIND_AT] !== WAL_KIND.packedLogs;
  const payload = compress ? zlib.zstdCompressSync(records) : records;
  const data = new Uint8Array(HEADER_BYTES + payload.length);
  data[0] = compress ? CODEC_ZSTD : CODEC_RAW;
  new DataView(data.buffer).setUint32(1, crcOf(data[0], payload, generation), true);
  data.set(payload, HEADER_BYTES);
  return data;
}

/** The records. Throws `DamagedPageError`, or zstd's own error. */
export function unpackCommit(data: Uint8Array, generation: number): Uint8Array {
  if (data.length < HEADER_BYTES) throw new DamagedPageError('WAL row ends early');
  const payload = data.subarray(HEADER_BYTES);
  const crc = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(1, true);
  if (crcOf(data[0]!, payload, generation) !== crc)
    throw new DamagedPageError('checksum of a WAL row differs');
  if (data[0] === CODEC_RAW || data[0] === CODEC_OLD_RAW) return payload;
  if (data[0] !== CODEC_ZSTD && data[0] !== CODEC_OLD_ZSTD)
    throw new DamagedPageError(`WAL codec ${data[0]}`);
  return zlib.zstdDecompressSync(payload);
}

/**
 * The row's data with its records of metrics alone: the same where it has no other, undefined where it has none, or where it
 * is damaged, which `damaged` is told.
 */
export function metricsOfCommit(row: WalRow, damaged: (what: string) => void): Uint8Array | undefined {
  const out = new ByteWriter(4096);
  try {
    const records = unpackCommit(row.data, row.generation);
    const input = new ByteReader(records);
    while (!input.done) {
      const record = input.bytes(input.u32());
      if (!isMetricKind(record[0]!)) continue;
      out.u32(record.length);
      out.bytes(record);
    }
    if (out.length === records.length) return row.data;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    damaged(`WAL row ${row.seq} is damaged and is not sent on: ${reason}`);
    return undefined;
  }
  return out.length === 0 ? undefined : packCommit(out.view(), row.generation);
}
