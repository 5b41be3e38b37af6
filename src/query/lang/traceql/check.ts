/**
 * The static rules: a filter is boolean, both sides of an operator have types that go together (int, float and
 * duration do; an attribute goes with everything), patterns are literals that compile, aggregates and groupings
 * look at the span. Intrinsics are never nil.
 */

import { TriliteError } from '../../../model/errors.ts';
import { compileAnchored } from '../../../model/regex.ts';
import type {
  Binary,
  FieldExpression,
  IntrinsicName,
  MetricExpression,
  MetricScalar,
  Pipeline,
  Query,
  Reference,
  Stage,
} from './ast.ts';
import { Fault } from './fault.ts';
import { printField } from './printer.ts';

type StaticType = 'any' | 'string' | 'int' | 'float' | 'duration' | 'bool' | 'status' | 'kind' | 'nil';

const INTRINSIC_TYPES: Readonly<Record<IntrinsicName, StaticType>> = {
  duration: 'duration',
  name: 'string',
  status: 'status',
  statusMessage: 'string',
  kind: 'kind',
  childCount: 'int',
  spanId: 'string',
  parentId: 'string',
  traceDuration: 'duration',
  rootName: 'string',
  rootServiceName: 'string',
  traceId: 'string',
  nestedSetLeft: 'int',
  nestedSetRight: 'int',
  nestedSetParent: 'int',
  eventName: 'string',
  eventTimeSinceStart: 'duration',
  linkTraceId: 'string',
  linkSpanId: 'string',
  // As the original has it: of any type until a span is looked at.
  instrumentationName: 'any',
  instrumentationVersion: 'any',
  parent: 'nil',
};

/** Returns the query; throws a `Fault` at the first rule it breaks. */
export function checkQuery(query: Query): Query {
  if (query.kind === 'search') checkPipeline(query.pipeline);
  else checkMetrics(query.expression);
  return query;
}

function checkMetrics(node: MetricExpression | MetricScalar): void {
  switch (node.kind) {
    case 'metric-function':
      checkPipeline(node.pipeline);
      if (node.reference) checkReference(node.reference);
      node.by.forEach(checkReference);
      return;
    case 'compare':
      checkPipeline(node.pipeline);
      checkFilter(node.selection);
      return;
    case 'metric-rank':
    case 'metric-filter':
      checkMetrics(node.input);
      return;
    case 'metric-math':
      checkMetrics(node.left);
      checkMetrics(node.right);
      return;
    default:
  }
}

function checkPipeline(pipeline: Pipeline): void {
  pipeline.stages.forEach(checkStage);
}

function checkStage(stage: Stage): void {
  switch (stage.kind) {
    case 'filter':
      checkFilter(stage.expression);
      return;
    case 'spanset-binary':
      checkStage(stage.left);
      checkStage(stage.right);
      return;
    case 'wrapped':
      checkPipeline(stage.pipeline);
      return;
    case 'by':
      typeOf(stage.expression);
      if (!refersToSpan(stage.expression)) {
        throw new Fault(
          `grouping expressions must reference the span: ${printField(stage.expression)}`,
          stage.at,
        );
      }
      return;
    case 'select':
      stage.references.forEach(checkReference);
      return;
    case 'scalar-filter':
      checkAggregate(stage.expression, stage.value, stage.at);
      return;
    default:
  }
}

function checkFilter(expression: FieldExpression): void {
  const type = typeOf(expression);
  if (type !== 'bool' && type !== 'any') {
    throw new Fault(
      `span filter field expressions must resolve to a boolean: { ${printField(expression)} }`,
      expression.at,
    );
  }
}

function checkAggregate(expression: FieldExpression | undefined, value: FieldExpression, at: number): void {
  if (expression !== undefined) {
    const type = typeOf(expression);
    if (!isNumeric(type) && type !== 'any') {
      throw new Fault(
        `aggregate field expressions must resolve to a number type: ${printField(expression)}`,
        at,
      );
    }
    if (!refersToSpan(expression)) {
      throw new Fault(`aggregate field expressions must reference the span: ${printField(expression)}`, at);
    }
  }
  if (!isNumeric(typeOf(value)))
    throw new Fault(`an aggregate is compared with a number, not ${printField(value)}`, at);
}

function checkReference(reference: Reference): StaticType {
  if (reference.kind === 'attribute') {
    if (reference.scope === 'parent') throw new Fault('parent not yet supported', reference.at);
    return 'any';
  }
  if (reference.name === 'parent') throw new Fault('parent not yet supported', reference.at);
  return INTRINSIC_TYPES[reference.name];
}

function refersToSpan(expression: FieldExpression): boolean {
  switch (expression.kind) {
    case 'unary':
      return refersToSpan(expression.operand);
    case 'binary':
      return refersToSpan(expression.left) || refersToSpan(expression.right);
    default:
      return expression.kind !== 'literal';
  }
}

function isNumeric(type: StaticType): boolean {
  return type === 'int' || type === 'float' || type === 'duration';
}

function typeOf(expression: FieldExpression): StaticType {
  switch (expression.kind) {
    case 'literal':
      return expression.type;
    case 'unary': {
      const type = typeOf(expression.operand);
      if (type !== 'any' && (expression.op === '!' ? type !== 'bool' : !isNumeric(type))) {
        throw new Fault(`illegal operation for the given type: ${printField(expression)}`, expression.at);
      }
      return type;
    }
    case 'binary':
      return typeOfBinary(expression);
    default:
      return checkReference(expression);
  }
}

const ARITHMETIC = new Set(['+', '-', '*', '/', '%', '^']);
const LOGICAL = new Set(['&&', '||']);
const EQUALITY = new Set(['=', '!=']);
const ORDER = new Set(['<', '<=', '>', '>=']);

function typeOfBinary(node: Binary): StaticType {
  const left = typeOf(node.left);
  const right = typeOf(node.right);
  if (node.op === '=~' || node.op === '!~') return checkPattern(node, left);
  const bothNumeric = isNumeric(left) && isNumeric(right);
  if (
    left !== right &&
    left !== 'any' &&
    right !== 'any' &&
    left !== 'nil' &&
    right !== 'nil' &&
    !bothNumeric
  ) {
    throw new Fault(`binary operations must operate on the same type: ${printField(node)}`, node.at);
  }
  if (!allowed(node.op, left) || !allowed(node.op, right)) {
    throw new Fault(`illegal operation for the given types: ${printField(node)}`, node.at);
  }
  if (node.op === '=' && (left === 'nil' || right === 'nil'))
    checkNeverNil(left === 'nil' ? node.right : node.left);
  if (!ARITHMETIC.has(node.op)) return 'bool';
  if (left === 'duration' || right === 'duration') return 'duration';
  if (left === 'any') return right;
  return right === 'float' ? 'float' : left;
}

/** Whether the operator may stand beside an operand of the type. */
function allowed(op: string, type: StaticType): boolean {
  switch (type) {
    case 'any':
      return true;
    case 'bool':
      return EQUALITY.has(op) || LOGICAL.has(op);
    case 'string':
      return EQUALITY.has(op) || ORDER.has(op);
    case 'status':
    case 'kind':
    case 'nil':
      return EQUALITY.has(op);
    default:
      return EQUALITY.has(op) || ORDER.has(op) || ARITHMETIC.has(op);
  }
}

function checkPattern(node: Binary, left: StaticType): StaticType {
  if (
    (left !== 'string' && left !== 'any') ||
    node.right.kind !== 'literal' ||
    node.right.type !== 'string'
  ) {
    throw new Fault(`illegal operation for the given types: ${printField(node)}`, node.at);
  }
  try {
    compileAnchored(node.right.value);
  } catch (error) {
    if (error instanceof TriliteError) throw new Fault(`invalid regex: ${error.message}`, node.right.at);
    throw error;
  }
  return 'bool';
}

function checkNeverNil(operand: FieldExpression): void {
  if (operand.kind === 'intrinsic') {
    throw new Fault(`${printField(operand)} = nil is not valid because intrinsics cannot be nil`, operand.at);
  }
  if (operand.kind === 'attribute' && operand.scope === 'resource' && operand.name === 'service.name') {
    throw new Fault('resource.service.name = nil is not valid because it cannot be nil', operand.at);
  }
}
