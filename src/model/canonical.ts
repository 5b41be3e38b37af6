/**
 * When are two spans the same? Protobuf may be written in many ways and columns lose the order of attributes, so
 * bytes do not tell. The canonical key does: fields by number, zero values left out, attributes sorted.
 */

import { ProtoReader, WIRE } from '../base/protobuf.ts';
import { OTLP_MESSAGES, type OtlpMessage } from './otlp-schema.ts';

const ANY_VALUE = OTLP_MESSAGES.get('AnyValue')!;
const KEY_VALUE = OTLP_MESSAGES.get('KeyValue')!;

/** A text (a character per byte) that is equal exactly for messages that say the same; the bytes were checked before. */
export function canonicalKey(message: OtlpMessage, bytes: Uint8Array): string {
  return keyOf(message, new ProtoReader(bytes));
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
}

/** The message from the cursor to its end. */
function keyOf(message: OtlpMessage, r: ProtoReader): string {
  const values: (string[] | undefined)[] = new Array(message.byNumber.length).fill(undefined);
  while (r.pos < r.end) {
    const number = r.tag() >>> 3;
    const field = message.byNumber[number];
    if (field === undefined) {
      r.skip();
      continue;
    }
    let value: string;
    if (field.message !== undefined) {
      r.range();
      const { to, end } = r;
      r.seek(r.from, to);
      value = keyOf(field.message, r);
      r.seek(to, end);
    } else if (r.wire === WIRE.length) {
      r.range();
      value = latin1(r.buf, r.from, r.to);
    } else {
      value = numberKey(r);
    }
    const list = values[number];
    if (list === undefined) values[number] = [value];
    else if (field.repeated) list.push(value);
    else list[0] = value;
  }
  let key = '';
  for (let number = 0; number < values.length; number++) {
    const list = values[number];
    if (list === undefined) continue;
    const field = message.byNumber[number]!;
    if (field.message === KEY_VALUE) list.sort();
    for (const value of list) {
      // A member of AnyValue counts by being there, whatever its value.
      if (value === '' && !field.repeated && message !== ANY_VALUE) continue;
      key += `${number}:${value.length}:${value}`;
    }
  }
  return key;
}

/** The number at the cursor; '' for zero. */
function numberKey(r: ProtoReader): string {
  if (r.wire === WIRE.fixed32) {
    r.low = r.fixed32();
    r.high = 0;
  } else if (r.wire === WIRE.fixed64) r.fixed64();
  else r.varint64();
  return r.low === 0 && r.high === 0 ? '' : `${r.high}.${r.low}`;
}
