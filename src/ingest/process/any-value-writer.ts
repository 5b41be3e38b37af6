/** AnyValue messages, written. */

import { WIRE } from '../../base/protobuf.ts';
import type { ProtoWriter } from '../../base/protobuf-writer.ts';
import { ANY_VALUE_TAG, type AnyValue } from '../../model/attributes.ts';

const KEY_FIELD = 1;
const VALUE_FIELD = 2;
/** Of ArrayValue and KeyValueList. */
const VALUES_FIELD = 1;

/** A KeyValue message, as field `field` of what is being written. */
export function writeKeyValue(out: ProtoWriter, field: number, key: string, value: AnyValue): void {
  out.tag(field, WIRE.length);
  const start = out.length;
  out.tag(KEY_FIELD, WIRE.length);
  out.text(key);
  writeAnyField(out, VALUE_FIELD, value);
  out.closeLength(start);
}

function writeAnyField(out: ProtoWriter, field: number, value: AnyValue): void {
  out.tag(field, WIRE.length);
  const start = out.length;
  writeAnyValue(out, value);
  out.closeLength(start);
}

function writeAnyValue(out: ProtoWriter, value: AnyValue): void {
  switch (value.type) {
    case 'empty':
      return;
    case 'string':
      out.u8(ANY_VALUE_TAG.string);
      out.text(value.value);
      return;
    case 'bool':
      out.u8(ANY_VALUE_TAG.bool);
      out.u8(value.value ? 1 : 0);
      return;
    case 'int':
      out.u8(ANY_VALUE_TAG.int);
      out.varint64(value.value);
      return;
    case 'double':
      out.u8(ANY_VALUE_TAG.double);
      out.f64(value.value);
      return;
    case 'bytes':
      out.u8(ANY_VALUE_TAG.bytes);
      out.block(value.value);
      return;
    default:
      writeMany(out, value);
  }
}

function writeMany(out: ProtoWriter, value: AnyValue & { readonly type: 'array' | 'kvlist' }): void {
  out.u8(ANY_VALUE_TAG[value.type]);
  const start = out.length;
  if (value.type === 'array') for (const element of value.values) writeAnyField(out, VALUES_FIELD, element);
  else for (const [key, element] of value.entries) writeKeyValue(out, VALUES_FIELD, key, element);
  out.closeLength(start);
}
