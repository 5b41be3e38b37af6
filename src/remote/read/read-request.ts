/**
 * The request of remote read, snappy in block form:
 *
 *   ReadRequest  1 queries  2 accepted response types
 *   Query        1 start  2 end (both inclusive, ms)  3 matchers  4 hints
 *   Matcher      1 type  2 name  3 value
 *   ReadHints    1 step ms  2 function  3 start  4 end  5 grouping  6 by  7 range ms
 */

import { WIRE } from '../../base/protobuf.ts';
import { ProtoWriter } from '../../base/protobuf-writer.ts';
import { SnappyEncoder } from '../../base/snappy-encode.ts';
import type { Matcher } from '../../model/matcher.ts';
import { READ_RESPONSE_TYPES, WIRE_MATCH_TYPES } from '../../model/remote-read-wire.ts';
import type { SeriesSelect } from '../../storage/interface.ts';

/** What is read, the better first. */
const ACCEPTED = ['STREAMED_XOR_CHUNKS', 'SAMPLES'] as const;

/** `maxMs`: up to where the remote is asked; the hints tell of the whole selection. */
export function encodeReadRequest(select: SeriesSelect, maxMs: number): Uint8Array {
  const out = new ProtoWriter(256);
  const query = new ProtoWriter(256);
  int64Field(query, 1, select.minMs);
  int64Field(query, 2, maxMs);
  for (const matcher of select.matchers) query.bytesField(3, matcherMessage(matcher));
  query.bytesField(4, hintsMessage(select));
  out.bytesField(1, query.view());
  const accepted = new ProtoWriter(8);
  for (const type of ACCEPTED) accepted.varint(READ_RESPONSE_TYPES.indexOf(type));
  out.bytesField(2, accepted.view());
  return new SnappyEncoder().encode(out.view());
}

function int64Field(out: ProtoWriter, field: number, value: number): void {
  if (value === 0) return;
  out.tag(field, WIRE.varint);
  out.varint64(BigInt(value));
}

function textField(out: ProtoWriter, field: number, value: string): void {
  if (value === '') return;
  out.tag(field, WIRE.length);
  out.text(value);
}

function matcherMessage({ type, name, value }: Matcher): Uint8Array {
  const out = new ProtoWriter(64);
  out.uint32Field(1, WIRE_MATCH_TYPES.indexOf(type));
  textField(out, 2, name);
  textField(out, 3, value);
  return out.view();
}

function hintsMessage({ minMs, maxMs, hints }: SeriesSelect): Uint8Array {
  const out = new ProtoWriter(64);
  int64Field(out, 1, hints?.stepMs ?? 0);
  textField(out, 2, hints?.func ?? '');
  int64Field(out, 3, minMs);
  int64Field(out, 4, maxMs);
  for (const label of hints?.grouping ?? []) {
    out.tag(5, WIRE.length);
    out.text(label);
  }
  out.uint32Field(6, hints?.by === true ? 1 : 0);
  int64Field(out, 7, hints?.rangeMs ?? 0);
  return out.view();
}
