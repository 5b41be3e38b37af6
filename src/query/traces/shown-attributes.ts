/**
 * What an answer shows of a matching span beside its id and times: the attributes and intrinsics that the query
 * refers to and the span has.
 */

import { compileAnchored } from '../../model/regex.ts';
import type {
  Attribute,
  ComparisonOperator,
  FieldExpression,
  Literal,
  Pipeline,
  Reference,
  SpansetExpression,
  Stage,
} from '../lang/traceql/ast.ts';
import { printReference } from '../lang/traceql/printer.ts';
import { compileValue, type ReadValue, type SpanCursor } from './read-value.ts';
import { compareValues, literalValue, type Value } from './value.ts';

/** Reads one attribute of the answer; several may have one name. */
export interface ShownAttribute {
  readonly name: string;
  readonly read: ReadValue;
  /** `x = nil` is in the query: a span without the attribute shows it as "nil". */
  readonly showNil: boolean;
  /** Of several values (events, links, arrays) one is shown that satisfies a condition of the query. */
  readonly conditions: readonly Condition[];
}

export interface ShownAttributes {
  /** Whether a span's name is shown (in a field of its own): the query refers to it and it satisfies a condition. */
  readonly name: { readonly shown: boolean; readonly conditions: readonly Condition[] };
  readonly attributes: readonly ShownAttribute[];
}

type Condition = (value: Value) => boolean;

interface Mention {
  readonly reference: Reference;
  showNil: boolean;
  /** Mentioned otherwise than in a comparison with a literal: shown whatever its value is. */
  always: boolean;
  readonly conditions: Condition[];
}

/** Intrinsics that have fields of their own, or belong to the trace. */
const NOT_REPEATED: ReadonlySet<string> = new Set([
  'name',
  'duration',
  'traceDuration',
  'rootName',
  'rootServiceName',
  'traceId',
  'spanId',
]);

export function shownAttributes(pipeline: Pipeline): ShownAttributes {
  const found = new Map<string, Mention>();
  const add: Add = (reference, showNil, condition) => {
    const key = reference.kind === 'attribute' ? `${reference.scope}.${reference.name}` : reference.name;
    let mention = found.get(key);
    if (!mention) found.set(key, (mention = { reference, showNil: false, always: false, conditions: [] }));
    mention.showNil ||= showNil;
    if (condition) mention.conditions.push(condition);
    else if (!showNil) mention.always = true;
  };
  for (const stage of pipeline.stages) visitStage(stage, add);
  const attributes: ShownAttribute[] = [];
  for (const { reference, showNil, always, conditions: some } of found.values()) {
    const conditions = always ? [] : some;
    if (reference.kind === 'attribute') attributes.push(...shownAttribute(reference, showNil, conditions));
    else if (!NOT_REPEATED.has(reference.name)) {
      attributes.push({
        name: printReference(reference),
        read: compileValue(reference),
        showNil: false,
        conditions,
      });
    }
  }
  const name = found.get('name');
  return {
    name: { shown: name !== undefined, conditions: name === undefined || name.always ? [] : name.conditions },
    attributes,
  };
}

/** Of an unscoped name both are shown, the span's and the resource's. */
function shownAttribute(
  reference: Attribute,
  showNil: boolean,
  conditions: readonly Condition[],
): ShownAttribute[] {
  const { name, scope } = reference;
  if (scope !== 'none') return [{ name, read: compileValue(reference), showNil, conditions }];
  const span = compileValue({ ...reference, scope: 'span' });
  const either = compileValue(reference);
  const resource = compileValue({ ...reference, scope: 'resource' });
  const own = (c: SpanCursor) => (span(c) === undefined ? undefined : resource(c));
  return [
    { name, read: either, showNil, conditions },
    { name, read: own, showNil: false, conditions },
  ];
}

type Add = (reference: Reference, showNil: boolean, condition: Condition | undefined) => void;

function visitStage(stage: Stage, add: Add): void {
  switch (stage.kind) {
    case 'by':
      visitField(stage.expression, add);
      return;
    case 'select':
      for (const reference of stage.references) add(reference, false, undefined);
      return;
    case 'scalar-filter':
      if (stage.expression) visitField(stage.expression, add);
      return;
    case 'coalesce':
      return;
    default:
      visitSpansets(stage, add);
  }
}

function visitSpansets(node: SpansetExpression, add: Add): void {
  if (node.kind === 'filter') visitField(node.expression, add);
  else if (node.kind === 'wrapped') for (const stage of node.pipeline.stages) visitStage(stage, add);
  else {
    visitSpansets(node.left, add);
    visitSpansets(node.right, add);
  }
}

function visitField(node: FieldExpression, add: Add): void {
  if (node.kind === 'unary') visitField(node.operand, add);
  else if (node.kind === 'binary') {
    const { op, left, right } = node;
    const literal = left.kind === 'literal' ? left : right.kind === 'literal' ? right : undefined;
    const other = left.kind === 'literal' ? right : left;
    const isReference = other.kind === 'attribute' || other.kind === 'intrinsic';
    if (isReference && literal?.type === 'nil')
      add(other, op === '=' && other.kind === 'attribute', undefined);
    else if (isReference && literal && literal === right && isComparison(op)) {
      add(other, false, conditionOf(op, literal));
    } else {
      visitField(left, add);
      visitField(right, add);
    }
  } else if (node.kind !== 'literal') add(node, false, undefined);
}

const COMPARISONS: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=', '=~', '!~']);

function isComparison(op: string): op is ComparisonOperator {
  return COMPARISONS.has(op);
}

function conditionOf(op: ComparisonOperator, literal: Literal): Condition {
  const regex =
    (op === '=~' || op === '!~') && literal.type === 'string' ? compileAnchored(literal.value) : undefined;
  const test = regex && ((text: string) => regex.test(text));
  return (value) => compareValues(op, value, literalValue(literal), test);
}

export function showsName(shown: ShownAttributes, cursor: SpanCursor): boolean {
  const { shown: mentioned, conditions } = shown.name;
  if (!mentioned || conditions.length === 0) return mentioned;
  const value = readName(cursor)!;
  return conditions.some((holds) => holds(value));
}

const readName = compileValue({ kind: 'intrinsic', name: 'name', at: 0 });

/** The shown values of the span under the cursor. */
export function readShown(
  shown: ShownAttributes,
  cursor: SpanCursor,
): (readonly [name: string, value: Value])[] {
  const out: [string, Value][] = [];
  for (const { name, read, showNil, conditions } of shown.attributes) {
    const value = read(cursor);
    if (value === undefined) {
      if (showNil) out.push([name, { type: 'string', value: 'nil' }]);
    } else if (value.type === 'many') {
      const fitting =
        conditions.length === 0
          ? value.values
          : value.values.filter((v) => conditions.some((holds) => holds(v)));
      if (fitting.length > 0) out.push([name, fitting.at(-1)!]);
    } else if (value.type !== 'opaque') out.push([name, value]);
  }
  return out;
}
