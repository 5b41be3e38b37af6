/** Tag names and values as protobuf: the four answers of `SearchTags…` and `SearchTagValues…`; metrics are in field 2. */

import { utf8Encode } from '../../../base/bytes.ts';
import { ProtoWriter } from '../../../base/protobuf-writer.ts';
import type { ScopeTags, TypedValue } from '../tag-answers.ts';
import { MessageList, metadataMetrics, nested, ONE_JOB, textField } from './message-list.ts';

const METRICS = metadataMetrics(ONE_JOB);

/** 1 names of tags, or values of one in the first API version. */
export function textMessages(texts: readonly string[], maxBytes = Number.POSITIVE_INFINITY): Uint8Array[] {
  const list = new MessageList(METRICS, maxBytes);
  for (const text of texts) list.add(1, utf8Encode(text));
  return list.take();
}

/** 1 scopes {1 name, 2 tags}; a scope with many tags goes on in the next message. */
export function scopeMessages(
  scopes: readonly ScopeTags[],
  maxBytes = Number.POSITIVE_INFINITY,
): Uint8Array[] {
  const list = new MessageList(METRICS, maxBytes);
  for (const { name, tags } of scopes) {
    let from = 0;
    let size = 0;
    for (let i = 0; i < tags.length; i++) {
      // Three bytes at most for a character of the text.
      size += tags[i]!.length * 3;
      if (size < maxBytes / 2 && i + 1 < tags.length) continue;
      list.add(1, scopeMessage(name, tags.slice(from, i + 1)));
      from = i + 1;
      size = 0;
    }
  }
  return list.take();
}

function scopeMessage(name: string, tags: readonly string[]): Uint8Array {
  const out = new ProtoWriter(256);
  textField(out, 1, name);
  for (const tag of tags) nested(out, 2, () => out.bytes(utf8Encode(tag)));
  return out.take();
}

/** 1 values {1 type, 2 value}. */
export function valueMessages(
  values: readonly TypedValue[],
  maxBytes = Number.POSITIVE_INFINITY,
): Uint8Array[] {
  const list = new MessageList(METRICS, maxBytes);
  for (const { type, value } of values) {
    const out = new ProtoWriter(64);
    textField(out, 1, type);
    textField(out, 2, value ?? '');
    list.add(1, out.take());
  }
  return list.take();
}
