/**
 * Storing spans for a tenant: their resources say whose they are, in an attribute that nothing a client sends can be. A
 * resource is a protobuf message, so the attribute is put behind it as one more field, and where a client's own has the
 * reserved name that is changed; spans are not looked at. Those of the default tenant say nothing.
 */

import { utf8Decode } from '../../base/bytes.ts';
import { ProtoReader, WIRE } from '../../base/protobuf.ts';
import { ProtoWriter } from '../../base/protobuf-writer.ts';
import type { SpanBatch } from '../../model/batch.ts';
import { DEFAULT_TENANT, TENANT_LABEL } from '../../model/tenant.ts';
import type { TraceAppender } from '../interface.ts';
import { storedName } from './tenant-view.ts';

/** Fields of Resource, KeyValue and AnyValue: a field whose tag is another is none of these. */
const TAG_ATTRIBUTE = 10;
const TAG_KEY = 10;
/** A guess: the writer grows. */
const RESOURCE_BYTES = 256;
const FIELD = { attribute: 1, key: 1, value: 2, stringValue: 1 } as const;

export function tenantTraceAppender(traces: TraceAppender, tenant: string): TraceAppender {
  return { append: (batch) => traces.append(tenantSpans(batch, tenant)) };
}

/** The batch as it is stored for the tenant; the same object where nothing has to be said. */
export function tenantSpans(batch: SpanBatch, tenant: string): SpanBatch {
  const mark = tenant === DEFAULT_TENANT ? undefined : attributeOf(tenant);
  const { bytes, resourceCount } = batch;
  const names = Array.from({ length: resourceCount }, (_, r) => hasName(batch, r));
  if (!mark && !names.includes(true)) return batch;
  const resourceStart = new Uint32Array(resourceCount);
  const resourceEnd = new Uint32Array(resourceCount);
  const out = new ProtoWriter(bytes.length + RESOURCE_BYTES * (resourceCount + 1));
  // What spans and scopes point to stays where it is; resources follow anew.
  out.bytes(bytes);
  const reader = new ProtoReader(bytes);
  for (let r = 0; r < resourceCount; r++) {
    const from = batch.resourceStart[r]!;
    const to = batch.resourceEnd[r]!;
    resourceStart[r] = out.length;
    if (names[r]) writeRenamed(out, reader, from, to);
    else out.bytes(bytes.subarray(from, to));
    if (mark) out.bytes(mark);
    resourceEnd[r] = out.length;
  }
  return { ...batch, bytes: out.take(), resourceStart, resourceEnd };
}

/** Whether the reserved name stands anywhere in a resource. */
function hasName({ bytes, resourceStart, resourceEnd }: SpanBatch, r: number): boolean {
  const from = resourceStart[r]!;
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, resourceEnd[r]! - from).includes(TENANT_LABEL);
}

/** The attribute as a field of a resource. */
function attributeOf(tenant: string): Uint8Array {
  const out = new ProtoWriter(64);
  const start = beginField(out, FIELD.attribute);
  out.bytesField(FIELD.key, Buffer.from(TENANT_LABEL));
  const value = beginField(out, FIELD.value);
  out.bytesField(FIELD.stringValue, Buffer.from(tenant));
  out.endLength(value);
  out.endLength(start);
  return out.take();
}

function beginField(out: ProtoWriter, field: number): number {
  out.tag(field, WIRE.length);
  return out.beginLength();
}

/** Copies a resource, its attributes under the names that they have in storage. */
function writeRenamed(out: ProtoWriter, reader: ProtoReader, from: number, to: number): void {
  reader.seek(from, to);
  while (reader.pos < reader.end) {
    const at = reader.pos;
    if (reader.tag() !== TAG_ATTRIBUTE) {
      reader.skip();
      out.bytes(reader.buf.subarray(at, reader.pos));
      continue;
    }
    reader.range();
    const next = reader.pos;
    writeAttribute(out, reader, reader.from, reader.to);
    reader.seek(next, to);
  }
}

function writeAttribute(out: ProtoWriter, reader: ProtoReader, from: number, to: number): void {
  const key = keyOf(reader, from, to);
  const start = beginField(out, FIELD.attribute);
  out.bytes(reader.buf.subarray(from, to));
  // Of a field that is there twice the last holds.
  if (storedName(key) !== key) out.bytesField(FIELD.key, Buffer.from(storedName(key)));
  out.endLength(start);
}

function keyOf(reader: ProtoReader, from: number, to: number): string {
  let key = '';
  reader.seek(from, to);
  while (reader.pos < reader.end) {
    const isKey = reader.tag() === TAG_KEY;
    reader.skip();
    if (isKey) key = utf8Decode(reader.buf.subarray(reader.from, reader.to));
  }
  return key;
}
