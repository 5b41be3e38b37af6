/**
 * Zipkin's habit of giving the client and the server half of a call one span id, undone as Tempo does in whole traces:
 * the server half gets an id of its own (counted from 1, whatever is free), the client half becomes its parent, and
 * what named the shared id as parent follows the server half.
 */

import { ProtoReader, WIRE } from '../../base/protobuf.ts';
import { ProtoWriter } from '../../base/protobuf-writer.ts';
import { SPAN_ID_BYTES } from '../../model/span.ts';

const TAG_SPAN_ID = 18;
const TAG_PARENT_ID = 34;
const TAG_KIND = 48;
const KIND_SERVER = 2;
const KIND_CLIENT = 3;

interface SpanIds {
  span: string;
  parent: string;
  kind: number;
}

/**
 * The spans (Span messages) of one whole trace, those that change replaced by new messages; the same array where none
 * does.
 */
export function separateSharedIds(spans: readonly Uint8Array[]): readonly Uint8Array[] {
  const ids = spans.map(idsOf);
  const used = new Set(ids.map((span) => span.span));
  if (used.size === ids.length) return spans;
  const clients = new Set(ids.filter((span) => span.kind === KIND_CLIENT).map((span) => span.span));
  const renamed = new Map<string, string>();
  const changed = new Set<SpanIds>();
  let counter = 0;
  for (const span of ids) {
    if (span.kind !== KIND_SERVER || !clients.has(span.span)) continue;
    let fresh: string;
    do fresh = idText(++counter);
    while (used.has(fresh));
    used.add(fresh);
    renamed.set(span.span, fresh);
    span.parent = span.span;
    span.span = fresh;
    changed.add(span);
  }
  for (const span of ids) {
    const parent = renamed.get(span.parent);
    if (parent === undefined || span.span === parent) continue;
    span.parent = parent;
    changed.add(span);
  }
  return spans.map((span, i) => (changed.has(ids[i]!) ? withIds(span, ids[i]!) : span));
}

/** An id as text, a character per byte. */
function idText(counter: number): string {
  const id = Buffer.alloc(SPAN_ID_BYTES);
  id.writeUInt32BE(counter, SPAN_ID_BYTES - 4);
  return id.toString('latin1');
}

function idsOf(span: Uint8Array): SpanIds {
  const ids: SpanIds = { span: '', parent: '', kind: 0 };
  const r = new ProtoReader(span);
  while (r.pos < r.end) {
    switch (r.tag()) {
      case TAG_SPAN_ID:
        ids.span = Buffer.from(r.bytes()).toString('latin1');
        break;
      case TAG_PARENT_ID:
        ids.parent = Buffer.from(r.bytes()).toString('latin1');
        break;
      case TAG_KIND:
        ids.kind = r.uint32();
        break;
      default:
        r.skip();
    }
  }
  return ids;
}

/** A copy of the span with other ids, in the places where ids stand. */
function withIds(span: Uint8Array, ids: SpanIds): Uint8Array {
  const out = new ProtoWriter(span.length + 16);
  const r = new ProtoReader(span);
  let written = false;
  const writeIds = () => {
    if (written) return;
    written = true;
    out.tag(TAG_SPAN_ID >>> 3, WIRE.length);
    out.block(Buffer.from(ids.span, 'latin1'));
    if (ids.parent === '') return;
    out.tag(TAG_PARENT_ID >>> 3, WIRE.length);
    out.block(Buffer.from(ids.parent, 'latin1'));
  };
  while (r.pos < r.end) {
    const start = r.pos;
    const tag = r.tag();
    r.skip();
    if (tag === TAG_SPAN_ID || tag === TAG_PARENT_ID) writeIds();
    else out.bytes(span.subarray(start, r.pos));
  }
  return out.take();
}
