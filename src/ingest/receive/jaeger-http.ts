/** The endpoint of Jaeger's collector: a Batch in Thrift's binary protocol. Answers as the collector does, in text. */

import { utf8Encode } from '../../base/bytes.ts';
import { TriliteError } from '../../model/errors.ts';
import { TENANT_HEADER } from '../../model/tenant.ts';
import { RETRY_AFTER_SECONDS, type Reservation } from '../memory.ts';
import { decompressBody } from './decompress-body.ts';
import { takeJaeger } from './jaeger.ts';
import { parseMediaType } from './media-type.ts';
import { httpStatusOf } from './status.ts';
import {
  DECODED_MAX_BYTES,
  decodedInto,
  foreseen,
  NO_BODY,
  type ReceiverParts,
  readWire,
  retryHeaders,
  type WireAnswer,
  type WireRequest,
} from './wire.ts';

export const JAEGER_TRACES_PATH = '/api/traces';

const RECEIVER = 'jaeger_http';
const THRIFT_TYPES: readonly string[] = ['application/x-thrift', 'application/vnd.apache.thrift.binary'];

/** Receives `POST /api/traces`. */
export function jaegerReceiver(parts: ReceiverParts) {
  return async (request: WireRequest): Promise<WireAnswer> => {
    let memory: Reservation | undefined;
    try {
      checkType(request.contentType);
      memory = parts.memory.announce(request.declaredBytes);
      const wire = await readWire(request, memory);
      parts.counts.bytes(RECEIVER, wire.length);
      const onBytes = decodedInto(memory);
      await aboutBody(async () => {
        const coding = request.header('content-encoding') ?? '';
        const body = await decompressBody(wire, coding, DECODED_MAX_BYTES, { onBytes });
        await takeJaeger('batch', body, RECEIVER, request.nowMs, parts, request.header(TENANT_HEADER));
      });
      return { status: 202, contentType: '', body: NO_BODY };
    } catch (error) {
      return refusal(foreseen(error, parts.log), request, parts);
    } finally {
      memory?.release();
    }
  };
}

function checkType(contentType: string | undefined): void {
  let type: string;
  try {
    type = parseMediaType(contentType);
  } catch (error) {
    throw new TriliteError('bad_data', `Cannot parse content type: ${(error as Error).message}`);
  }
  if (!THRIFT_TYPES.includes(type)) throw new TriliteError('bad_data', `Unsupported content type: ${type}`);
}

/** What is wrong with the body is told as the collector tells it. */
async function aboutBody(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isBad = error instanceof TriliteError && error.kind === 'bad_data';
    throw isBad ? new TriliteError('bad_data', `Unable to process request body: ${error.message}`) : error;
  }
}

/** One line; what is in it of the request cannot be taken for markup. */
function refusal(error: TriliteError, from: WireRequest, parts: ReceiverParts): WireAnswer {
  parts.counts.failed(RECEIVER, error.kind, { from, message: error.message });
  const text = error.message.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const headers = { 'X-Content-Type-Options': 'nosniff', ...retryHeaders(error, RETRY_AFTER_SECONDS) };
  const contentType = 'text/plain; charset=utf-8';
  return { status: httpStatusOf(error.kind), contentType, body: utf8Encode(`${text}\n`), headers };
}
