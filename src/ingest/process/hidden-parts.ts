/**
 * Whether an attribute's bytes hold more than its value: fields that nobody knows, and members of which protobuf has the last
 * count. Decoding passes them over, so rules do not see them, and a copy of the bytes would keep them.
 */

import { ProtoReader } from '../../base/protobuf.ts';
import { ANY_VALUE_TAG } from '../../model/attributes.ts';
import { KEY_VALUE } from './span-messages.ts';

/** The one field of ArrayValue and KeyValueList. */
const TAG_VALUES = 10;

const SCALARS: ReadonlySet<number> = new Set([
  ANY_VALUE_TAG.string,
  ANY_VALUE_TAG.bool,
  ANY_VALUE_TAG.int,
  ANY_VALUE_TAG.double,
  ANY_VALUE_TAG.bytes,
]);

/** Of the KeyValue message `bytes[from, to)`, which is well formed. */
export function hidesSomething(bytes: Uint8Array, from: number, to: number): boolean {
  return keyValueHides(new ProtoReader(bytes), from, to);
}

function keyValueHides(r: ProtoReader, from: number, to: number): boolean {
  let [hasKey, hasValue] = [false, false];
  r.seek(from, to);
  while (r.pos < to) {
    const tag = r.tag();
    if (tag !== KEY_VALUE.key && tag !== KEY_VALUE.value) return true;
    if (tag === KEY_VALUE.key ? hasKey : hasValue) return true;
    hasKey ||= tag === KEY_VALUE.key;
    hasValue ||= tag === KEY_VALUE.value;
    r.range();
    const { from: a, to: b } = r;
    if (tag === KEY_VALUE.value && anyValueHides(r, a, b)) return true;
    r.seek(b, to);
  }
  return false;
}

function anyValueHides(r: ProtoReader, from: number, to: number): boolean {
  if (from === to) return false;
  r.seek(from, to);
  const tag = r.tag();
  if (SCALARS.has(tag)) {
    r.skip();
    return r.pos !== to;
  }
  if (tag !== ANY_VALUE_TAG.array && tag !== ANY_VALUE_TAG.kvlist) return true;
  r.range();
  if (r.to !== to) return true;
  const { from: a } = r;
  r.seek(a, to);
  while (r.pos < to) {
    if (r.tag() !== TAG_VALUES) return true;
    r.range();
    const { from: b, to: c } = r;
    if (tag === ANY_VALUE_TAG.array ? anyValueHides(r, b, c) : keyValueHides(r, b, c)) return true;
    r.seek(c, to);
  }
  return false;
}
