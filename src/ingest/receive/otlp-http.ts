/**
 * OTLP over HTTP at the protocol's own paths: `/v1/metrics`, `/v1/logs`, `/v1/traces`. An answer has the encoding
 * of the request: Export…Response on success, `google.rpc.Status` on failure.
 */

import { utf8Encode } from '../../base/bytes.ts';
import type { TriliteError } from '../../model/errors.ts';
import type { OtlpSignal } from '../../model/otlp-schema.ts';
import { TENANT_HEADER } from '../../model/tenant.ts';
import { otlpJsonToProtobuf } from '../decode/otlp-json.ts';
import { RETRY_AFTER_SECONDS, type Reservation } from '../memory.ts';
import { decompressBody } from './decompress-body.ts';
import { type OtlpOutcome, takeOtlp } from './otlp.ts';
import { encodeExportResponse, encodeStatus, grpcCodeOf, httpStatusOf } from './status.ts';
import {
  DECODED_MAX_BYTES,
  decodedInto,
  foreseen,
  mediaType,
  type ReceiverParts,
  readWire,
  retryHeaders,
  retrySeconds,
  type WireAnswer,
  type WireRequest,
} from './wire.ts';

export type OtlpEncoding = 'json' | 'protobuf';

const JSON_TYPE = 'application/json';
const PROTOBUF_TYPE = 'application/x-protobuf';

/** The encoding that a content type names, undefined for any other type. */
export function otlpEncoding(contentType: string | undefined): OtlpEncoding | undefined {
  const type = mediaType(contentType);
  if (type === JSON_TYPE) return 'json';
  return type === PROTOBUF_TYPE || type === 'application/protobuf' ? 'protobuf' : undefined;
}

const REJECTED_FIELD: Readonly<Record<OtlpSignal, string>> = {
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
  traces: 'rejectedSpans',
};

/** Receives one signal at its OTLP path. */
export function otlpReceiver(signal: OtlpSignal, parts: ReceiverParts) {
  const receiver = `otlp_http_${signal}`;
  return async (request: WireRequest): Promise<WireAnswer> => {
    const encoding = otlpEncoding(request.contentType);
    if (!encoding) {
      parts.counts.failed(receiver, 'unsupported', { from: request });
      return unsupportedType();
    }
    let memory: Reservation | undefined;
    try {
      memory = parts.memory.announce(request.declaredBytes);
      const body = await readOtlpBody(signal, encoding, receiver, request, memory, parts);
      const outcome = await takeOtlp(
        signal,
        body,
        receiver,
        request.nowMs,
        parts,
        request.header(TENANT_HEADER),
        request,
      );
      return success(signal, encoding, outcome);
    } catch (error) {
      return failure(encoding, receiver, foreseen(error, parts.log), request, parts);
    } finally {
      memory?.release();
    }
  };
}

/** The request as decompressed protobuf, whatever it came as. */
export async function readOtlpBody(
  signal: OtlpSignal,
  encoding: OtlpEncoding,
  receiver: string,
  request: WireRequest,
  memory: Reservation,
  parts: ReceiverParts,
): Promise<Uint8Array> {
  const wire = await readWire(request, memory);
  parts.counts.bytes(receiver, wire.length);
  const coding = request.header('content-encoding') ?? '';
  const body = await decompressBody(wire, coding, DECODED_MAX_BYTES, { onBytes: decodedInto(memory) });
  return encoding === 'json' ? otlpJsonToProtobuf(signal, body) : body;
}

function unsupportedType(): WireAnswer {
  const text = `415 unsupported media type, supported: [${JSON_TYPE}, ${PROTOBUF_TYPE}]`;
  return { status: 415, contentType: 'text/plain', body: utf8Encode(text) };
}

function success(signal: OtlpSignal, encoding: OtlpEncoding, { rejected, message }: OtlpOutcome): WireAnswer {
  if (encoding === 'protobuf') {
    return { status: 200, contentType: PROTOBUF_TYPE, body: encodeExportResponse(rejected, message) };
  }
  const partialSuccess = {
    ...(rejected > 0 && { [REJECTED_FIELD[signal]]: String(rejected) }),
    ...(message !== '' && { errorMessage: message }),
  };
  return { status: 200, contentType: JSON_TYPE, body: utf8Encode(JSON.stringify({ partialSuccess })) };
}

function failure(
  encoding: OtlpEncoding,
  receiver: string,
  error: TriliteError,
  from: WireRequest,
  parts: ReceiverParts,
): WireAnswer {
  parts.counts.failed(receiver, error.kind, { from, message: error.message });
  return statusAnswer(encoding, error);
}

/** Of a request that is not let in: nobody has looked at whether its type is one that is taken. */
export function otlpRefusal(error: TriliteError, contentType: string | undefined): WireAnswer {
  return statusAnswer(otlpEncoding(contentType) ?? 'json', error);
}

function statusAnswer(encoding: OtlpEncoding, error: TriliteError): WireAnswer {
  const code = grpcCodeOf(error.kind);
  const status = httpStatusOf(error.kind);
  const headers = retryHeaders(error, RETRY_AFTER_SECONDS);
  const answer =
    encoding === 'json'
      ? { contentType: JSON_TYPE, body: utf8Encode(JSON.stringify({ code, message: error.message })) }
      : {
          contentType: PROTOBUF_TYPE,
          body: encodeStatus(code, error.message, retrySeconds(error, RETRY_AFTER_SECONDS)),
        };
  return { status, ...answer, ...(headers && { headers }) };
}
