/**
 * Zipkin's way in: `POST /api/v2/spans`, an array of spans in JSON or a `ListOfSpans` in protobuf. 202 without a body once
 * the spans are durable; failures are a line of text.
 */

import { utf8Encode } from '../../base/bytes.ts';
import { TENANT_HEADER } from '../../model/tenant.ts';
import { decodeZipkinJson } from '../decode/zipkin-json.ts';
import { decodeZipkinProtobuf } from '../decode/zipkin-protobuf.ts';
import { RETRY_AFTER_SECONDS, type Reservation } from '../memory.ts';
import { decompressBody } from './decompress-body.ts';
import { takeSpans } from './spans.ts';
import { httpStatusOf } from './status.ts';
import {
  DECODED_MAX_BYTES,
  decodedInto,
  foreseen,
  mediaType,
  NO_BODY,
  type ReceiverParts,
  readWire,
  retryHeaders,
  type WireAnswer,
  type WireRequest,
} from './wire.ts';

export const ZIPKIN_PATH = '/api/v2/spans';

const RECEIVER = 'zipkin';
const ACCEPTED: WireAnswer = { status: 202, contentType: '', body: NO_BODY };

/** Whatever is not one of these is JSON: clients name it in many ways, and browsers not at all. */
const PROTOBUF_TYPES: ReadonlySet<string | undefined> = new Set([
  'application/x-protobuf',
  'application/protobuf',
]);

export function zipkinReceiver(parts: ReceiverParts) {
  return async (request: WireRequest): Promise<WireAnswer> => {
    let memory: Reservation | undefined;
    try {
      memory = parts.memory.announce(request.declaredBytes);
      const wire = await readWire(request, memory);
      parts.counts.bytes(RECEIVER, wire.length);
      const coding = request.header('content-encoding') ?? '';
      const body = await decompressBody(wire, coding, DECODED_MAX_BYTES, { onBytes: decodedInto(memory) });
      const isProtobuf = PROTOBUF_TYPES.has(mediaType(request.contentType));
      const batch = isProtobuf ? decodeZipkinProtobuf(body) : decodeZipkinJson(body);
      await takeSpans(batch, RECEIVER, request.nowMs, parts, request.header(TENANT_HEADER));
      return ACCEPTED;
    } catch (thrown) {
      const error = foreseen(thrown, parts.log);
      parts.counts.failed(RECEIVER, error.kind, { from: request, message: error.message });
      const headers = retryHeaders(error, RETRY_AFTER_SECONDS);
      return {
        status: httpStatusOf(error.kind),
        contentType: 'text/plain; charset=utf-8',
        body: utf8Encode(`${error.message}\n`),
        ...(headers && { headers }),
      };
    } finally {
      memory?.release();
    }
  };
}
