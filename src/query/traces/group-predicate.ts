/**
 * Predicates that a group of spans decides alone: every `reference op literal` makes a byte mask of its column
 * (`comparison-mask.ts`), and masks are combined.
 *
 * Conditions on events (and likewise links) that are joined inside one filter are combined on the rows of the
 * events before they are lifted to spans: all must hold for the same event.
 */

import type { SpanGroup } from '../../model/span-group.ts';
import type { Binary, ComparisonOperator, FieldExpression, Literal, Reference } from '../lang/traceql/ast.ts';
import { comparisonMask, type Level, levelOf } from './comparison-mask.ts';
import { KNOWN_MASKS } from './known-masks.ts';
import { compileValue, isTrue, type SpanCursor } from './read-value.ts';
import { valueKey } from './value.ts';

/** Of `Local`: tables beside the spans are small and often settle it; ids are large; the last looks at spans one by one. */
const COST = { table: 0, word: 1, common: 2, attribute: 3, id: 4, each: 5 } as const;

/** A predicate that a group decides alone. `within`: rows with 0 need not be looked at. */
export interface Local {
  readonly level: Level;
  /** What it reads, roughly: of operands the cheap ones come first, and leave less for the others. */
  readonly cost: number;
  /** A new mask, the caller's to change. */
  mask(group: SpanGroup, within?: Uint8Array): Uint8Array;
}

export function compileLocal(expression: FieldExpression): Local {
  if (expression.kind === 'attribute') return compileComparison(expression, '=', trueLiteral(expression.at));
  if (expression.kind === 'literal') {
    const value = expression.type === 'bool' && expression.value ? 1 : 0;
    return { level: 'span', cost: COST.table, mask: (group) => new Uint8Array(group.spanCount).fill(value) };
  }
  if (expression.kind === 'unary' && expression.op === '!') {
    const operand = compileLocal(expression.operand);
    return {
      level: 'span',
      cost: operand.cost,
      mask: (group) => lift(operand, group, undefined).map((hit) => 1 - hit),
    };
  }
  if (expression.kind === 'binary') {
    if (expression.op === '&&' || expression.op === '||') return compileJoin(expression);
    const comparison = literalComparison(expression);
    if (comparison) return compileComparison(...comparison);
  }
  return compileSlow(expression);
}

function trueLiteral(at: number): Literal {
  return { kind: 'literal', type: 'bool', value: true, at };
}

const FLIPPED: Readonly<Record<string, ComparisonOperator>> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** `reference op literal`, also written the other way round. */
function literalComparison(node: Binary): [Reference, ComparisonOperator, Literal] | undefined {
  const { op, left, right } = node;
  const flipped = FLIPPED[op];
  if (flipped === undefined && op !== '=~' && op !== '!~') return undefined;
  if (isReference(left) && right.kind === 'literal') return [left, op as ComparisonOperator, right];
  if (isReference(right) && left.kind === 'literal' && flipped !== undefined) return [right, flipped, left];
  return undefined;
}

function isReference(node: FieldExpression): node is Reference {
  return node.kind === 'attribute' || node.kind === 'intrinsic';
}

function compileJoin(node: Binary): Local {
  const operands = chain(node, node.op).map(compileLocal);
  const byLevel = (['span', 'event', 'link'] as const).map((level) =>
    operands.filter((o) => o.level === level),
  );
  const levels = byLevel
    .filter((list) => list.length > 0)
    .map((list) => joinLevel(node.op as '&&' | '||', list));
  return levels.length === 1 ? levels[0]! : joinLevel(node.op as '&&' | '||', levels.map(lifted));
}

/** Operands of one level; the costly ones last, and of `&&` only where the others hold. */
function joinLevel(op: '&&' | '||', operands: readonly Local[]): Local {
  const ordered = [...operands].sort((a, b) => a.cost - b.cost);
  if (ordered.length === 1) return ordered[0]!;
  return {
    level: ordered[0]!.level,
    cost: ordered.at(-1)!.cost,
    mask(group, within) {
      let result = ordered[0]!.mask(group, within);
      for (let i = 1; i < ordered.length; i++) {
        if (op === '&&') {
          // Fast path: nothing left, so the other columns need not be read.
          if (!result.includes(1)) return result;
          narrow(result, ordered[i]!.mask(group, result));
        } else result = unite(result, ordered[i]!.mask(group, within));
      }
      return result;
    },
  };
}

function lifted(local: Local): Local {
  if (local.level === 'span') return local;
  return { level: 'span', cost: local.cost, mask: (group, within) => lift(local, group, within) };
}

/** A mask over spans: a span is hit if one of its events or links is. */
export function lift(local: Local, group: SpanGroup, within: Uint8Array | undefined): Uint8Array {
  if (local.level === 'span') return local.mask(group, within);
  const spans = new Uint8Array(group.spanCount);
  const owner = local.level === 'event' ? group.events : group.links;
  if (owner.count === 0) return spans;
  const mask = local.mask(group);
  const rows = owner.spanRows();
  for (let i = 0; i < mask.length; i++) if (mask[i]) spans[rows[i]!] = 1;
  return spans;
}

/** `mask` and `by`, into `mask`. */
function narrow(mask: Uint8Array, by: Uint8Array): void {
  for (let i = 0; i < mask.length; i++) mask[i] = mask[i]! & by[i]!;
}

export function intersect(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = a[i]! & b[i]!;
  return out;
}

export function unite(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = a[i]! | b[i]!;
  return out;
}

/** Span by span: arithmetic, and comparisons between two attributes. */
function compileSlow(expression: FieldExpression): Local {
  const read = compileValue(expression);
  return {
    level: 'span',
    cost: COST.each,
    mask(group, within) {
      const mask = new Uint8Array(group.spanCount);
      const cursor: SpanCursor = { group, row: 0, view: undefined, index: 0 };
      for (let row = 0; row < mask.length; row++) {
        if (within !== undefined && within[row] === 0) continue;
        cursor.row = row;
        if (isTrue(read(cursor))) mask[row] = 1;
      }
      return mask;
    },
  };
}

function compileComparison(reference: Reference, op: ComparisonOperator, literal: Literal): Local {
  const level = levelOf(reference);
  const cost = costOf(reference);
  const find = comparisonMask(reference, op, literal);
  // Events and links are few and have rows of their own: theirs are not remembered.
  if (level !== 'span') return { level, cost, mask: find };
  const condition = KNOWN_MASKS.condition(conditionKey(reference, op, literal));
  return { level, cost, mask: (group) => KNOWN_MASKS.mask(condition, group, () => find(group)) };
}

function conditionKey(reference: Reference, op: ComparisonOperator, literal: Literal): string {
  const name = reference.kind === 'attribute' ? `${reference.scope}.${reference.name}` : `:${reference.name}`;
  const value = literal.type === 'nil' ? '' : valueKey(literal);
  return JSON.stringify([name, op, literal.type, value]);
}

function costOf(reference: Reference): number {
  if (reference.kind === 'attribute') {
    return reference.scope === 'resource' || reference.scope === 'instrumentation'
      ? COST.table
      : COST.attribute;
  }
  switch (reference.name) {
    case 'instrumentationName':
    case 'instrumentationVersion':
      return COST.table;
    case 'status':
    case 'kind':
      return COST.word;
    case 'name':
    case 'duration':
      return COST.common;
    default:
      return /id$/i.test(reference.name) ? COST.id : COST.attribute;
  }
}

/** The operands of a chain of one operator. */
export function chain(node: FieldExpression, op: string): FieldExpression[] {
  if (node.kind !== 'binary' || node.op !== op) return [node];
  return [...chain(node.left, op), ...chain(node.right, op)];
}
