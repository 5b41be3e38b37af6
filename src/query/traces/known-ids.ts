/** Search among traces whose ids are known: each is looked up and evaluated as a whole, whatever its time. */

import { TRACE_ID_BYTES } from '../../model/span.ts';
import type { TraceLookup, TraceReader } from '../../storage/interface.ts';
import type { Pipeline } from '../lang/traceql/ast.ts';
import { compilePipeline } from './pipeline.ts';
import { throwIfAborted } from './read-groups.ts';
import type { SpanCursor } from './read-value.ts';
import { byStart, describeTrace, type FoundTrace } from './search.ts';
import { shownAttributes } from './shown-attributes.ts';
import { traceNumber } from './trace-proto.ts';
import { type Segment, TraceView } from './trace-view.ts';

export interface KnownSearch {
  readonly pipeline: Pipeline;
  readonly spansPerSpanset: number;
}

export interface KnownResult {
  /** All that match, newest first. */
  readonly traces: readonly FoundTrace[];
  /** Ids under which there are spans. */
  readonly stored: number;
}

/** Steps between two looks at the abort signal. */
const CHECK_EVERY = 64;

/** `ids`: 32 hexadecimal digits each. */
export async function searchKnownTraces(
  reader: TraceReader,
  ids: readonly string[],
  { pipeline, spansPerSpanset }: KnownSearch,
  signal: AbortSignal,
): Promise<KnownResult> {
  const lookup = await reader.lookup();
  const compiled = compilePipeline(pipeline);
  const shown = shownAttributes(pipeline);
  const traces: FoundTrace[] = [];
  let stored = 0;
  for (const [at, id] of ids.entries()) {
    if (at % CHECK_EVERY === 0) throwIfAborted(signal);
    const view = traceOf(lookup, id);
    if (view === undefined) continue;
    stored++;
    const cursor: SpanCursor = { group: view.groups[0]!, row: 0, view, index: 0 };
    const spansets = compiled.run(view, cursor);
    if (spansets.length > 0) traces.push(describeTrace(view, spansets, shown, spansPerSpanset, cursor));
  }
  return { traces: byStart(traces), stored };
}

/** Undefined where nothing of it is stored. */
export function traceOf(lookup: TraceLookup, hex: string): TraceView | undefined {
  const id = Uint8Array.from(Buffer.from(hex.padStart(2 * TRACE_ID_BYTES, '0'), 'hex'));
  const segments: Segment[] = [];
  for (const group of lookup.groupsOf(id)) {
    const trace = traceNumber(group, id);
    if (trace < 0) continue;
    const starts = group.traceStarts();
    segments.push({ group, start: starts[trace]!, end: starts[trace + 1]! });
  }
  return segments.length === 0 ? undefined : new TraceView(segments);
}
