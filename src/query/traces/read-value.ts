/**
 * Reading one value of one span: compiles a reference or a field expression to a function of a cursor. The cursor
 * is one object that is moved from span to span. Undefined is nil: the span has no such thing.
 */

import { unreachable } from '../../base/assert.ts';
import { compileAnchored } from '../../model/regex.ts';
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import {
  type AttributeTable,
  type DictionaryColumn,
  lowerBound,
  occurrenceOf,
  type SpanGroup,
} from '../../model/span-group.ts';
import type {
  ArithmeticOperator,
  Attribute,
  Binary,
  ComparisonOperator,
  FieldExpression,
  IntrinsicName,
} from '../lang/traceql/ast.ts';
import { KIND_LIST, STATUS_LIST } from './column-match.ts';
import { levelOf } from './comparison-mask.ts';
import { hexOf, trimmedHex } from './ids.ts';
import { ROOT_PARENT } from './span-tree.ts';
import type { TraceView } from './trace-view.ts';
import {
  calculate,
  compareValues,
  complexValue,
  FALSE,
  intValue,
  literalValue,
  negate,
  TRUE,
  type Value,
} from './value.ts';

/** A span by its row; `view` and `index` where its whole trace is at hand. */
export interface SpanCursor {
  group: SpanGroup;
  row: number;
  view: TraceView | undefined;
  index: number;
}

export type ReadValue = (cursor: SpanCursor) => Value | undefined;

/** Intrinsics that only the whole trace can tell. */
const WHOLE_TRACE: ReadonlySet<IntrinsicName> = new Set([
  'traceDuration',
  'rootName',
  'rootServiceName',
  'childCount',
  'nestedSetLeft',
  'nestedSetRight',
  'nestedSetParent',
]);

/** Whether the expression needs the whole trace. */
export function needsTrace(expression: FieldExpression): boolean {
  switch (expression.kind) {
    case 'unary':
      return needsTrace(expression.operand);
    case 'binary':
      return needsTrace(expression.left) || needsTrace(expression.right);
    case 'intrinsic':
      return WHOLE_TRACE.has(expression.name);
    default:
      return false;
  }
}

export function compileValue(expression: FieldExpression): ReadValue {
  switch (expression.kind) {
    case 'literal': {
      const value = literalValue(expression);
      return () => value;
    }
    case 'unary': {
      const operand = compileValue(expression.operand);
      if (expression.op === '-') return (c) => negate(operand(c));
      return (c) => (isTrue(operand(c)) ? FALSE : TRUE);
    }
    case 'binary':
      return compileBinary(expression);
    case 'attribute':
      return compileAttribute(expression);
    default:
      return compileIntrinsic(expression.name);
  }
}

/** The same, but of several events or links that of the first that has it: what is counted and grouped by. */
export function compileSingleValue(expression: FieldExpression): ReadValue {
  const read = compileValue(expression);
  if (expression.kind !== 'attribute' && expression.kind !== 'intrinsic') return read;
  if (levelOf(expression) === 'span') return read;
  return (c) => {
    const value = read(c);
    return value?.type === 'many' ? value.values[0] : value;
  };
}

export function isTrue(value: Value | undefined): boolean {
  return value?.type === 'bool' ? value.value : value?.type === 'many' && value.values.some(isTrue);
}

function compileBinary(node: Binary): ReadValue {
  const left = compileValue(node.left);
  const right = compileValue(node.right);
  switch (node.op) {
    case '&&':
      return (c) => (isTrue(left(c)) && isTrue(right(c)) ? TRUE : FALSE);
    case '||':
      return (c) => (isTrue(left(c)) || isTrue(right(c)) ? TRUE : FALSE);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '^': {
      const op: ArithmeticOperator = node.op;
      return (c) => calculate(op, left(c), right(c));
    }
    default:
      return compileComparison(node, node.op, left, right);
  }
}

function isNil(expression: FieldExpression): boolean {
  return expression.kind === 'literal' && expression.type === 'nil';
}

function compileComparison(
  node: Binary,
  op: ComparisonOperator,
  left: ReadValue,
  right: ReadValue,
): ReadValue {
  if (isNil(node.left) || isNil(node.right)) {
    const operand = isNil(node.left) ? right : left;
    if (isNil(node.left) && isNil(node.right)) return () => FALSE;
    const ofSeveral = compileNilOfSeveral(isNil(node.left) ? node.right : node.left, op === '=');
    if (ofSeveral) return ofSeveral;
    return (c) => {
      const value = operand(c);
      if (value?.type === 'opaque') return FALSE;
      return (value === undefined) === (op === '=') ? TRUE : FALSE;
    };
  }
  const pattern = op === '=~' || op === '!~' ? node.right : undefined;
  const regex =
    pattern?.kind === 'literal' && pattern.type === 'string' ? compileAnchored(pattern.value) : undefined;
  const test = regex && ((text: string) => regex.test(text));
  return (c) => (compareValues(op, left(c), right(c), test) ? TRUE : FALSE);
}

/** Whether one of the span's events or links has no such attribute (or has one). Undefined for other operands. */
function compileNilOfSeveral(operand: FieldExpression, wantsNil: boolean): ReadValue | undefined {
  if (operand.kind !== 'attribute' || (operand.scope !== 'event' && operand.scope !== 'link'))
    return undefined;
  const { scope, name } = operand;
  return ({ group, row }) => {
    const owner = scope === 'event' ? group.events : group.links;
    const spanRows = owner.spanRows();
    for (let i = lowerBound(spanRows, row); spanRows[i] === row; i++) {
      const value = readAttribute(owner.attributes, name, i);
      if (value?.type !== 'opaque' && (value === undefined) === wantsNil) return TRUE;
    }
    return FALSE;
  };
}

/** The first value that a row of the table has for the key. */
export function readAttribute(table: AttributeTable, key: string, row: number): Value | undefined {
  for (const column of table.of(key)) {
    const at = occurrenceOf(column, row);
    if (at < 0) continue;
    switch (column.type) {
      case 'string': {
        const { indexes, strings } = column.values();
        return { type: 'string', value: strings[indexes[at]!]! };
      }
      case 'int':
        return intValue(column.values()[at]!, column.exact()?.[at]);
      case 'double':
        return { type: 'float', value: column.values()[at]! };
      case 'bool':
        return column.values()[at] === 1 ? TRUE : FALSE;
      case 'complex': {
        const { indexes, messages } = column.values();
        return complexValue(messages[indexes[at]!]!);
      }
      default:
        return unreachable(column, 'attribute column');
    }
  }
  return undefined;
}

function compileAttribute({ scope, name }: Attribute): ReadValue {
  switch (scope) {
    case 'span':
      return (c) => readAttribute(c.group.attributes, name, c.row);
    case 'resource':
      // A resource always has a service name, perhaps an empty one.
      if (name === 'service.name') return (c) => resourceValue(c, name) ?? { type: 'string', value: '' };
      return (c) => resourceValue(c, name);
    case 'instrumentation':
      return (c) => readAttribute(c.group.scopes.attributes, name, c.group.scopeRows()[c.row]!);
    case 'event':
      return (c) =>
        collect(c.group.events.spanRows(), c.row, (event) =>
          readAttribute(c.group.events.attributes, name, event),
        );
    case 'link':
      return (c) =>
        collect(c.group.links.spanRows(), c.row, (link) =>
          readAttribute(c.group.links.attributes, name, link),
        );
    default:
      return (c) => readAttribute(c.group.attributes, name, c.row) ?? resourceValue(c, name);
  }
}

function resourceValue(c: SpanCursor, name: string): Value | undefined {
  return readAttribute(c.group.resources.attributes, name, c.group.resourceRows()[c.row]!);
}

/** The values of a span's events or links. */
function collect(
  spanRows: Uint32Array,
  row: number,
  read: (at: number) => Value | undefined,
): Value | undefined {
  const values: Value[] = [];
  for (let i = lowerBound(spanRows, row); spanRows[i] === row; i++) {
    const value = read(i);
    if (value?.type === 'many') values.push(...value.values);
    else if (value !== undefined && value.type !== 'opaque') values.push(value);
  }
  if (values.length === 0) return undefined;
  return values.length === 1 ? values[0] : { type: 'many', values };
}

function text({ indexes, strings }: DictionaryColumn, row: number): Value {
  return { type: 'string', value: strings[indexes[row]!]! };
}

const ns = (value: number): Value => ({ type: 'duration', value });

function compileIntrinsic(name: IntrinsicName): ReadValue {
  switch (name) {
    case 'duration':
      return (c) => ns(c.group.durationsNs()[c.row]!);
    case 'name':
      return (c) => text(c.group.names(), c.row);
    case 'status':
      return (c) => ({ type: 'status', value: STATUS_LIST[c.group.statusCodes()[c.row]!] ?? 'unset' });
    case 'statusMessage':
      return (c) => text(c.group.statusMessages(), c.row);
    case 'kind':
      return (c) => ({ type: 'kind', value: KIND_LIST[c.group.kinds()[c.row]!] ?? 'unspecified' });
    case 'spanId':
      return (c) => ({
        type: 'string',
        value: hexOf(c.group.spanIds(), c.row * SPAN_ID_BYTES, SPAN_ID_BYTES),
      });
    case 'parentId':
      return (c) => ({
        type: 'string',
        value: hexOf(c.group.parentIds(), c.row * SPAN_ID_BYTES, SPAN_ID_BYTES),
      });
    case 'traceId':
      return (c) => traceIdValue(c.group.traceIds(), c.row);
    case 'instrumentationName':
      return (c) => text(c.group.scopes.names(), c.group.scopeRows()[c.row]!);
    case 'instrumentationVersion':
      return (c) => text(c.group.scopes.versions(), c.group.scopeRows()[c.row]!);
    case 'eventName':
      return ({ group, row }) => collect(group.events.spanRows(), row, (e) => text(group.events.names(), e));
    case 'eventTimeSinceStart':
      return ({ group, row }) =>
        collect(group.events.spanRows(), row, (e) => ns(group.events.sinceStartNs()[e]!));
    case 'linkTraceId':
      return ({ group, row }) =>
        collect(group.links.spanRows(), row, (l) => traceIdValue(group.links.traceIds(), l));
    case 'linkSpanId':
      return ({ group, row }) =>
        collect(group.links.spanRows(), row, (l) => idValue(group.links.spanIds(), l, SPAN_ID_BYTES));
    default:
      return compileTraceIntrinsic(name);
  }
}

function traceIdValue(ids: Uint8Array, at: number): Value {
  return { type: 'string', value: trimmedHex(ids, at * TRACE_ID_BYTES, TRACE_ID_BYTES) };
}

function idValue(ids: Uint8Array, at: number, length: number): Value {
  return { type: 'string', value: hexOf(ids, at * length, length) };
}

function compileTraceIntrinsic(name: IntrinsicName): ReadValue {
  const of =
    (read: (view: TraceView, i: number) => Value): ReadValue =>
    (c) =>
      c.view === undefined ? undefined : read(c.view, c.index);
  switch (name) {
    case 'traceDuration':
      return of((view) => ns(view.traceDurationNs));
    case 'rootName':
      return of((view) => ({ type: 'string', value: view.rootName }));
    case 'rootServiceName':
      return of((view) => ({ type: 'string', value: view.rootServiceName }));
    case 'childCount':
      return of((view, i) => intValue(view.tree.childCounts[i]!));
    case 'nestedSetLeft':
      return of((view, i) => intValue(view.tree.left[i]!));
    case 'nestedSetRight':
      return of((view, i) => intValue(view.tree.right[i]!));
    case 'nestedSetParent':
      return of(({ tree }, i) => {
        const parent = tree.parents[i]!;
        return intValue(parent >= 0 ? tree.left[parent]! : parent === ROOT_PARENT ? -1 : 0);
      });
    default:
      return () => undefined;
  }
}
