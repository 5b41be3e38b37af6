/** From the text of a request to what the searches take: the only place where trace services meet the language. */

import { TriliteError } from '../../model/errors.ts';
import type { FieldExpression, IntrinsicName, Pipeline, Query, Reference } from '../lang/traceql/ast.ts';
import { parseQuery, parseReference } from '../lang/traceql/parser.ts';
import { printReference } from '../lang/traceql/printer.ts';

export type TagReference = Reference;

/** Parses with the words that Tempo puts before a refusal. */
function parseTraceql(text: string): Query {
  try {
    return parseQuery(text);
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    throw new TriliteError(error.kind, `invalid TraceQL query: ${error.message}`, error.span);
  }
}

/** The pipeline that a query selects spans with; of a metrics query the one that it measures. */
export function searchPipeline(text: string): Pipeline {
  const query = parseTraceql(text);
  if (query.kind === 'search') return query.pipeline;
  let node = query.expression;
  for (;;) {
    if (node.kind === 'metric-function' || node.kind === 'compare') return node.pipeline;
    if (node.kind !== 'metric-math') node = node.input;
    else if (node.left.kind !== 'metric-scalar') node = node.left;
    else if (node.right.kind !== 'metric-scalar') node = node.right;
    else throw new TriliteError('bad_data', 'the query selects no spans');
  }
}

/** The one filter of a query; throws `bad_data` where it is anything else. */
export function singleFilter(text: string): FieldExpression {
  const query = parseTraceql(text);
  const [stage, ...rest] = query.kind === 'search' ? query.pipeline.stages : [];
  if (stage?.kind === 'filter' && rest.length === 0) {
    refuseTraceIntrinsics(stage.expression);
    return stage.expression;
  }
  throw new TriliteError('bad_data', 'invalid TraceQL filter: only a single TraceQL filter is supported');
}

/** Such a filter is asked of single spans, which do not know of their trace. */
const NOT_OF_A_SPAN: ReadonlySet<IntrinsicName> = new Set([
  'childCount',
  'traceDuration',
  'traceId',
  'rootName',
  'rootServiceName',
  'nestedSetLeft',
  'nestedSetRight',
  'nestedSetParent',
]);

function refuseTraceIntrinsics(node: FieldExpression): void {
  if (node.kind === 'unary') refuseTraceIntrinsics(node.operand);
  else if (node.kind === 'binary') {
    refuseTraceIntrinsics(node.left);
    refuseTraceIntrinsics(node.right);
  } else if (node.kind === 'intrinsic' && NOT_OF_A_SPAN.has(node.name)) {
    const name = JSON.stringify(printReference(node));
    throw new TriliteError(
      'bad_data',
      `invalid TraceQL filter: intrinsic is not supported by this filter: ${name}`,
    );
  }
}

/**
 * The filter by which tags are narrowed. A query builder sends filters that are not finished: their finished
 * conditions count, and what is no filter narrows nothing and is no error.
 */
export function tagFilter(text: string): FieldExpression | undefined {
  if (text.trim() === '') return undefined;
  return firstFilter(text) ?? firstFilter(finishedPart(text));
}

function firstFilter(text: string): FieldExpression | undefined {
  try {
    const query = parseQuery(text);
    const first = query.kind === 'search' ? query.pipeline.stages[0] : undefined;
    return first?.kind === 'filter' ? first.expression : undefined;
  } catch (error) {
    if (error instanceof TriliteError) return undefined;
    throw error;
  }
}

/** The conditions joined by `&&` in the one pair of braces that parse by themselves, as a query. */
function finishedPart(text: string): string {
  const inside = /^\s*\{([^{}]*)\}?\s*$/.exec(text)?.[1];
  if (inside === undefined) return '';
  const finished = inside
    .split('&&')
    .filter((part) => part.trim() !== '' && firstFilter(`{${part}}`) !== undefined);
  return finished.length === 0 ? '' : `{${finished.join('&&')}}`;
}

/** Names of the first API version that mean intrinsics. */
const OLD_INTRINSICS: Readonly<Record<string, IntrinsicName>> = {
  name: 'name',
  statusMessage: 'statusMessage',
  rootName: 'rootName',
  rootServiceName: 'rootServiceName',
  'root.name': 'rootName',
  'root.service.name': 'rootServiceName',
  'status.code': 'status',
};

/** A tag of the first API version: a few intrinsics; all else, also what looks like TraceQL, is the name of an attribute without scope. */
export function oldTagReference(name: string): Reference {
  const intrinsic = OLD_INTRINSICS[name];
  return intrinsic !== undefined
    ? { kind: 'intrinsic', name: intrinsic, at: 0 }
    : { kind: 'attribute', scope: 'none', name, at: 0 };
}

export function tagReference(name: string): Reference {
  try {
    const reference = parseReference(name);
    if (reference.kind === 'attribute' ? reference.scope !== 'parent' : reference.name !== 'parent') {
      return reference;
    }
    throw new TriliteError('bad_data', 'parent not yet supported');
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    const why = `failed to parse identifier ${name}: ${error.message}`;
    throw new TriliteError('bad_data', `please provide a valid tagName: ${why}`);
  }
}
