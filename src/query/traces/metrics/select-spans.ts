/**
 * The spans that a metrics query measures: those that the pipeline selects and that started within the grid. Where
 * the pipeline is one filter that groups decide alone, they are taken straight from the groups (`fold-groups.ts`); else
 * traces are put together and the pipeline runs on each.
 */

import type { SpanGroup } from '../../../model/span-group.ts';
import type { TimeRange, TraceReader } from '../../../storage/interface.ts';
import type { FieldExpression, Pipeline } from '../../lang/traceql/ast.ts';
import { findCandidates } from '../candidates.ts';
import { selectFor } from '../known-trace.ts';
import { compilePipeline, moveTo } from '../pipeline.ts';
import { readGroups, throwIfAborted } from '../read-groups.ts';
import { needsTrace, type SpanCursor } from '../read-value.ts';
import { MARGIN_MS } from '../search-margin.ts';
import { TraceView } from '../trace-view.ts';
import type { Grid } from './series.ts';

/** Called for each span with the cursor on it and the step that it falls into. */
export type Visit = (cursor: SpanCursor, step: number) => void;

/** Puts traces together and runs the pipeline on each. */
export async function visitSpans(
  reader: TraceReader,
  pipeline: Pipeline,
  grid: Grid,
  signal: AbortSignal,
  visit: Visit,
): Promise<void> {
  const cursor = await selectFor(reader, pipeline, gridRange(grid, MARGIN_MS), signal);
  try {
    const groups = await readGroups(cursor, signal);
    visitTraces(groups, pipeline, grid, signal, visit);
  } finally {
    cursor.close();
  }
}

/** What a grid covers, and so much more on both sides. */
export function gridRange(grid: Grid, marginMs: number): TimeRange {
  const firstMs = Number(grid.firstNs / 1_000_000n);
  const stepMs = grid.stepNs / 1e6;
  return {
    minMs: Math.floor(firstMs - stepMs) - marginMs,
    maxMs: Math.ceil(firstMs + (grid.count - 1) * stepMs) + 1 + marginMs,
  };
}

/** The only filter of a pipeline that groups decide without the rest of a trace; undefined where it is another pipeline. */
export function loneFilter(pipeline: Pipeline): FieldExpression | undefined {
  const [stage, ...rest] = pipeline.stages;
  if (stage?.kind !== 'filter' || rest.length > 0 || needsTrace(stage.expression)) return undefined;
  return stage.expression;
}

/** The step of a start that is `offsetNs` behind the first right edge, or -1 outside the grid. */
export function stepOf(offsetNs: number, grid: Grid): number {
  const step = Math.ceil(offsetNs / grid.stepNs);
  return step >= 0 && step < grid.count && offsetNs > -grid.stepNs ? Math.max(step, 0) : -1;
}

/** Start of a group's times behind the first right edge, in ns. */
export function offsetOf(baseMs: number, grid: Grid): number {
  return Number(BigInt(baseMs) * 1_000_000n - grid.firstNs);
}

function visitTraces(
  groups: readonly SpanGroup[],
  pipeline: Pipeline,
  grid: Grid,
  signal: AbortSignal,
  visit: Visit,
): void {
  if (groups.length === 0) return;
  const compiled = compilePipeline(pipeline);
  const cursor: SpanCursor = { group: groups[0]!, row: 0, view: undefined, index: 0 };
  for (const { segments } of findCandidates(groups, compiled.requirement)) {
    throwIfAborted(signal);
    const view = new TraceView(segments);
    const offset = offsetOf(view.baseMs, grid);
    for (const { spans } of compiled.run(view, cursor)) {
      for (const i of spans) {
        const step = stepOf(offset + view.startsNs[i]!, grid);
        if (step < 0) continue;
        moveTo(cursor, view, i);
        visit(cursor, step);
      }
    }
  }
}
