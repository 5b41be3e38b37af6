/**
 * What a receiver is given and gives back, whatever carries it. A receiver judges type and encoding, sets memory
 * aside, reads the body, decodes, appends, waits until the data is durable, and answers in its protocol's form.
 */

import type { Logger } from '../../base/log.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import { TriliteError } from '../../model/errors.ts';
import type { LogLimits } from '../../model/limits.ts';
import type { OtlpOptionsByPath } from '../../model/otlp-options.ts';
import { RateLimitError } from '../../model/rate-limit-error.ts';
import type { Sender } from '../../model/sender.ts';
import type { Signal, Storage } from '../../storage/interface.ts';
import type { LogAdmission } from '../log-admission.ts';
import type { MemoryLimiter, Reservation } from '../memory.ts';
import type { RequestPace } from '../request-pace.ts';
import type { SpanIntake } from '../span-intake.ts';
import type { ReceiverTelemetry } from './receiver-telemetry.ts';

/** Largest body on the wire. Senders batch to some MiB; beyond this is a mistake. */
export const WIRE_MAX_BYTES = 64 * 1024 * 1024;
/** Largest body once decompressed: what one request may make of memory. */
export const DECODED_MAX_BYTES = 256 * 1024 * 1024;

export interface WireRequest extends Sender {
  readonly contentType: string | undefined;
  readonly declaredBytes: number | undefined;
  readonly nowMs: number;
  /** Once. Rejects with `too_large` or `canceled`, or with what `onBytes` throws, which is told how much has come. */
  readBody(maxBytes: number, onBytes?: (length: number) => void): Promise<Uint8Array>;
}

export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What every receiver works with. */
export interface ReceiverParts {
  /** Where data goes that is nobody's, or everybody's. */
  readonly storage: Pick<Storage, 'logs' | 'metrics'>;
  readonly spans: SpanIntake;
  /** Where a tenant's data goes; undefined where tenants are not told apart. */
  readonly tenants?: ((tenant: string) => Pick<Storage, 'logs' | 'metrics'>) | undefined;
  readonly memory: MemoryLimiter;
  readonly otlp: OtlpOptionsByPath;
  /** The server's time, for what comes outside of HTTP; the machine's where it is absent. */
  readonly now?: () => number;
  /** No item is too old or too far ahead. */
  readonly takesAnyTime?: boolean | undefined;
  /** Older items are refused; 0 takes any age. */
  readonly maxAgeMs: Readonly<Record<Signal, number>>;
  /** Of a tenant's entries; the same object each time, for decoders remember by it. */
  readonly logLimits: (tenant: string) => LogLimits;
  /** Gives undefined where no limit of streams or rates is set. */
  readonly logAdmission?: ((tenant: string) => LogAdmission | undefined) | undefined;
  /** How many requests may come. */
  readonly requests?: RequestPace | undefined;
  readonly telemetry: Telemetry;
  readonly counts: ReceiverTelemetry;
  readonly log: Logger;
}

/** The body as it came, with memory for it set aside as it comes. */
export function readWire(request: WireRequest, memory: Reservation): Promise<Uint8Array> {
  return request.readBody(WIRE_MAX_BYTES, (length) => memory.grow({ wire: length }));
}

/** Takes the decompressed length as it grows. */
export function decodedInto(memory: Reservation): (length: number) => void {
  return (length) => memory.grow({ decoded: length });
}

export const NO_BODY = new Uint8Array(0);

export const NO_CONTENT: WireAnswer = { status: 204, contentType: '', body: NO_BODY };

/** `text/plain; charset=x` is `text/plain`; undefined where it is no media type. */
export function mediaType(contentType: string | undefined): string | undefined {
  const type = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type) ? type : undefined;
}

export function timeOf({ now = Date.now }: Pick<ReceiverParts, 'now'>): number {
  return now();
}

/** Errors that nobody foresaw become `internal`, and are told in the log with where they came from. */
export function foreseen(error: unknown, log: Logger): TriliteError {
  if (error instanceof TriliteError) return error;
  log.error('request failed', { error: (error as Error)?.stack ?? error });
  return new TriliteError('internal', 'internal error');
}

/** Seconds until the next attempt, `usual` where the error does not say; undefined for errors that do not ask for one. */
export function retrySeconds(error: TriliteError, usual: number): number | undefined {
  if (error instanceof RateLimitError) return error.retrySeconds;
  return error.kind === 'overloaded' || error.kind === 'rate_limited' ? usual : undefined;
}

/** The same as a header. */
export function retryHeaders(
  error: TriliteError,
  usual: number,
): Readonly<Record<string, string>> | undefined {
  const seconds = retrySeconds(error, usual);
  return seconds === undefined ? undefined : { 'Retry-After': String(seconds) };
}
