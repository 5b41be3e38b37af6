/**
 * A spanset pipeline on one trace. A spanset is a list of spans (indexes into the `TraceView`, ascending) with the
 * attributes that groupings and aggregates gave it; a trace starts as one spanset of all its spans. Stages turn a
 * list of spansets into another; the trace is in the result if any is left.
 */

import { unreachable } from '../../base/assert.ts';
import type {
  AggregateName,
  FieldExpression,
  Pipeline,
  ScalarFilter,
  SpansetBinary,
  SpansetExpression,
  Stage,
} from '../lang/traceql/ast.ts';
import { printAggregate, printField } from '../lang/traceql/printer.ts';
import { Filter, type GroupFilter } from './filter.ts';
import { compileSingleValue, type SpanCursor } from './read-value.ts';
import { structural } from './structural.ts';
import type { TraceView } from './trace-view.ts';
import { compareValues, intValue, isNumber, literalValue, type Value, valueKey } from './value.ts';

export interface Spanset {
  readonly spans: readonly number[];
  readonly attributes: readonly (readonly [name: string, value: Value])[];
}

/** A stage, compiled; `cursor` is scratch space. */
type RunStage = (view: TraceView, input: readonly Spanset[], cursor: SpanCursor) => readonly Spanset[];

/** Conditions that a trace must meet for a pipeline to find anything in it, over the pipeline's filters. */
export type Requirement =
  | { readonly kind: 'filter'; readonly filter: GroupFilter }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Requirement[] };

export interface CompiledPipeline {
  readonly requirement: Requirement;
  run(view: TraceView, cursor: SpanCursor): readonly Spanset[];
}

export function compilePipeline(pipeline: Pipeline): CompiledPipeline {
  const requirements: Requirement[] = [];
  const stages = pipeline.stages.map((stage) => compileStage(stage, requirements));
  return {
    requirement: { kind: 'all', parts: requirements },
    run(view, cursor) {
      let spansets: readonly Spanset[] = [
        { spans: Array.from({ length: view.count }, (_, i) => i), attributes: [] },
      ];
      for (const stage of stages) {
        spansets = stage(view, spansets, cursor);
        if (spansets.length === 0) break;
      }
      return spansets;
    },
  };
}

function compileStage(stage: Stage, requirements: Requirement[]): RunStage {
  switch (stage.kind) {
    case 'by':
      return compileGroupBy(stage.expression);
    case 'coalesce':
      return (_view, input) => [{ spans: union(input.map((s) => s.spans)), attributes: [] }];
    case 'select':
      return (_view, input) => input;
    case 'scalar-filter':
      return compileScalarFilter(stage);
    default: {
      const { requirement, run } = compileSpansets(stage);
      requirements.push(requirement);
      return (view, input, cursor) => input.flatMap((spanset) => run(view, spanset, cursor));
    }
  }
}

function union(lists: readonly (readonly number[])[]): number[] {
  return [...new Set(lists.flat())].sort((a, b) => a - b);
}

// ------------------------------------------------------------------------------------ spanset expressions

interface SpansetOperation {
  readonly requirement: Requirement;
  run(view: TraceView, input: Spanset, cursor: SpanCursor): readonly Spanset[];
}

function compileSpansets(node: SpansetExpression): SpansetOperation {
  switch (node.kind) {
    case 'filter': {
      const filter = new Filter(node.expression);
      return {
        requirement: { kind: 'filter', filter },
        run(view, input, cursor) {
          const spans = input.spans.filter((i) => filter.matches(view, i, cursor));
          return spans.length === 0 ? [] : [{ spans, attributes: input.attributes }];
        },
      };
    }
    case 'wrapped': {
      const { requirement, run } = compilePipeline(node.pipeline);
      return { requirement, run: (view, _input, cursor) => run(view, cursor) };
    }
    case 'spanset-binary':
      return compileBinary(node);
    default:
      return unreachable(node, 'spanset expression');
  }
}

function compileBinary(node: SpansetBinary): SpansetOperation {
  const left = compileSpansets(node.left);
  const right = compileSpansets(node.right);
  const { op } = node;
  const both = [left.requirement, right.requirement];
  if (op === '&&' || op === '||') {
    return {
      requirement: { kind: op === '&&' ? 'all' : 'any', parts: both },
      run(view, input, cursor) {
        const a = left.run(view, input, cursor);
        if (op === '&&' && a.length === 0) return [];
        const b = right.run(view, input, cursor);
        if (op === '&&' ? b.length === 0 : a.length + b.length === 0) return [];
        return [merged([...a, ...b], input)];
      },
    };
  }
  const negated = op[0] === '!';
  return {
    // A negated relation also finds the spans of traces that have nothing on the left.
    requirement: { kind: 'all', parts: negated ? [right.requirement] : both },
    run(view, input, cursor) {
      const b = right.run(view, input, cursor);
      if (b.length === 0) return [];
      const a = left.run(view, input, cursor);
      if (a.length === 0 && !negated) return [];
      const hits = structural(op, view.tree, maskOf(view, a), maskOf(view, b));
      const spans = [...hits.keys()].filter((i) => hits[i] === 1);
      return spans.length === 0 ? [] : [{ spans, attributes: input.attributes }];
    },
  };
}

function merged(spansets: readonly Spanset[], input: Spanset): Spanset {
  return { spans: union(spansets.map((s) => s.spans)), attributes: input.attributes };
}

function maskOf(view: TraceView, spansets: readonly Spanset[]): Uint8Array {
  const mask = new Uint8Array(view.count);
  for (const { spans } of spansets) for (const i of spans) mask[i] = 1;
  return mask;
}

// ---------------------------------------------------------------------------------- grouping, aggregating

export function moveTo(cursor: SpanCursor, view: TraceView, i: number): void {
  cursor.group = view.groups[i]!;
  cursor.row = view.rows[i]!;
  cursor.view = view;
  cursor.index = i;
}

const NIL: Value = { type: 'string', value: 'nil' };

function compileGroupBy(expression: FieldExpression): RunStage {
  const read = compileSingleValue(expression);
  const name = `by(${printField(expression)})`;
  return (view, input, cursor) => {
    const out: Spanset[] = [];
    for (const spanset of input) {
      const groups = new Map<string, { value: Value; spans: number[] }>();
      for (const i of spanset.spans) {
        moveTo(cursor, view, i);
        const value = read(cursor);
        const key = valueKey(value);
        const group = groups.get(key);
        if (group) group.spans.push(i);
        else
          groups.set(key, {
            value: value === undefined || value.type === 'opaque' ? NIL : value,
            spans: [i],
          });
      }
      for (const { value, spans } of groups.values()) {
        out.push({ spans, attributes: [...spanset.attributes, [name, value]] });
      }
    }
    return out;
  };
}

function compileScalarFilter(stage: ScalarFilter): RunStage {
  const { aggregate, expression, op } = stage;
  const read = expression && compileSingleValue(expression);
  const name = printAggregate(aggregate, expression);
  const threshold = literalValue(stage.value);
  return (view, input, cursor) => {
    const out: Spanset[] = [];
    for (const spanset of input) {
      const value = read
        ? aggregateOf(
            aggregate,
            spanset.spans.map((i) => {
              moveTo(cursor, view, i);
              return read(cursor);
            }),
          )
        : ({ type: 'int', value: spanset.spans.length } as const);
      if (value === undefined || !compareValues(op, value, threshold, undefined)) continue;
      out.push({ spans: spanset.spans, attributes: [...spanset.attributes, [name, value]] });
    }
    return out;
  };
}

/** Over the numbers among the values; undefined where there are none. */
function aggregateOf(name: AggregateName, values: readonly (Value | undefined)[]): Value | undefined {
  const numbers = values.filter((v) => v !== undefined).filter(isNumber);
  const first = numbers[0];
  if (first === undefined) return undefined;
  if (name === 'min' || name === 'max') {
    const op = name === 'min' ? '<' : '>';
    return numbers.reduce((a, b) => (compareValues(op, b, a, undefined) ? b : a));
  }
  let sum = 0;
  for (const { value } of numbers) sum += value;
  if (name === 'sum' && !Number.isSafeInteger(sum) && numbers.every((n) => n.type === 'int'))
    return exactSum(numbers);
  const type = numbers.every((n) => n.type === first.type) ? first.type : 'float';
  if (name === 'sum') return { type, value: sum };
  const mean = sum / numbers.length;
  return type === 'duration' ? { type, value: Math.trunc(mean) } : { type: 'float', value: mean };
}

/** Integers beyond what floats can hold: 64 bits, as they are stored. */
function exactSum(numbers: readonly (Value & { type: 'int' | 'float' | 'duration' })[]): Value {
  let sum = 0n;
  for (const n of numbers) sum += n.type === 'int' && n.exact !== undefined ? n.exact : BigInt(n.value);
  const wrapped = BigInt.asIntN(64, sum);
  return intValue(Number(wrapped), wrapped);
}
