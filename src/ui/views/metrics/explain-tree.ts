/** A parsed query as a tree of short texts: every part of it that can be evaluated by itself. */

import { quoted, quotedName } from '../../../model/correlate/labels.ts';
import { formatDuration } from '../../../model/duration.ts';

/** A node of `/api/v1/parse_query`, as far as it is shown. */
export interface ParsedNode {
  readonly type: string;
  readonly name?: string;
  readonly val?: string;
  readonly op?: string;
  readonly bool?: boolean;
  readonly func?: { readonly name: string };
  readonly args?: readonly ParsedNode[];
  readonly expr?: ParsedNode | null;
  readonly param?: ParsedNode | null;
  readonly lhs?: ParsedNode;
  readonly rhs?: ParsedNode;
  readonly grouping?: readonly string[] | null;
  readonly without?: boolean;
  readonly matching?: {
    readonly card: string;
    readonly labels: readonly string[] | null;
    readonly on: boolean;
    readonly include: readonly string[] | null;
  } | null;
  readonly matchers?: readonly { readonly name: string; readonly type: string; readonly value: string }[];
  /** Milliseconds. */
  readonly range?: number;
  readonly step?: number;
  readonly offset?: number;
}

export interface ExplainedNode {
  readonly kind: string;
  readonly text: string;
  readonly children: readonly ExplainedNode[];
}

const KINDS: Readonly<Record<string, string>> = {
  numberLiteral: 'number',
  stringLiteral: 'string',
  vectorSelector: 'selector',
  matrixSelector: 'range',
  subquery: 'subquery',
  call: 'function',
  aggregation: 'aggregation',
  binaryExpr: 'operator',
  unaryExpr: 'operator',
  parenExpr: 'parentheses',
};

export function explained(node: ParsedNode): ExplainedNode {
  // Parentheses say nothing that the tree does not.
  if (node.type === 'parenExpr' && node.expr) return explained(node.expr);
  const children = [node.lhs, node.rhs, node.param, node.expr, ...(node.args ?? [])];
  return {
    kind: KINDS[node.type] ?? node.type,
    text: textOf(node),
    children: children.filter((child) => child != null).map(explained),
  };
}

function textOf(node: ParsedNode): string {
  switch (node.type) {
    case 'numberLiteral':
      return node.val ?? '';
    case 'stringLiteral':
      return quoted(node.val ?? '');
    case 'vectorSelector':
      return selectorText(node) + offsetText(node);
    case 'matrixSelector':
      return `${selectorText(node)}[${formatDuration(node.range ?? 0)}]${offsetText(node)}`;
    case 'subquery':
      return `[${formatDuration(node.range ?? 0)}:${node.step ? formatDuration(node.step) : ''}]${offsetText(node)}`;
    case 'call':
      return `${node.func?.name ?? ''}()`;
    case 'aggregation':
      return `${node.op}${groupingText(node)}`;
    case 'binaryExpr':
      return `${node.op}${node.bool ? ' bool' : ''}${matchingText(node)}`;
    default:
      return node.op ?? '';
  }
}

function selectorText({ name = '', matchers = [] }: ParsedNode): string {
  const written = matchers
    .filter((matcher) => matcher.name !== '__name__' || matcher.value !== name)
    .map((matcher) => `${quotedName(matcher.name)}${matcher.type}${quoted(matcher.value)}`);
  return written.length === 0 && name !== '' ? name : `${name}{${written.join(', ')}}`;
}

function offsetText({ offset }: ParsedNode): string {
  return offset ? ` offset ${formatDuration(offset)}` : '';
}

function groupingText({ grouping, without }: ParsedNode): string {
  if (!without && (grouping?.length ?? 0) === 0) return '';
  return ` ${without ? 'without' : 'by'} (${(grouping ?? []).map(quotedName).join(', ')})`;
}

function matchingText({ matching }: ParsedNode): string {
  if (!matching) return '';
  const list = (labels: readonly string[] | null) => `(${(labels ?? []).map(quotedName).join(', ')})`;
  const by = matching.on ? 'on' : 'ignoring';
  const on = matching.on || (matching.labels?.length ?? 0) > 0 ? ` ${by} ${list(matching.labels)}` : '';
  const side = { 'many-to-one': 'group_left', 'one-to-many': 'group_right' }[matching.card];
  return side === undefined ? on : `${on} ${side} ${list(matching.include)}`;
}
