/**
 * A rate of spans, or of bytes, a second: a bucket that fills at the rate up to the burst, and a trace is sampled where
 * it holds enough for all of it. A trace above the burst never is.
 */

import { NO_SPAN, type Piece } from '../held-batch.ts';
import type { TraceSpans } from '../trace-spans.ts';
import { type Policy, type Verdict, verdictOf } from './policy.ts';

export class RatePolicy implements Policy {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #costOf: (trace: TraceSpans) => number;
  #tokens: number;
  #filledMs: number | undefined;

  constructor(perSecond: number, burst: number, costOf: (trace: TraceSpans) => number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#costOf = costOf;
    this.#tokens = burst;
  }

  evaluate(trace: TraceSpans, _key: string, nowMs: number): Verdict {
    const elapsedMs = Math.max(0, nowMs - (this.#filledMs ?? nowMs));
    this.#filledMs = nowMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsedMs / 1000) * this.#perSecond);
    const cost = this.#costOf(trace);
    if (cost > this.#tokens) return verdictOf(false);
    this.#tokens -= cost;
    return verdictOf(true);
  }
}

export function spansOf(trace: TraceSpans): number {
  return trace.count;
}

/** Bytes of an export request with the trace's spans alone, each with the resource and scope that it came with. */
export function requestBytes(trace: TraceSpans): number {
  return trace.pieces.reduce((n, piece) => n + pieceBytes(piece), 0);
}

/** A message within another: tag, length, bytes. */
function nested(bytes: number): number {
  let size = 2 + bytes;
  for (let rest = bytes; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
  return size;
}

function pieceBytes({ held, first }: Piece): number {
  const { batch, next } = held;
  let total = 0;
  let resourceBytes = 0;
  let scopeBytes = 0;
  for (let s = first; s !== NO_SPAN; s = next[s]!) {
    if (scopeBytes === 0) {
      const scope = batch.spanScope[s]!;
      scopeBytes = nested(batch.scopeEnd[scope]! - batch.scopeStart[scope]!);
    }
    scopeBytes += nested(batch.spanEnd[s]! - batch.spanStart[s]!);
    const after = next[s]!;
    const sameResource = after !== NO_SPAN && batch.spanResource[after] === batch.spanResource[s];
    if (sameResource && batch.spanScope[after] === batch.spanScope[s]) continue;
    resourceBytes += nested(scopeBytes);
    scopeBytes = 0;
    if (sameResource) continue;
    const resource = batch.spanResource[s]!;
    total += nested(resourceBytes + nested(batch.resourceEnd[resource]! - batch.resourceStart[resource]!));
    resourceBytes = 0;
  }
  return total;
}
