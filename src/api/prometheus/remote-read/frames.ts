/**
 * Frames of the streamed answer, each with chunks of one series:
 *
 *   frame                uvarint length, u32 big-endian CRC-32C of the message, message
 *   ChunkedReadResponse  1 series {1 labels, 2 chunks}  2 index of the query
 *   Chunk                1 first time ms  2 last time ms  3 encoding  4 data
 */

import { ByteWriter } from '../../../base/bytes.ts';
import { crc32c } from '../../../base/crc32c.ts';
import { ProtoWriter } from '../../../base/protobuf-writer.ts';
import type { Labels } from '../../../model/labels.ts';
import { writeInt64, writeLabels } from './messages.ts';
import type { WireChunk } from './wire-chunk.ts';

/** A frame is closed by the chunk that brings it past this; clients take frames of fifty times the size. */
export const FRAME_MAX_BYTES = 1024 * 1024;

/** The frames of one series, one after another. */
export function framesOf(
  queryIndex: number,
  labels: Labels,
  chunks: readonly WireChunk[],
  maxBytes = FRAME_MAX_BYTES,
): Uint8Array {
  const out = new ByteWriter(1024);
  const head = new ProtoWriter(256);
  writeLabels(head, labels);
  const series = new ProtoWriter(1024);
  const chunk = new ProtoWriter(256);
  const message = new ProtoWriter(1024);
  for (let i = 0; i < chunks.length; ) {
    series.clear();
    series.bytes(head.view());
    while (i < chunks.length && series.length < maxBytes) {
      chunk.clear();
      writeChunk(chunk, chunks[i++]!);
      series.bytesField(2, chunk.view());
    }
    message.clear();
    message.bytesField(1, series.view());
    writeInt64(message, 2, queryIndex);
    writeFrame(out, message.view());
  }
  return out.take();
}

function writeChunk(out: ProtoWriter, chunk: WireChunk): void {
  writeInt64(out, 1, chunk.minMs);
  writeInt64(out, 2, chunk.maxMs);
  out.uint32Field(3, chunk.encoding);
  out.bytesField(4, chunk.data);
}

function writeFrame(out: ByteWriter, message: Uint8Array): void {
  out.varint(message.length);
  const crc = crc32c(message);
  for (let shift = 24; shift >= 0; shift -= 8) out.u8((crc >>> shift) & 0xff);
  out.bytes(message);
}
