/** OTLP's KeyValue and AnyValue with a value of TraceQL: durations, status and kind are texts, as in JSON. */

import { WIRE } from '../../../base/protobuf.ts';
import type { ProtoWriter } from '../../../base/protobuf-writer.ts';
import { formatGoDuration } from '../../../model/duration.ts';
import type { Value } from '../../../query/traces/value.ts';
import { nested, textField } from './message-list.ts';

/** `field` of `out`, a KeyValue. */
export function keyValue(out: ProtoWriter, field: number, key: string, value: Value): void {
  nested(out, field, () => {
    textField(out, 1, key);
    nested(out, 2, () => anyValue(out, value));
  });
}

/** The fields of an AnyValue: 1 string, 2 bool, 3 int64, 4 double, 5 ArrayValue {1 values}. */
function anyValue(out: ProtoWriter, value: Value): void {
  switch (value.type) {
    case 'int':
      out.tag(3, WIRE.varint);
      out.varint64(value.exact ?? BigInt(value.value));
      return;
    case 'float':
      out.tag(4, WIRE.fixed64);
      out.f64(value.value);
      return;
    case 'bool':
      out.tag(2, WIRE.varint);
      out.u8(value.value ? 1 : 0);
      return;
    case 'many':
      nested(out, 5, () => {
        for (const item of value.values) nested(out, 1, () => anyValue(out, item));
      });
      return;
    case 'opaque':
      return;
    case 'duration':
      text(out, formatGoDuration(value.value));
      return;
    default:
      text(out, value.value);
  }
}

/** Which of its values an AnyValue has is told by the field that is there, be it empty. */
function text(out: ProtoWriter, value: string): void {
  out.tag(1, WIRE.length);
  out.text(value);
}
