/**
 * The one trace that a query can find something in, where it says so: `{ trace:id = "…" && … }`. Its groups are then
 * looked up by id, whatever the time range, instead of all groups of the range being searched.
 */

import { TRACE_ID_BYTES } from '../../model/span.ts';
import type { SpanGroupCursor, TimeRange, TraceReader } from '../../storage/interface.ts';
import type { FieldExpression, Pipeline, SpansetExpression } from '../lang/traceql/ast.ts';

/** A cursor over the groups that can hold what the pipeline finds. */
export function selectFor(
  reader: TraceReader,
  pipeline: Pipeline,
  range: TimeRange,
  signal: AbortSignal,
): Promise<SpanGroupCursor> {
  const id = knownTrace(pipeline);
  return id === undefined ? reader.select(range, signal) : reader.trace(id, signal);
}

/** The id that a trace must have for the pipeline to find anything in it; undefined where it names none or several. */
export function knownTrace(pipeline: Pipeline): Uint8Array | undefined {
  const hex = hexOfPipeline(pipeline);
  return hex === undefined ? undefined : Uint8Array.from(Buffer.from(hex, 'hex'));
}

function hexOfPipeline({ stages }: Pipeline): string | undefined {
  for (const stage of stages) {
    const isSpansets = stage.kind === 'filter' || stage.kind === 'spanset-binary' || stage.kind === 'wrapped';
    const hex = isSpansets ? hexOfSpansets(stage) : undefined;
    if (hex !== undefined) return hex;
  }
  return undefined;
}

function hexOfSpansets(node: SpansetExpression): string | undefined {
  if (node.kind === 'filter') return hexOfFilter(node.expression);
  if (node.kind === 'wrapped') return hexOfPipeline(node.pipeline);
  const left = hexOfSpansets(node.left);
  const right = hexOfSpansets(node.right);
  if (node.op === '||') return left === right ? left : undefined;
  // A negated relation also finds spans of traces that have nothing on the left.
  return node.op.startsWith('!') ? right : (left ?? right);
}

function hexOfFilter(node: FieldExpression): string | undefined {
  if (node.kind !== 'binary') return undefined;
  const { op, left, right } = node;
  if (op === '&&') return hexOfFilter(left) ?? hexOfFilter(right);
  if (op === '||') {
    const hex = hexOfFilter(left);
    return hex === hexOfFilter(right) ? hex : undefined;
  }
  if (op !== '=') return undefined;
  return hexOfComparison(left, right) ?? hexOfComparison(right, left);
}

function hexOfComparison(reference: FieldExpression, literal: FieldExpression): string | undefined {
  if (reference.kind !== 'intrinsic' || reference.name !== 'traceId') return undefined;
  if (literal.kind !== 'literal' || literal.type !== 'string') return undefined;
  const digits = 2 * TRACE_ID_BYTES;
  // What is no id matches nothing, which the search finds out by itself.
  if (literal.value.length > digits || !/^[0-9a-f]+$/i.test(literal.value)) return undefined;
  return literal.value.toLowerCase().padStart(digits, '0');
}
