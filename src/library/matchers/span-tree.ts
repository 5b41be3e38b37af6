/** The spans of a trace by whose child each is. */

import type { Span, Trace } from '../../client/answer.ts';

export class SpanTree {
  readonly trace: Trace;
  readonly #byId: ReadonlyMap<string, Span>;
  readonly #children = new Map<string, Span[]>();

  constructor(trace: Trace) {
    this.trace = trace;
    this.#byId = new Map(trace.spans.map((span) => [span.spanId, span]));
    for (const span of trace.spans) {
      const siblings = this.#children.get(span.parentSpanId);
      if (siblings) siblings.push(span);
      else this.#children.set(span.parentSpanId, [span]);
    }
  }

  get traceId(): string {
    return this.trace.traceId;
  }

  get spans(): readonly Span[] {
    return this.trace.spans;
  }

  /** Undefined of a root, and where the parent is not there. */
  parentOf(span: Span): Span | undefined {
    return span.parentSpanId === '' || span.parentSpanId === span.spanId
      ? undefined
      : this.#byId.get(span.parentSpanId);
  }

  /** By their start. */
  childrenOf(span: Span): readonly Span[] {
    return span.spanId === '' ? [] : (this.#children.get(span.spanId) ?? []).filter((s) => s !== span);
  }

  /** Spans without a parent, or whose parent has not arrived. */
  roots(): Span[] {
    return this.spans.filter((span) => this.parentOf(span) === undefined);
  }
}
