/**
 * Zipkin's API v2 in protobuf: a `ListOfSpans` to a `SpanBatch`.
 *
 *   ListOfSpans  1 spans
 *   Span         1 trace_id  2 parent_id  3 id  4 kind  5 name  6 timestamp fixed64 µs  7 duration µs
 *                8 local_endpoint  9 remote_endpoint  10 annotations  11 tags map  12 debug  13 shared
 *   Endpoint     1 service_name  2 ipv4  3 ipv6  4 port
 *   Annotation   1 timestamp fixed64 µs  2 value
 */

import { ProtoReader, WIRE } from '../../base/protobuf.ts';
import type { SpanBatch } from '../../model/batch.ts';
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import { asBadData } from './bad-data.ts';
import { ipAddressOfBytes } from './ip-address.ts';
import { decodeOtlpTraces } from './otlp-traces.ts';
import { ZipkinToOtlp } from './zipkin-otlp.ts';
import {
  PORT_MAX,
  TIME_US_MAX,
  type ZipkinAnnotation,
  type ZipkinEndpoint,
  type ZipkinSpan,
  zipkinSpanDraft,
} from './zipkin-span.ts';

const KIND_NAMES = ['', 'CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'] as const;

/** Trace ids of 64 bits, which only JSON should have, are taken too. */
const TRACE_ID_LENGTHS: readonly number[] = [TRACE_ID_BYTES, TRACE_ID_BYTES / 2];

/** Throws `TriliteError` (`bad_data`): the body is malformed or an id not valid; nothing of it is to be stored then. */
export function decodeZipkinProtobuf(body: Uint8Array): SpanBatch {
  const request = asBadData('invalid Zipkin protobuf', () => {
    const out = new ZipkinToOtlp();
    const r = new ProtoReader(body);
    while (r.next()) {
      if (r.field === 1) within(r, () => out.add(readSpan(r)));
      else r.skip();
    }
    return out.take();
  });
  return decodeOtlpTraces(request);
}

/** Walks into the message of the last tag and out again. */
function within<T>(r: ProtoReader, read: () => T): T {
  const outer = r.enter();
  const value = read();
  r.leave(outer);
  return value;
}

function readSpan(r: ProtoReader): ZipkinSpan {
  const span = zipkinSpanDraft();
  while (r.next()) {
    switch (r.field) {
      case 1:
        span.traceId = readId(r, 'trace_id', TRACE_ID_LENGTHS).padStart(2 * TRACE_ID_BYTES, '0');
        break;
      case 2:
        span.parentId = readId(r, 'parent_id', [SPAN_ID_BYTES, 0]);
        break;
      case 3:
        span.id = readId(r, 'id', [SPAN_ID_BYTES]);
        break;
      case 4:
        span.kind = KIND_NAMES[r.asVarint()] ?? '';
        break;
      case 5:
        span.name = r.text();
        break;
      case 6:
        span.timestampUs = readTime(r, WIRE.fixed64);
        break;
      case 7:
        span.durationUs = readTime(r, WIRE.varint);
        break;
      case 8:
        span.local = within(r, () => readEndpoint(r));
        break;
      case 9:
        span.remote = within(r, () => readEndpoint(r));
        break;
      case 10:
        span.annotations.push(within(r, () => readAnnotation(r)));
        break;
      case 11:
        within(r, () => readTag(r, span.tags));
        break;
      default:
        r.skip();
    }
  }
  if (isZero(span.traceId)) r.fail('a span without a trace_id');
  if (isZero(span.id)) r.fail('a span without an id');
  if (isZero(span.parentId)) span.parentId = '';
  if (span.timestampUs + span.durationUs > TIME_US_MAX) r.fail('a span that ends too late');
  return span;
}

function isZero(id: string): boolean {
  return /^0*$/.test(id);
}

/** Hex digits. */
function readId(r: ProtoReader, what: string, lengths: readonly number[]): string {
  const bytes = r.bytes();
  if (!lengths.includes(bytes.length)) r.fail(`${what} of ${bytes.length} bytes, not ${lengths[0]}`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

function readTime(r: ProtoReader, wire: number): bigint {
  r.expect(wire);
  if (wire === WIRE.varint) r.varint64();
  else r.fixed64();
  const value = (BigInt(r.high) << 32n) | BigInt(r.low);
  if (value > TIME_US_MAX) r.fail(`field ${r.field} out of range`);
  return value;
}

function readEndpoint(r: ProtoReader): ZipkinEndpoint {
  let serviceName = '';
  let ipv4 = '';
  let ipv6 = '';
  let port = 0;
  while (r.next()) {
    if (r.field === 1) serviceName = r.text();
    else if (r.field === 2) ipv4 = readAddress(r);
    else if (r.field === 3) ipv6 = readAddress(r);
    else if (r.field === 4) port = readPort(r);
    else r.skip();
  }
  return { serviceName, address: ipv6 || ipv4, port };
}

function readAddress(r: ProtoReader): string {
  const bytes = r.bytes();
  if (bytes.length === 0) return '';
  return ipAddressOfBytes(bytes) ?? r.fail(`an IP address of ${bytes.length} bytes`);
}

function readPort(r: ProtoReader): number {
  const port = r.asVarint();
  return port <= PORT_MAX ? port : r.fail(`port ${port} out of range`);
}

function readAnnotation(r: ProtoReader): ZipkinAnnotation {
  let timestampUs = 0n;
  let value = '';
  while (r.next()) {
    if (r.field === 1) timestampUs = readTime(r, WIRE.fixed64);
    else if (r.field === 2) value = r.text();
    else r.skip();
  }
  return { timestampUs, value };
}

function readTag(r: ProtoReader, tags: Map<string, string>): void {
  let key = '';
  let value = '';
  while (r.next()) {
    if (r.field === 1) key = r.text();
    else if (r.field === 2) value = r.text();
    else r.skip();
  }
  tags.set(key, value);
}
