/**
 * Loki's limits on streams, for whoever wants them: how far an entry may be behind its stream's newest, bytes a second of a
 * tenant and of a stream, and how many streams a tenant may have. What the original keeps in its ingesters is kept here,
 * by tenant and stream, for as long as a stream is active; it is not stored, so a restart begins anew.
 *
 *   a tenant's rate     refuses the whole request
 *   number of streams   refuses a new stream
 *   a stream's rate     refuses all of a stream's entries
 *   order               refuses single entries
 */

import { TokenBucket } from '../base/token-bucket.ts';
import type { LogBatch } from '../model/batch.ts';
import { TriliteError } from '../model/errors.ts';
import type { Labels } from '../model/labels.ts';
import type { LogRateLimits } from '../model/limits.ts';
import { RateLimitError } from '../model/rate-limit-error.ts';
import { DETECTED_LEVEL } from './decode/detected-level.ts';
import { streamText } from './decode/stream-labels.ts';
import { keepEntries } from './keep-entries.ts';

/** What was refused, with the status that the answer has then: 429 asks the sender to try again. */
export interface AdmissionRefusal {
  readonly status: 400 | 429;
  readonly reason: 'rate_limit' | 'stream_limit' | 'out_of_order';
  readonly message: string;
  readonly entries: number;
  /** Of the whole request: when it may come again; infinite: never as it is. */
  readonly waitMs?: number;
}

export interface AdmittedLogs {
  /** Of what was admitted; empty where the request is refused. */
  readonly batch: LogBatch;
  /** One a stream, or one of the request. */
  readonly refused: readonly AdmissionRefusal[];
}

/** A stream without entries for so long is not active any more, as after the original has flushed it. */
const IDLE_MS = 60 * 60_000;
/** How often idle streams are looked for. */
const SWEEP_MS = 60_000;
/**
 * Names of tenants and streams come with requests. Beyond this those that nothing came for the longest begin anew, which gains
 * nobody anything: a name that pushes another out has an allowance of its own.
 */
const TENANTS_MAX = 4096;
const STREAMS_MAX = 250_000;
/** Entries of a stream that are named one by one. */
const NAMED_MAX = 10;
const NS_PER_MS = 1e6;

interface StreamState {
  newestMs: number;
  newestNs: number;
  usedMs: number;
  readonly tokens: TokenBucket | undefined;
}

interface TenantState {
  readonly streams: Map<string, StreamState>;
  readonly tokens: TokenBucket | undefined;
  usedMs: number;
}

/** The entries of one stream of a batch. */
interface StreamEntries {
  readonly labels: Labels;
  readonly entries: number[];
  bytes: number;
}

/** An admission where any of the limits is set. */
export function logAdmission(limits: LogRateLimits): LogAdmission | undefined {
  const { outOfOrderMs, ingestionRate, streamRate, streamsMax } = limits;
  return outOfOrderMs + ingestionRate + streamRate + streamsMax > 0 ? new LogAdmission(limits) : undefined;
}

/** What is admitted of a batch; all of it where nothing is limited. */
export function admitLogs(
  batch: LogBatch,
  tenant: string,
  nowMs: number,
  { logAdmission }: { readonly logAdmission?: ((tenant: string) => LogAdmission | undefined) | undefined },
): AdmittedLogs {
  const admission = logAdmission?.(tenant);
  if (!admission || batch.count === 0) return { batch, refused: [] };
  return admission.admit(tenant, batch, nowMs);
}

export class LogAdmission {
  readonly #limits: LogRateLimits;
  readonly #tenants = new Map<string, TenantState>();
  #sweptMs = 0;
  /** Of all tenants. */
  #streamCount = 0;

  constructor(limits: LogRateLimits) {
    this.#limits = limits;
  }

  admit(tenant: string, batch: LogBatch, nowMs: number): AdmittedLogs {
    this.#sweep(nowMs);
    const state = this.#tenant(tenant, nowMs);
    const sizes = entryBytes(batch);
    const total = sizes.reduce((n, size) => n + size, 0);
    if (state.tokens && !state.tokens.take(total, nowMs)) {
      const { ingestionRate } = this.#limits;
      const message = `ingestion rate limit exceeded for user ${tenant} (limit: ${ingestionRate} bytes/sec) while attempting to ingest '${batch.count}' lines totaling '${total}' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased`;
      const waitMs = state.tokens.waitMs(total, nowMs);
      const refusal = { status: 429, reason: 'rate_limit', message, entries: batch.count, waitMs } as const;
      return { batch: keepEntries(batch, []), refused: [refusal] };
    }
    const refused: AdmissionRefusal[] = [];
    const kept: number[] = [];
    for (const stream of byStream(batch, sizes)) {
      const refusal = this.#stream(tenant, state, stream, batch, nowMs, kept);
      if (refusal) refused.push(refusal);
    }
    if (refused.length === 0) return { batch, refused };
    return {
      batch: keepEntries(
        batch,
        kept.sort((a, b) => a - b),
      ),
      refused,
    };
  }

  /** As `admit`, for who can wait: throws `rate_limited` where the tenant's rate does not let the batch through now. */
  followed(
    tenant: string,
    batch: LogBatch,
    onRefused: (refusal: AdmissionRefusal) => void,
    nowMs: number,
  ): LogBatch {
    const admitted = this.admit(tenant, batch, nowMs);
    for (const refusal of admitted.refused) {
      throwIfWhole(refusal);
      onRefused(refusal);
    }
    return admitted.batch;
  }

  /** Puts the admitted entries of a stream into `kept`; says why it did not put all of them there. */
  #stream(
    tenant: string,
    state: TenantState,
    { labels, entries, bytes }: StreamEntries,
    batch: LogBatch,
    nowMs: number,
    kept: number[],
  ): AdmissionRefusal | undefined {
    const { streamsMax, streamRate, outOfOrderMs } = this.#limits;
    const key = labels.key();
    let stream = state.streams.get(key);
    if (!stream) {
      if (streamsMax > 0 && state.streams.size >= streamsMax) {
        const message = `maximum active stream limit exceeded when trying to create stream ${streamText(labels)}, reduce the number of active streams (reduce labels or reduce label values), or contact your Loki administrator to see if the limit can be increased, user: '${tenant}'`;
        return { status: 429, reason: 'stream_limit', message, entries: entries.length };
      }
      const tokens =
        streamRate > 0 ? new TokenBucket(streamRate, this.#limits.streamBurst, nowMs) : undefined;
      stream = { newestMs: Number.NEGATIVE_INFINITY, newestNs: 0, usedMs: nowMs, tokens };
      state.streams.set(key, stream);
      this.#streamCount++;
    }
    stream.usedMs = nowMs;
    if (stream.tokens && !stream.tokens.take(bytes, nowMs)) {
      const why = (i: number): string =>
        `Per stream rate limit exceeded (limit: ${sizeText(streamRate)}/sec) while attempting to ingest for stream '${streamText(labels)}' totaling ${sizeText(entryBytesAt(batch, i))}, consider splitting a stream via additional labels or contact your Loki administrator to see if the limit can be increased`;
      const message = failedEntries(tenant, labels, batch, entries, entries.length, why);
      return { status: 429, reason: 'rate_limit', message, entries: entries.length };
    }
    const behind = new Map<number, string>();
    for (const i of entries) {
      const timeMs = batch.timeMs[i]!;
      const timeNs = batch.timeNs[i]!;
      const cutoffMs = stream.newestMs - outOfOrderMs;
      if (outOfOrderMs > 0 && (timeMs < cutoffMs || (timeMs === cutoffMs && timeNs < stream.newestNs))) {
        const oldest = secondsText(cutoffMs);
        behind.set(
          i,
          `entry too far behind, entry timestamp is: ${secondsText(timeMs)}, oldest acceptable timestamp is: ${oldest}`,
        );
        continue;
      }
      kept.push(i);
      if (timeMs < stream.newestMs || (timeMs === stream.newestMs && timeNs <= stream.newestNs)) continue;
      stream.newestMs = timeMs;
      stream.newestNs = timeNs;
    }
    if (behind.size === 0) return undefined;
    const message = failedEntries(
      tenant,
      labels,
      batch,
      [...behind.keys()],
      entries.length,
      (i) => behind.get(i)!,
    );
    return { status: 400, reason: 'out_of_order', message, entries: behind.size };
  }

  #tenant(tenant: string, nowMs: number): TenantState {
    let state = this.#tenants.get(tenant);
    this.#tenants.delete(tenant);
    if (!state) {
      const { ingestionRate, ingestionBurst } = this.#limits;
      const tokens = ingestionRate > 0 ? new TokenBucket(ingestionRate, ingestionBurst, nowMs) : undefined;
      state = { streams: new Map(), tokens, usedMs: nowMs };
    }
    // In the order of their last use.
    this.#tenants.set(tenant, state);
    state.usedMs = nowMs;
    this.#makeRoom();
    return state;
  }

  /** Forgets the tenants of longest ago where there are too many of them or of their streams. */
  #makeRoom(): void {
    for (const [tenant, { streams }] of this.#tenants) {
      if (this.#tenants.size <= TENANTS_MAX && this.#streamCount <= STREAMS_MAX) return;
      this.#streamCount -= streams.size;
      // The last one is at work: it keeps its rate.
      if (this.#tenants.size > 1) this.#tenants.delete(tenant);
      else streams.clear();
    }
  }

  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = nowMs;
    for (const [tenant, { streams, usedMs }] of this.#tenants) {
      for (const [key, stream] of streams) {
        if (nowMs - stream.usedMs > IDLE_MS && streams.delete(key)) this.#streamCount--;
      }
      if (streams.size === 0 && nowMs - usedMs > IDLE_MS) this.#tenants.delete(tenant);
    }
  }
}

/** A refusal of the whole request as an error: one that passes, or one that will not. */
export function throwIfWhole({ message, waitMs }: AdmissionRefusal): void {
  if (waitMs === undefined) return;
  if (waitMs < Number.POSITIVE_INFINITY) throw new RateLimitError(message, waitMs);
  throw new TriliteError('too_large', message);
}

function byStream(batch: LogBatch, sizes: Float64Array): StreamEntries[] {
  const streams = batch.streams.map((labels): StreamEntries => ({ labels, entries: [], bytes: 0 }));
  for (let i = 0; i < batch.count; i++) {
    const stream = streams[batch.stream[i]!]!;
    stream.entries.push(i);
    stream.bytes += sizes[i]!;
  }
  return streams;
}

/** Bytes that entries count with: line and metadata, but for the level that is added to each. */
function entryBytes(batch: LogBatch): Float64Array {
  return Float64Array.from({ length: batch.count }, (_, i) => entryBytesAt(batch, i));
}

function entryBytesAt({ lineStart, lineEnd, pairEnd, pairs, strings }: LogBatch, i: number): number {
  let bytes = lineEnd[i]! - lineStart[i]!;
  for (let p = i === 0 ? 0 : pairEnd[i - 1]!; p < pairEnd[i]!; p += 2) {
    const name = strings[pairs[p]!]!;
    if (name !== DETECTED_LEVEL)
      bytes += Buffer.byteLength(name) + Buffer.byteLength(strings[pairs[p + 1]!]!);
  }
  return bytes;
}

// ----------------------------------------------------------------------------------------------------- words

/** The entries of a stream that were refused, in the original's words. */
function failedEntries(
  tenant: string,
  labels: Labels,
  batch: LogBatch,
  failed: readonly number[],
  total: number,
  why: (entry: number) => string,
): string {
  const named = failed
    .slice(0, NAMED_MAX)
    .map(
      (i) =>
        `entry with timestamp ${timeText(batch.timeMs[i]!, batch.timeNs[i]!)} ignored, reason: '${why(i)}',\n`,
    );
  return `${named.join('')}user '${tenant}', total ignored: ${failed.length} out of ${total} for stream: ${streamText(labels)}`;
}

/** `2026-01-02 03:04:05.0006 +0000 UTC`, as Go prints times. */
function timeText(ms: number, ns: number): string {
  const text = new Date(ms).toISOString();
  const nanos = (((ms % 1000) + 1000) % 1000) * NS_PER_MS + ns;
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
  return `${text.slice(0, 10)} ${text.slice(11, 19)}${fraction} +0000 UTC`;
}

/** RFC 3339 to the second, in UTC. */
function secondsText(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

const UNITS = ['EB', 'PB', 'TB', 'GB', 'MB', 'KB'] as const;

/** In the largest unit of which it is a whole number. */
function sizeText(bytes: number): string {
  for (const [i, unit] of UNITS.entries()) {
    const size = 1024 ** (UNITS.length - i);
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}
