/**
 * Prometheus' ways in: remote-write 1.0 and 2.0 at one path, told apart by the content type, and its own OTLP path
 * for metrics, which takes a request as a whole or not at all. Errors are plain text.
 */

import { utf8Encode } from '../../base/bytes.ts';
import type { MetricBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import type { MetricAppender, Refusal } from '../../storage/interface.ts';
import { admitMetrics, timeWindow, withoutPastMetadata } from '../admit.ts';
import { DecodeScratches } from '../decode/decode-scratch.ts';
import { decodeOtlpMetrics } from '../decode/otlp-metrics.ts';
import { decodeRemoteWrite1 } from '../decode/remote-write.ts';
import { decodeRemoteWrite2, type RemoteWrite2 } from '../decode/remote-write-v2.ts';
import { RETRY_AFTER_SECONDS, type Reservation } from '../memory.ts';
import { decompressBody } from './decompress-body.ts';
import { otlpEncoding, readOtlpBody } from './otlp-http.ts';
import { describeRefusals, firstTime, seriesOf, withSeries } from './refusals.ts';
import { namedTarget } from './tenants.ts';
import {
  DECODED_MAX_BYTES,
  decodedInto,
  foreseen,
  NO_BODY,
  NO_CONTENT,
  type ReceiverParts,
  readWire,
  retryHeaders,
  type WireAnswer,
  type WireRequest,
} from './wire.ts';

const PROTOBUF_TYPE = 'application/x-protobuf';
const MESSAGE_V1 = 'prometheus.WriteRequest';
const MESSAGE_V2 = 'io.prometheus.write.v2.Request';

/** Kinds that have another status here than elsewhere: 429 makes Prometheus drop the batch, 503 makes it wait. */
const STATUS: Readonly<Partial<Record<TriliteError['kind'], number>>> = {
  bad_data: 400,
  unauthorized: 401,
  unsupported: 415,
  too_large: 413,
  canceled: 499,
  overloaded: 503,
  rate_limited: 429,
};

function text(status: number, message: string, headers?: Readonly<Record<string, string>>): WireAnswer {
  const body = utf8Encode(`${message}\n`);
  return { status, contentType: 'text/plain; charset=utf-8', body, ...(headers && { headers }) };
}

/** The version that the content type asks for; one without a type is an old sender of 1.0. */
function messageOf(contentType: string | undefined): 'v1' | 'v2' {
  const given = (contentType ?? '').trim();
  if (given === '') return 'v1';
  const [media, ...parameters] = given.split(';');
  if (media!.trim() !== PROTOBUF_TYPE) {
    throw new TriliteError(
      'unsupported',
      `expected ${PROTOBUF_TYPE} as the first (media) part, got ${given} content-type`,
    );
  }
  for (const parameter of parameters) {
    const [name, value, ...more] = parameter.trim().split('=');
    if (value === undefined || more.length > 0) {
      throw new TriliteError(
        'unsupported',
        `expected parameters to be key-values, got ${parameter} in ${given} content-type`,
      );
    }
    if (name !== 'proto') continue;
    if (value === MESSAGE_V1) return 'v1';
    if (value === MESSAGE_V2) return 'v2';
    throw new TriliteError(
      'unsupported',
      `got ${given} content type; unknown type for remote write protobuf message ${value}, supported: ${MESSAGE_V1}, ${MESSAGE_V2}`,
    );
  }
  return 'v1';
}

export function remoteWriteReceiver(parts: ReceiverParts) {
  const scratches = new DecodeScratches();
  return async (request: WireRequest): Promise<WireAnswer> => {
    let receiver = 'remote_write';
    let memory: Reservation | undefined;
    let version: 'v1' | 'v2' = 'v1';
    try {
      const { metrics } = namedTarget(parts, request);
      version = messageOf(request.contentType);
      if (version === 'v2') receiver = 'remote_write_2';
      const encoding = request.header('content-encoding') ?? '';
      if (encoding !== '' && encoding !== 'snappy') {
        throw new TriliteError(
          'unsupported',
          `${encoding} encoding (compression) is not accepted by this server; only snappy is acceptable`,
        );
      }
      memory = parts.memory.announce(request.declaredBytes);
      const wire = await readWire(request, memory);
      parts.counts.bytes(receiver, wire.length);
      // Lost where decoding throws: then it is garbage as any other.
      const scratch = scratches.take();
      const appended = () => scratches.give(scratch);
      const body = await decompressBody(wire, 'snappy', DECODED_MAX_BYTES, {
        room: scratch.body,
        onBytes: decodedInto(memory),
      });
      return version === 'v1'
        ? await write(decodeRemoteWrite1(body, scratch.rows()), receiver, request, metrics, parts, appended)
        : await writeParts(
            decodeRemoteWrite2(body, scratch.rows(), scratch.keys()),
            receiver,
            request,
            metrics,
            parts,
            appended,
          );
    } catch (thrown) {
      const error = foreseen(thrown, parts.log);
      parts.counts.failed(receiver, error.kind, { from: request, message: error.message });
      const headers = {
        ...(version === 'v2' && written(0, 0, 0)),
        ...retryHeaders(error, RETRY_AFTER_SECONDS),
      };
      return text(STATUS[error.kind] ?? 500, error.message, headers);
    } finally {
      memory?.release();
    }
  };
}

/**
 * All or nothing: one refused sample refuses the request. `appended` is called when the batch's memory is not needed
 * any more.
 */
async function write(
  batch: MetricBatch,
  receiver: string,
  from: WireRequest,
  metrics: MetricAppender,
  parts: ReceiverParts,
  appended: () => void,
): Promise<WireAnswer> {
  const { nowMs } = from;
  parts.counts.itemTime(receiver, firstTime(batch), nowMs);
  const { refused } = admitMetrics(batch, timeWindow(nowMs, parts.maxAgeMs.metrics, parts.takesAnyTime));
  if (refused.length > 0) {
    const series = seriesOf(refused[0], batch);
    appended();
    return refuse(receiver, refused, series, from, parts);
  }
  const { outcome, series } = await metrics
    .append(batch, { mode: 'atomic' })
    .then((outcome) => ({ outcome, series: seriesOf(outcome.refused[0], batch) }))
    .finally(appended);
  if (outcome.refused.length > 0) return refuse(receiver, outcome.refused, series, from, parts);
  await outcome.durable;
  parts.counts.accepted(receiver, 'samples', outcome.accepted);
  return NO_CONTENT;
}

function refuse(
  receiver: string,
  refused: readonly Refusal[],
  series: string | undefined,
  from: WireRequest,
  parts: ReceiverParts,
): WireAnswer {
  parts.counts.refused(receiver, 'samples', refused, { from, example: () => series });
  return text(400, refused[0]!.message);
}

/** What is good is stored; the headers say how much that was. `appended` as for `write`. */
async function writeParts(
  decoded: RemoteWrite2,
  receiver: string,
  from: WireRequest,
  metrics: MetricAppender,
  parts: ReceiverParts,
  appended: () => void,
): Promise<WireAnswer> {
  const { nowMs } = from;
  parts.counts.itemTime(receiver, firstTime(decoded.batch), nowMs);
  const given = withoutPastMetadata(decoded.batch, nowMs);
  const { batch, refused } = admitMetrics(
    given,
    timeWindow(nowMs, parts.maxAgeMs.metrics, parts.takesAnyTime),
  );
  const { sampleCount, histograms, exemplars } = batch;
  const shown = metrics.shown?.bind(metrics);
  const { outcome, all } = await metrics
    .append(batch, { mode: 'partial' })
    .then((outcome) => ({
      outcome,
      all: [...withSeries(refused, decoded.batch, shown), ...withSeries(outcome.refused, batch, shown)],
    }))
    .finally(appended);
  await outcome.durable;
  parts.counts.accepted(receiver, 'samples', outcome.accepted);
  parts.counts.refused(receiver, 'samples', all, { from });
  const histogramsRefused = outcome.refused.filter((r) => r.item >= sampleCount).length;
  const headers = written(
    sampleCount - (outcome.refused.length - histogramsRefused),
    histograms.length - histogramsRefused,
    exemplars.length,
  );
  const messages = [...decoded.errors, ...(all.length > 0 ? [describeRefusals(all)] : [])];
  return messages.length === 0 ? { ...NO_CONTENT, headers } : text(400, messages.join('\n'), headers);
}

function written(samples: number, histograms: number, exemplars: number): Readonly<Record<string, string>> {
  return {
    'X-Prometheus-Remote-Write-Samples-Written': String(samples),
    'X-Prometheus-Remote-Write-Histograms-Written': String(histograms),
    'X-Prometheus-Remote-Write-Exemplars-Written': String(exemplars),
  };
}

/** `/api/v1/otlp/v1/metrics`: what cannot be translated fails the whole request, as it does for Prometheus. */
export function prometheusOtlpReceiver(parts: ReceiverParts) {
  const receiver = 'prometheus_otlp';
  const scratches = new DecodeScratches();
  return async (request: WireRequest): Promise<WireAnswer> => {
    const encoding = otlpEncoding(request.contentType);
    if (!encoding) {
      const type = (request.contentType ?? '').split(';', 1)[0]!.trim();
      return text(
        400,
        `unsupported content type: ${type}, supported: [application/json, application/x-protobuf]`,
      );
    }
    let memory: Reservation | undefined;
    try {
      const { metrics, otlp } = namedTarget(parts, request);
      memory = parts.memory.announce(request.declaredBytes);
      const body = await readOtlpBody('metrics', encoding, receiver, request, memory, parts);
      const scratch = scratches.take();
      const appended = () => scratches.give(scratch);
      const decoded = decodeOtlpMetrics(body, otlp, scratch, request.nowMs);
      // As for Prometheus the sender is not told: what these points say is older than what is stored.
      for (const { reason, points, message } of decoded.dropped) {
        parts.counts.refusedByReason(receiver, 'samples', reason, points, { from: request, message });
      }
      if (decoded.refused.length > 0) {
        appended();
        const message = decoded.refused.map((r) => r.message).join('; ');
        parts.counts.failed(receiver, 'untranslatable', { from: request, message });
        return text(500, message);
      }
      const answer = await write(decoded.batch, receiver, request, metrics, parts, appended);
      return answer.status === 204 ? { status: 200, contentType: '', body: NO_BODY } : answer;
    } catch (thrown) {
      const error = foreseen(thrown, parts.log);
      parts.counts.failed(receiver, error.kind, { from: request, message: error.message });
      // Here a type or a coding that is not taken is a bad request.
      const status = error.kind === 'unsupported' ? 400 : (STATUS[error.kind] ?? 500);
      return text(status, error.message, retryHeaders(error, RETRY_AFTER_SECONDS));
    } finally {
      memory?.release();
    }
  };
}
