/**
 * `google.rpc.Status`: how OTLP says that a request failed, over gRPC and over HTTP, in protobuf and in JSON.
 *
 * ```
 * Status     1 code int32   2 message string   3 details Any {1 type_url, 2 value}
 * RetryInfo  1 retry_delay Duration {1 seconds}
 * ```
 */

import { ByteWriter, utf8Encode } from '../../base/bytes.ts';
import type { ErrorKind } from '../../model/errors.ts';

/** gRPC's codes that are used here. */
export const CODE = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

interface Mapping {
  readonly code: number;
  /** OTLP over HTTP: 429, 502, 503 and 504 are sent again, anything else is dropped by the sender. */
  readonly http: number;
}

const MAPPINGS: Readonly<Record<ErrorKind, Mapping>> = {
  bad_data: { code: CODE.invalidArgument, http: 400 },
  execution: { code: CODE.failedPrecondition, http: 422 },
  limit: { code: CODE.resourceExhausted, http: 422 },
  timeout: { code: CODE.deadlineExceeded, http: 504 },
  canceled: { code: CODE.cancelled, http: 499 },
  not_found: { code: CODE.notFound, http: 404 },
  unauthorized: { code: CODE.unauthenticated, http: 401 },
  forbidden: { code: CODE.permissionDenied, http: 403 },
  rate_limited: { code: CODE.resourceExhausted, http: 429 },
  unsupported: { code: CODE.invalidArgument, http: 400 },
  too_large: { code: CODE.invalidArgument, http: 413 },
  overloaded: { code: CODE.resourceExhausted, http: 429 },
  internal: { code: CODE.internal, http: 500 },
};

export function grpcCodeOf(kind: ErrorKind): number {
  return MAPPINGS[kind].code;
}

export function httpStatusOf(kind: ErrorKind): number {
  return MAPPINGS[kind].http;
}

const TAG_CODE = 0x08;
const TAG_MESSAGE = 0x12;
const TAG_DETAILS = 0x1a;
const TAG_FIRST_BYTES = 0x0a;
const TAG_SECOND_BYTES = 0x12;
const TAG_SECONDS = 0x08;
const RETRY_INFO_URL = 'type.googleapis.com/google.rpc.RetryInfo';

/** `code` 0 and an absent delay are left out. */
export function encodeStatus(code: number, message: string, retrySeconds?: number): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(64 + message.length);
  if (code !== 0) {
    out.u8(TAG_CODE);
    out.varint(code);
  }
  if (message !== '') field(out, TAG_MESSAGE, utf8Encode(message));
  if (retrySeconds !== undefined) {
    const delay = new ByteWriter(8);
    delay.u8(TAG_SECONDS);
    delay.varint(retrySeconds);
    const info = new ByteWriter(16);
    field(info, TAG_FIRST_BYTES, delay.view());
    const any = new ByteWriter(64);
    field(any, TAG_FIRST_BYTES, utf8Encode(RETRY_INFO_URL));
    field(any, TAG_SECOND_BYTES, info.view());
    field(out, TAG_DETAILS, any.view());
  }
  return out.take();
}

function field(out: ByteWriter, tag: number, bytes: Uint8Array): void {
  out.u8(tag);
  out.block(bytes);
}

/**
 * An Export…ServiceResponse, the same for all three signals: field 1 is the partial success, whose fields are the
 * number of rejected items and a message. Always there, empty when all was taken.
 */
export function encodeExportResponse(rejected: number, message: string): Uint8Array<ArrayBuffer> {
  const partial = new ByteWriter(16 + message.length);
  if (rejected > 0) {
    partial.u8(TAG_CODE);
    partial.varint(rejected);
  }
  if (message !== '') field(partial, TAG_MESSAGE, utf8Encode(message));
  const out = new ByteWriter(8 + partial.length);
  field(out, TAG_FIRST_BYTES, partial.view());
  return out.take();
}
