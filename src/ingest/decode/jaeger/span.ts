/** One span of Jaeger's, whichever protocol it came by: a decoder fills it, the translation reads it, the next fills it anew. */

import { U64 } from '../../../base/u64.ts';
import { Tags } from './tags.ts';

/** Kinds of references. */
export const REFERENCE = { childOf: 0, followsFrom: 1 } as const;

/** An id of 16 bytes as its big-endian words, the first in front. */
export type TraceIdWords = [number, number, number, number];

export interface Reference {
  readonly traceId: TraceIdWords;
  readonly spanHigh: number;
  readonly spanLow: number;
  /** One of `REFERENCE`; whatever is not `childOf` is told as the other. */
  readonly kind: number;
}

/** An entry of a span's log: its time in nanoseconds and where its fields are in the span's `fields`. */
export interface LogEntry {
  readonly low: number;
  readonly high: number;
  readonly from: number;
  readonly to: number;
}

export class JaegerSpan {
  traceId: TraceIdWords = [0, 0, 0, 0];
  spanHigh = 0;
  spanLow = 0;
  /** Zero where the references alone tell. */
  parentHigh = 0;
  parentLow = 0;
  /** Bounds of the operation's name in the request. */
  nameFrom = 0;
  nameTo = 0;
  /** Nanoseconds. */
  readonly start = new U64();
  readonly end = new U64();
  readonly tags = new Tags();
  readonly references: Reference[] = [];
  readonly logs: LogEntry[] = [];
  readonly fields = new Tags();

  clear(): void {
    this.traceId = [0, 0, 0, 0];
    this.spanHigh = 0;
    this.spanLow = 0;
    this.parentHigh = 0;
    this.parentLow = 0;
    this.nameFrom = 0;
    this.nameTo = 0;
    this.start.set(0, 0);
    this.end.set(0, 0);
    this.tags.clear();
    this.references.length = 0;
    this.logs.length = 0;
    this.fields.clear();
  }

  /** Nothing at all is said of it: the originals leave such spans out. */
  get isBlank(): boolean {
    const { traceId, start, end } = this;
    const numbers = traceId[0] | traceId[1] | traceId[2] | traceId[3] | this.spanHigh | this.spanLow;
    const times = start.low | start.high | end.low | end.high | this.parentHigh | this.parentLow;
    const items = this.tags.count + this.references.length + this.logs.length + this.nameTo - this.nameFrom;
    return numbers === 0 && times === 0 && items === 0;
  }

  /** Where `parentHigh` and `parentLow` are zero: the first reference of the same trace, `childOf` before others. */
  findParent(): void {
    if (this.parentHigh !== 0 || this.parentLow !== 0) return;
    const own = this.references.filter(({ traceId }) => traceId.every((word, i) => word === this.traceId[i]));
    const parent =
      own.find((r) => r.kind === REFERENCE.childOf) ?? own.find((r) => r.kind === REFERENCE.followsFrom);
    if (!parent) return;
    this.parentHigh = parent.spanHigh;
    this.parentLow = parent.spanLow;
  }
}

/** What sent the spans. */
export class JaegerProcess {
  nameFrom = 0;
  nameTo = 0;
  readonly tags = new Tags();

  clear(): void {
    this.nameFrom = 0;
    this.nameTo = 0;
    this.tags.clear();
  }
}
