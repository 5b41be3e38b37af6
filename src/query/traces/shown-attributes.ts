/**
 * What an answer shows of a matching span beside its id and times: the attributes and intrinsics that the query
 * refers to and the span has.
 */

import { compileAnchored } from '../../model/regex.ts';
import type {
  Attribute,
  AttributeScope,
  ComparisonOperator,
  FieldExpression,
  Literal,
  Pipeline,
  Reference,
  SpansetExpression,
  Stage,
} from '../lang/traceql/ast.ts';
import { printReference } from '../lang/traceql/printer.ts';
import { levelOf } from './comparison-mask.ts';
import { compileValue, type ReadValue, type SpanCursor } from './read-value.ts';
import { compareValues, literalValue, type Value } from './value.ts';

/** Reads one attribute of the answer; several may have one name. */
export interface ShownAttribute {
  readonly name: string;
  readonly read: ReadValue;
  /** `x = nil` is in the query: a span without the attribute shows it as "nil". */
  readonly showNil: boolean;
  /** What is shown of an array is its elements that satisfy one of them; of the values of several events or links the last. */
  readonly conditions: readonly Condition[];
  /** A span may have it several times. */
  readonly several: boolean;
}

export interface ShownAttributes {
  /** Whether a span's name is shown (in a field of its own): the query refers to it and it satisfies a condition. */
  readonly name: { readonly shown: boolean; readonly conditions: readonly Condition[] };
  readonly attributes: readonly ShownAttribute[];
}

type Condition = (value: Value) => boolean;

/** What stands beside each other in storage: the conditions on attributes of one owner let all its attributes through that satisfy any of them. */
type Owner = Exclude<AttributeScope, 'none' | 'parent'>;

/** Undefined where something asks for values whatever they are. */
type Conditions = Condition[] | undefined;

interface Mention {
  readonly reference: Reference;
  showNil: boolean;
  conditions: Conditions;
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
  const owners = new Map<Owner, Conditions>();
  const add: Add = (reference, showNil, condition) => {
    const key = reference.kind === 'attribute' ? `${reference.scope}.${reference.name}` : reference.name;
    const mention = found.get(key) ?? { reference, showNil: false, conditions: [] };
    found.set(key, mention);
    mention.showNil ||= showNil;
    if (showNil) return;
    mention.conditions = joined(mention.conditions, condition);
    for (const owner of ownersOf(reference)) {
      owners.set(owner, joined(owners.has(owner) ? owners.get(owner) : [], condition));
    }
  };
  for (const stage of pipeline.stages) visitStage(stage, add);
  const attributes = [...found.values()].flatMap((mention) => shownBy(mention, owners));
  const name = found.get('name');
  return { name: { shown: name !== undefined, conditions: name?.conditions ?? [] }, attributes };
}

function joined(conditions: Conditions, condition: Condition | undefined): Conditions {
  return conditions === undefined || condition === undefined ? undefined : [...conditions, condition];
}

function ownersOf(reference: Reference): readonly Owner[] {
  if (reference.kind === 'intrinsic' || reference.scope === 'parent') return [];
  return reference.scope === 'none' ? ['span', 'resource'] : [reference.scope];
}

function shownBy({ reference, showNil, conditions }: Mention, owners: ReadonlyMap<Owner, Conditions>) {
  if (reference.kind === 'attribute') return shownAttribute(reference, showNil, owners);
  if (NOT_REPEATED.has(reference.name)) return [];
  const name = printReference(reference);
  const several = levelOf(reference) !== 'span';
  return [{ name, read: compileValue(reference), showNil: false, conditions: conditions ?? [], several }];
}

/** Of an unscoped name both are shown, the span's and the resource's. */
function shownAttribute(
  reference: Attribute,
  showNil: boolean,
  owners: ReadonlyMap<Owner, Conditions>,
): ShownAttribute[] {
  const { name, scope } = reference;
  const of = (owner: Owner): ShownAttribute => {
    const read = compileValue({ ...reference, scope: owner });
    const several = owner === 'event' || owner === 'link';
    return { name, read, showNil, conditions: owners.get(owner) ?? [], several };
  };
  if (scope !== 'none') return scope === 'parent' ? [] : [of(scope)];
  const [span, resource] = [of('span'), of('resource')];
  if (!showNil) return [span, resource];
  const either = compileValue(reference);
  const none = { name, read: either, showNil: true, conditions: [() => false], several: false };
  return [{ ...span, showNil: false }, { ...resource, showNil: false }, none];
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
    else if (isReference && literal && isComparison(op)) {
      add(other, false, conditionOf(other, literal === right ? op : flipped(op), literal));
    } else {
      visitField(left, add);
      visitField(right, add);
    }
  } else if (node.kind !== 'literal') add(node, false, undefined);
}

const FLIPPED: Readonly<Partial<Record<ComparisonOperator, ComparisonOperator>>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** The operator of the same comparison with its sides exchanged. */
function flipped(op: ComparisonOperator): ComparisonOperator {
  return FLIPPED[op] ?? op;
}

const COMPARISONS: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=', '=~', '!~']);

function isComparison(op: string): op is ComparisonOperator {
  return COMPARISONS.has(op);
}

/** Of attributes the types are strict, as in filters: an int is no float. */
function conditionOf(reference: Reference, op: ComparisonOperator, literal: Literal): Condition {
  const regex =
    (op === '=~' || op === '!~') && literal.type === 'string' ? compileAnchored(literal.value) : undefined;
  const test = regex && ((text: string) => regex.test(text));
  const holds: Condition = (value) => compareValues(op, value, literalValue(literal), test);
  return reference.kind === 'intrinsic' ? holds : (value) => value.type === literal.type && holds(value);
}

export function showsName(shown: ShownAttributes, cursor: SpanCursor): boolean {
  const { shown: mentioned, conditions } = shown.name;
  if (!mentioned || conditions.length === 0) return mentioned;
  const value = readName(cursor)!;
  return conditions.some((holds) => holds(value));
}

function isShown(conditions: readonly Condition[], value: Value): boolean {
  return conditions.length === 0 || conditions.some((holds) => holds(value));
}

const readName = compileValue({ kind: 'intrinsic', name: 'name', at: 0 });

/** The shown values of the span under the cursor. */
export function readShown(
  shown: ShownAttributes,
  cursor: SpanCursor,
): (readonly [name: string, value: Value])[] {
  const out: [string, Value][] = [];
  for (const { name, read, showNil, conditions, several } of shown.attributes) {
    const value = read(cursor);
    if (value === undefined) {
      if (showNil) out.push([name, { type: 'string', value: 'nil' }]);
    } else if (value.type === 'many') {
      const fitting = value.values.filter((v) => isShown(conditions, v));
      if (several || fitting.length === 1) fitting.splice(0, fitting.length - 1);
      if (fitting.length > 0)
        out.push([name, fitting.length === 1 ? fitting[0]! : { type: 'many', values: fitting }]);
    } else if (value.type !== 'opaque' && isShown(conditions, value)) out.push([name, value]);
  }
  return out;
}
