/**
 * Limits of a tenant on spans, in front of whatever takes them: the pace of bytes refuses a request as a whole; the size of a
 * trace, and how many traces there may be at a time, refuse single spans.
 */

import type { SpanBatch } from '../model/batch.ts';
import { TriliteError } from '../model/errors.ts';
import { RateLimitError } from '../model/rate-limit-error.ts';
import { TRACE_ID_BYTES } from '../model/span.ts';
import type { TraceLimits } from '../model/tenant-limits.ts';
import type { AppendOutcome, Refusal } from '../storage/interface.ts';
import { LiveTraces } from './live-traces.ts';
import { type PaceByTenant, paceByTenant } from './pace-by-tenant.ts';
import { subsetOf } from './sampling/span-subset.ts';
import type { SpanIntake, SpanOrigin } from './span-intake.ts';

/** Undefined where nothing is limited. */
export function traceLimiter(limits: TraceLimits, before?: TraceLimiter): TraceLimiter | undefined {
  const { ingestion, traceMaxBytes, tracesMax } = limits;
  return ingestion.perSecond + traceMaxBytes + tracesMax > 0 ? new TraceLimiter(limits, before) : undefined;
}

/** What is left of a batch, and what is not. */
interface Judged {
  /** Indexes in the batch, ascending; undefined: all. */
  readonly kept: readonly number[] | undefined;
  readonly refused: readonly Refusal[];
}

export class TraceLimiter {
  readonly #limits: TraceLimits;
  readonly #pace: PaceByTenant | undefined;
  readonly #traces: LiveTraces | undefined;

  /** `before`: under the limits that were in force. */
  constructor(limits: TraceLimits, before?: TraceLimiter) {
    const { ingestion, traceMaxBytes, tracesMax } = limits;
    this.#limits = limits;
    this.#pace = paceByTenant(ingestion, before ? before.#pace : undefined);
    this.#traces =
      traceMaxBytes + tracesMax > 0 ? ((before ? before.#traces : undefined) ?? new LiveTraces()) : undefined;
  }

  /** As the intake's own. Throws `rate_limited`, or `too_large` for what may never come at once: nothing was taken. */
  async append(intake: SpanIntake, batch: SpanBatch, origin: SpanOrigin): Promise<AppendOutcome> {
    const { tenant, nowMs } = origin;
    const bytes = batchBytes(batch);
    this.#admit(tenant, bytes, nowMs);
    const { kept, refused } = this.#judge(batch, tenant, nowMs);
    try {
      if (!kept) return await intake.append(batch, origin);
      if (kept.length === 0) return { accepted: 0, refused, durable: Promise.resolve() };
      const outcome = await intake.append(subsetOf(batch, kept), origin);
      const later = outcome.refused.map((refusal) => ({ ...refusal, item: kept[refusal.item]! }));
      return { ...outcome, refused: [...refused, ...later] };
    } catch (error) {
      this.#pace?.give(tenant, bytes);
      this.#takeBack(batch, kept, tenant, nowMs);
      throw error;
    }
  }

  /** In Tempo's words. */
  #admit(tenant: string, bytes: number, nowMs: number): void {
    const waitMs = this.#pace?.take(tenant, bytes, nowMs) ?? 0;
    if (waitMs === 0) return;
    const { perSecond, burst } = this.#limits.ingestion;
    const limit = `ingestion rate limit (local: ${perSecond} bytes/s, global: 0 bytes/s, burst: ${burst} bytes)`;
    if (waitMs < Number.POSITIVE_INFINITY) {
      const message = `RATE_LIMITED: ${limit} exceeded while adding ${bytes} bytes for user ${tenant}`;
      throw new RateLimitError(message, waitMs);
    }
    const size = `batch size (${bytes} bytes) exceeds ingestion limit`;
    const message = `RATE_LIMITED: ${size} (local: ${perSecond} bytes/s, global: 0 bytes/s, burst: ${burst} bytes) while adding ${bytes} bytes for user ${tenant}`;
    throw new TriliteError('too_large', message);
  }

  #judge(batch: SpanBatch, tenant: string, nowMs: number): Judged {
    const traces = this.#traces;
    const refused: Refusal[] = [];
    if (!traces) return { kept: undefined, refused };
    const { traceMaxBytes, tracesMax } = this.#limits;
    const { spanCount, traceIds, spanStart, spanEnd } = batch;
    const own = traces.begin(tenant, nowMs);
    let kept: number[] | undefined;
    for (let i = 0; i < spanCount; i++) {
      const at = i * TRACE_ID_BYTES;
      const bytes = spanEnd[i]! - spanStart[i]!;
      let refusal: Refusal | undefined;
      const isKnown = traces.find(own, traceIds, at);
      if (!isKnown && tracesMax > 0 && traces.count(own) >= tracesMax) {
        const message = `LIVE_TRACES_EXCEEDED: max live traces exceeded for tenant ${tenant}: per-user traces limit (local: ${tracesMax}) exceeded`;
        refusal = { item: i, reason: 'live_traces_exceeded', message };
      } else {
        if (!isKnown) traces.add(own, traceIds, at, nowMs);
        if (traceMaxBytes > 0 && traces.bytes + bytes > traceMaxBytes) {
          const id = Buffer.from(traceIds.subarray(at, at + TRACE_ID_BYTES)).toString('hex');
          const message = `TRACE_TOO_LARGE: max size of trace (${traceMaxBytes}) exceeded while adding ${bytes} bytes to trace ${id} for tenant ${tenant}`;
          refusal = { item: i, reason: 'trace_too_large', message };
        } else traces.bytes += bytes;
      }
      if (refusal) {
        kept ??= Array.from({ length: i }, (_, k) => k);
        refused.push(refusal);
      } else kept?.push(i);
    }
    return { kept, refused };
  }

  /** What did not come to be stored will be sent again. */
  #takeBack(batch: SpanBatch, kept: readonly number[] | undefined, tenant: string, nowMs: number): void {
    const traces = this.#traces;
    if (!traces) return;
    const own = traces.begin(tenant, nowMs);
    for (let k = 0; k < (kept?.length ?? batch.spanCount); k++) {
      const i = kept ? kept[k]! : k;
      if (!traces.find(own, batch.traceIds, i * TRACE_ID_BYTES)) continue;
      traces.bytes = Math.max(0, traces.bytes - (batch.spanEnd[i]! - batch.spanStart[i]!));
    }
  }
}

/** Spans with their resources and scopes, each once. */
function batchBytes(batch: SpanBatch): number {
  let bytes = 0;
  for (let i = 0; i < batch.spanCount; i++) bytes += batch.spanEnd[i]! - batch.spanStart[i]!;
  for (let i = 0; i < batch.resourceCount; i++) bytes += batch.resourceEnd[i]! - batch.resourceStart[i]!;
  for (let i = 0; i < batch.scopeCount; i++) bytes += batch.scopeEnd[i]! - batch.scopeStart[i]!;
  return bytes;
}
