/**
 * Loki's ways in: push in JSON or snappy protobuf at two paths, and its own OTLP path for logs. What is good of a
 * request is stored even when the answer is 400. Push errors are plain text, those of the OTLP path a
 * `google.rpc.Status` that holds a message only.
 */

import { utf8Encode } from '../../base/bytes.ts';
import { TriliteError } from '../../model/errors.ts';
import type { LogLimits } from '../../model/limits.ts';
import { RateLimitError } from '../../model/rate-limit-error.ts';
import { decompressSnappyBody, snappyBodyLength } from '../decode/compression.ts';
import type { LogDecode } from '../decode/log-batch-builder.ts';
import { LogColumns } from '../decode/log-columns.ts';
import { decodeLokiPush, NO_STREAMS_MESSAGE } from '../decode/loki-push.ts';
import { decodeLokiPushJson } from '../decode/loki-push-json.ts';
import { decodeLokiPushLegacy } from '../decode/loki-push-legacy.ts';
import { decodeOtlpLogs } from '../decode/otlp-logs.ts';
import { admitLogs } from '../log-admission.ts';
import { RETRY_AFTER_SECONDS, type Reservation } from '../memory.ts';
import { decompressBody } from './decompress-body.ts';
import { parseMediaType } from './media-type.ts';
import { type OtlpEncoding, readOtlpBody } from './otlp-http.ts';
import { groupedMessages } from './refusals.ts';
import { Scratch } from './scratch.ts';
import { encodeStatus } from './status.ts';
import { namedTarget, type TenantTarget } from './tenants.ts';
import {
  DECODED_MAX_BYTES,
  decodedInto,
  foreseen,
  NO_CONTENT,
  type ReceiverParts,
  readWire,
  retryHeaders,
  type WireAnswer,
  type WireRequest,
} from './wire.ts';

/** Codings of a push body; anything else is refused in Loki's words. */
const PUSH_ENCODINGS: ReadonlySet<string> = new Set(['', 'snappy', 'gzip', 'deflate']);

/** Of a body on Loki's OTLP path, to the letter. */
const OTLP_CODINGS: ReadonlySet<string> = new Set(['', 'gzip', 'zstd', 'lz4']);
const OTLP_TYPES: Readonly<Record<string, OtlpEncoding>> = {
  'application/json': 'json',
  'application/x-protobuf': 'protobuf',
};

/** Kinds of errors and their status. */
const STATUS: Readonly<Partial<Record<TriliteError['kind'], number>>> = {
  bad_data: 400,
  unauthorized: 401,
  unsupported: 400,
  too_large: 413,
  canceled: 499,
  overloaded: 429,
  rate_limited: 429,
};

/** What came of a request: nothing to complain of, or a status and a text. */
interface Complaint {
  readonly status: number;
  readonly message: string;
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Stores what the decoder accepted and says what it did not. `onStored`: the batch is not looked at any more. */
async function take(
  decoded: LogDecode,
  receiver: string,
  { tenant, logs }: TenantTarget,
  from: WireRequest,
  parts: ReceiverParts,
  onStored: () => void = () => {},
): Promise<Complaint | undefined> {
  if (decoded.streamCount === 0) return { status: 422, message: NO_STREAMS_MESSAGE };
  const { nowMs } = from;
  if (decoded.batch.count > 0) parts.counts.itemTime(receiver, decoded.batch.timeMs[0], nowMs);
  const { batch, refused } = admitLogs(decoded.batch, tenant, nowMs, parts);
  if (batch.count > 0) {
    const outcome = await logs.append(batch);
    onStored();
    await outcome.durable;
    parts.counts.accepted(receiver, 'entries', outcome.accepted);
    parts.counts.refused(receiver, 'entries', outcome.refused, { from });
  }
  for (const { reason, entries, message } of refused) {
    parts.counts.refusedByReason(receiver, 'entries', reason, entries, { from, message });
  }
  if (decoded.refusedEntries > 0) {
    const { reason = 'invalid', message } = decoded.refused[0] ?? {};
    parts.counts.refusedByReason(receiver, 'entries', reason, decoded.refusedEntries, { from, message });
  }
  // Of several the original tells the last, and of it rather than of entries that are wrong by themselves.
  const last = refused.at(-1);
  if (last) return { status: last.status, message: last.message, headers: retryAfter(last.waitMs) };
  if (decoded.refused.length === 0) return undefined;
  return { status: 400, message: groupedMessages(decoded.refused) };
}

/** A rate of the whole request says when there is room for it again. */
function retryAfter(waitMs: number | undefined): Readonly<Record<string, string>> | undefined {
  if (waitMs === undefined || waitMs === Number.POSITIVE_INFINITY) return undefined;
  return retryHeaders(new RateLimitError('', waitMs), RETRY_AFTER_SECONDS);
}

/** `/loki/api/v1/push`, and `/api/prom/push` whose JSON is the older one. */
export function lokiPushReceiver(form: 'v1' | 'legacy', parts: ReceiverParts) {
  const receiver = 'loki_push';
  return async (request: WireRequest): Promise<WireAnswer> => {
    let memory: Reservation | undefined;
    try {
      const target = namedTarget(parts, request);
      const encoding = request.header('content-encoding') ?? '';
      if (!PUSH_ENCODINGS.has(encoding)) {
        throw new TriliteError('bad_data', `Content-Encoding ${JSON.stringify(encoding)} not supported`);
      }
      const type = parseMediaType(request.contentType);
      memory = parts.memory.announce(request.declaredBytes);
      const wire = await readWire(request, memory);
      parts.counts.bytes(receiver, wire.length);
      // Protobuf is always snappy; gzip and raw DEFLATE may stand around either form.
      const outer = encoding === 'snappy' ? '' : encoding;
      const body = await decompressBody(wire, outer, DECODED_MAX_BYTES, {
        rawDeflate: true,
        onBytes: decodedInto(memory),
      });
      const limits = parts.logLimits(target.tenant);
      const decodeJson = form === 'v1' ? decodeLokiPushJson : decodeLokiPushLegacy;
      const complaint =
        type === 'application/json'
          ? await take(decodeJson(body, request.nowMs, limits), receiver, target, request, parts)
          : await takeSnappy(body, memory, request, limits, receiver, target, parts);
      return complaint ? text(complaint, complaint.headers) : NO_CONTENT;
    } catch (thrown) {
      const error = foreseen(thrown, parts.log);
      parts.counts.failed(receiver, error.kind, { from: request, message: error.message });
      const status = STATUS[error.kind] ?? 500;
      return text({ status, message: error.message }, retryHeaders(error, RETRY_AFTER_SECONDS));
    } finally {
      memory?.release();
    }
  };
}

/** Bodies of one request at a time, until storage has copied what it keeps of them. */
const scratch = new Scratch();
/** Columns that no request uses. One is enough: an append waits for the disk only where it fails. */
let spareColumns: LogColumns | undefined;

/** As `take`, for a snappy block of protobuf. */
async function takeSnappy(
  packed: Uint8Array,
  memory: Reservation,
  from: WireRequest,
  limits: LogLimits,
  receiver: string,
  target: TenantTarget,
  parts: ReceiverParts,
): Promise<Complaint | undefined> {
  const length = snappyBodyLength(packed, DECODED_MAX_BYTES);
  decodedInto(memory)(length);
  const { buffer, release } = scratch.lend(length);
  const columns = spareColumns ?? new LogColumns(length);
  spareColumns = undefined;
  const onStored = (): void => {
    release();
    if (columns.isKept) spareColumns = columns;
  };
  try {
    const body = decompressSnappyBody(packed, buffer);
    const decoded = decodeLokiPush(body, from.nowMs, limits, columns);
    const { batch } = decoded;
    // Lines are parts of the body: the WAL can keep it as it came.
    const withPacked = {
      ...decoded,
      batch: { ...batch, packed: { codec: 'snappy', bytes: packed } as const },
    };
    return await take(batch.bytes === body ? withPacked : decoded, receiver, target, from, parts, onStored);
  } finally {
    release();
  }
}

function text({ status, message }: Complaint, headers?: Readonly<Record<string, string>>): WireAnswer {
  const body = utf8Encode(`${message}\n`);
  return { status, contentType: 'text/plain; charset=utf-8', body, ...(headers && { headers }) };
}

/** `/otlp/v1/logs`: Loki's own OTLP path. */
export function lokiOtlpReceiver(parts: ReceiverParts) {
  const receiver = 'loki_otlp';
  return async (request: WireRequest): Promise<WireAnswer> => {
    let memory: Reservation | undefined;
    try {
      const target = namedTarget(parts, request);
      const coding = request.header('content-encoding') ?? '';
      if (!OTLP_CODINGS.has(coding)) {
        const only = 'only gzip, lz4 and zstd are supported';
        throw new TriliteError('bad_data', `unsupported content encoding ${coding}: ${only}`);
      }
      const encoding = OTLP_TYPES[request.contentType ?? ''];
      if (!encoding) {
        throw new TriliteError('bad_data', `content type: ${request.contentType ?? ''} is not supported`);
      }
      memory = parts.memory.announce(request.declaredBytes);
      const body = await readOtlpBody('logs', encoding, receiver, request, memory, parts);
      const complaint = await take(
        decodeOtlpLogs(body, request.nowMs, parts.logLimits(target.tenant)),
        receiver,
        target,
        request,
        parts,
      );
      return complaint ? status(complaint, complaint.headers) : NO_CONTENT;
    } catch (thrown) {
      const error = foreseen(thrown, parts.log);
      parts.counts.failed(receiver, error.kind, { from: request, message: error.message });
      // Said before the original knows what the request is.
      if (error.kind === 'unauthorized') return text({ status: 401, message: error.message });
      // A failure of the server is told as one that passes, so that the sender tries again.
      const code = STATUS[error.kind] ?? 503;
      return status({ status: code, message: error.message }, retryHeaders(error, RETRY_AFTER_SECONDS));
    } finally {
      memory?.release();
    }
  };
}

function status(complaint: Complaint, headers?: Readonly<Record<string, string>>): WireAnswer {
  const body = encodeStatus(0, complaint.message);
  const contentType = 'application/octet-stream';
  return { status: complaint.status, contentType, body, ...(headers && { headers }) };
}
