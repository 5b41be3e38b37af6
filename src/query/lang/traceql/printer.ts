/**
 * The canonical text of a query. What is printed parses to the same tree; nested operations are parenthesised. The
 * text of a grouping or an aggregate is also the name of the attribute that it puts on spansets.
 */

import { formatGoDuration } from '../../../model/duration.ts';
import { formatFloat } from '../../../model/float-format.ts';
import { quote } from '../../../model/go-string.ts';
import { formatNumber } from '../literals.ts';
import type {
  FieldExpression,
  Hint,
  IntrinsicName,
  Literal,
  MetricExpression,
  MetricScalar,
  Pipeline,
  Query,
  Reference,
  SpansetExpression,
  Stage,
} from './ast.ts';

const INT_MIN = -9223372036854775808n;
const PLAIN_NAME = /^[^\s{}()=~!<>&|^,"]+$/;

/** Of the intrinsics that have no other name than one with a scope. */
const SCOPED_SPELLINGS: Readonly<Partial<Record<IntrinsicName, string>>> = {
  traceId: 'trace:id',
  childCount: 'span:childCount',
  spanId: 'span:id',
  parentId: 'span:parentID',
  eventName: 'event:name',
  eventTimeSinceStart: 'event:timeSinceStart',
  linkTraceId: 'link:traceID',
  linkSpanId: 'link:spanID',
  instrumentationName: 'instrumentation:name',
  instrumentationVersion: 'instrumentation:version',
};

export function printReference(reference: Reference): string {
  if (reference.kind === 'intrinsic') return SCOPED_SPELLINGS[reference.name] ?? reference.name;
  const { scope, name } = reference;
  const plain = PLAIN_NAME.test(name) && !(scope === 'none' && /^[0-9]/.test(name));
  const text = plain ? name : `"${name.replace(/[\\"]/g, '\\$&')}"`;
  return scope === 'none' ? `.${text}` : `${scope}.${text}`;
}

function printLiteral(literal: Literal): string {
  switch (literal.type) {
    case 'string':
      return /[`\r]/.test(literal.value) ? quote(literal.value) : `\`${literal.value}\``;
    case 'int':
      // The least integer has no literal of its own: its digits alone are out of range.
      return literal.exact === INT_MIN ? 'minInt' : String(literal.exact ?? literal.value);
    case 'float':
      return printFloat(literal.value);
    case 'duration':
      return formatGoDuration(literal.value);
    case 'nil':
      return 'nil';
    default:
      return String(literal.value);
  }
}

/** With a point or an exponent, so that it reads back as a float; infinities and NaN as divisions that make them. */
function printFloat(value: number): string {
  if (Number.isNaN(value)) return '(0.0 / 0.0)';
  if (!Number.isFinite(value)) return value > 0 ? '(1.0 / 0.0)' : '(-1.0 / 0.0)';
  const text = formatFloat(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

export function printField(node: FieldExpression): string {
  switch (node.kind) {
    case 'literal':
      return printLiteral(node);
    case 'unary':
      return `${node.op}${wrapField(node.operand)}`;
    case 'binary':
      return `${printLeft(node.left, node.op)} ${node.op} ${wrapField(node.right)}`;
    default:
      return printReference(node);
  }
}

/** A minus takes in the products and powers behind it, so that a negative number is wrapped before these. */
function printLeft(node: FieldExpression, op: string): string {
  const text = wrapField(node);
  return text.startsWith('-') && '*/%^'.includes(op) ? `(${text})` : text;
}

function wrapField(node: FieldExpression): string {
  const text = printField(node);
  return node.kind === 'binary' || node.kind === 'unary' ? `(${text})` : text;
}

function printSpanset(node: SpansetExpression): string {
  switch (node.kind) {
    case 'filter':
      return `{ ${printField(node.expression)} }`;
    case 'wrapped':
      return `(${printPipeline(node.pipeline)})`;
    default:
      return `${wrapSpanset(node.left)} ${node.op} ${wrapSpanset(node.right)}`;
  }
}

function wrapSpanset(node: SpansetExpression): string {
  return node.kind === 'wrapped' ? printSpanset(node) : `(${printSpanset(node)})`;
}

export function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'by':
      return `by(${printField(stage.expression)})`;
    case 'select':
      return `select(${stage.references.map(printReference).join(', ')})`;
    case 'coalesce':
      return 'coalesce()';
    case 'scalar-filter':
      return `${printAggregate(stage.aggregate, stage.expression)} ${stage.op} ${printLiteral(stage.value)}`;
    default:
      return printSpanset(stage);
  }
}

/** `count()`, `avg(duration)`: also the name of the spanset attribute. */
export function printAggregate(name: string, expression: FieldExpression | undefined): string {
  return `${name}(${expression ? printField(expression) : ''})`;
}

function printPipeline(pipeline: Pipeline): string {
  return pipeline.stages.map(printStage).join(' | ');
}

function printMetrics(node: MetricExpression | MetricScalar): string {
  switch (node.kind) {
    case 'metric-scalar':
      return node.integer ? String(node.value) : printFloat(node.value);
    case 'metric-function': {
      const args = [
        ...(node.reference ? [printReference(node.reference)] : []),
        ...node.quantiles.map(formatNumber),
      ];
      const by = node.by.length > 0 ? ` by (${node.by.map(printReference).join(', ')})` : '';
      return `${printPipeline(node.pipeline)} | ${node.name}(${args.join(', ')})${by}`;
    }
    case 'compare': {
      const bounds = node.startNs !== 0n || node.endNs !== 0n ? `, ${node.startNs}, ${node.endNs}` : '';
      return `${printPipeline(node.pipeline)} | compare({ ${printField(node.selection)} }, ${node.topN}${bounds})`;
    }
    case 'metric-rank':
      return `${printInput(node.input)} | ${node.op}(${node.n})`;
    case 'metric-filter':
      return `${printInput(node.input)} ${node.op} ${printLiteral(node.literal)}`;
    default:
      return `(${printMetrics(node.left)}) ${node.op} (${printMetrics(node.right)})`;
  }
}

/** A second stage binds to all before it, except that a filter directly behind math must not join its operand. */
function printInput(node: MetricExpression): string {
  return node.kind === 'metric-math' ? `(${printMetrics(node)})` : printMetrics(node);
}

function printHints(hints: readonly Hint[]): string {
  if (hints.length === 0) return '';
  return ` with (${hints.map((h) => `${h.name}=${printLiteral(h.value)}`).join(', ')})`;
}

export function printQuery(query: Query): string {
  const body = query.kind === 'search' ? printPipeline(query.pipeline) : printMetrics(query.expression);
  return body + printHints(query.hints);
}
