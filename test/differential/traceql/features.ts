/** What a query is made of, for the rules that explain differences: its comparisons, operands and stages as flat lists. */

import type {
  Binary,
  FieldExpression,
  MetricExpression,
  MetricScalar,
  Pipeline,
  Query,
  Reference,
  Stage,
} from '../../../src/query/lang/traceql/ast.ts';
import { parseQuery } from '../../../src/query/lang/traceql/parser.ts';
import { printReference } from '../../../src/query/lang/traceql/printer.ts';

export interface Features {
  readonly query: Query;
  /** All operations inside braces, groupings and aggregates. */
  readonly operations: readonly Binary[];
  readonly negated: boolean;
  /** Everything that is referred to. */
  readonly references: readonly Reference[];
  /** Referred to otherwise than as one side of a comparison with a literal: as canonical text. */
  readonly bare: ReadonlySet<string>;
  /** Compared with a literal: canonical text. */
  readonly compared: ReadonlySet<string>;
  readonly stages: readonly Stage[];
  readonly metrics: readonly MetricExpression[];
  /** There is one filter, whose conditions are joined by `&&`, and no other stage. */
  readonly conjunction: boolean;
}

const ORDER_OR_EQUAL = new Set(['=', '!=', '<', '<=', '>', '>=', '=~', '!~']);
export const isComparison = ({ op }: Binary): boolean => ORDER_OR_EQUAL.has(op);

export function isReference(node: FieldExpression): node is Reference {
  return node.kind === 'attribute' || node.kind === 'intrinsic';
}

class Walk {
  readonly operations: Binary[] = [];
  readonly references: Reference[] = [];
  readonly bare = new Set<string>();
  readonly compared = new Set<string>();
  readonly stages: Stage[] = [];
  readonly metrics: MetricExpression[] = [];
  negated = false;

  refer(reference: Reference, compared = false): void {
    this.references.push(reference);
    (compared ? this.compared : this.bare).add(printReference(reference));
  }

  field(node: FieldExpression): void {
    if (isReference(node)) this.refer(node);
    else if (node.kind === 'unary') {
      if (node.op === '!') this.negated = true;
      this.field(node.operand);
    } else if (node.kind === 'binary') {
      this.operations.push(node);
      const { left, right } = node;
      if (isComparison(node) && isReference(left) && right.kind === 'literal') this.refer(left, true);
      else if (isComparison(node) && isReference(right) && left.kind === 'literal') this.refer(right, true);
      else {
        this.field(left);
        this.field(right);
      }
    }
  }

  stage(stage: Stage): void {
    this.stages.push(stage);
    switch (stage.kind) {
      case 'filter':
      case 'by':
        this.field(stage.expression);
        return;
      case 'select':
        for (const reference of stage.references) this.refer(reference);
        return;
      case 'scalar-filter':
        if (stage.expression) this.field(stage.expression);
        return;
      case 'wrapped':
        this.pipeline(stage.pipeline);
        return;
      case 'spanset-binary':
        this.stage(stage.left);
        this.stage(stage.right);
        return;
      default:
    }
  }

  pipeline({ stages }: Pipeline): void {
    for (const stage of stages) this.stage(stage);
  }

  metric(node: MetricExpression | MetricScalar): void {
    if (node.kind === 'metric-scalar') return;
    this.metrics.push(node);
    switch (node.kind) {
      case 'metric-function':
        if (node.reference) this.refer(node.reference);
        for (const reference of node.by) this.refer(reference);
        this.pipeline(node.pipeline);
        return;
      case 'compare':
        this.field(node.selection);
        this.pipeline(node.pipeline);
        return;
      case 'metric-math':
        this.metric(node.left);
        this.metric(node.right);
        return;
      default:
        this.metric(node.input);
    }
  }
}

function isConjunction(walk: Walk): boolean {
  return walk.stages.length <= 1 && !walk.operations.some(({ op }) => op === '||') && !walk.negated;
}

/** Undefined where the text is no query. */
export function featuresOf(text: string): Features | undefined {
  let query: Query;
  try {
    query = parseQuery(text);
  } catch {
    return undefined;
  }
  const walk = new Walk();
  if (query.kind === 'search') walk.pipeline(query.pipeline);
  else walk.metric(query.expression);
  const { operations, negated, references, bare, compared, stages, metrics } = walk;
  return {
    query,
    operations,
    negated,
    references,
    bare,
    compared,
    stages,
    metrics,
    conjunction: isConjunction(walk),
  };
}
