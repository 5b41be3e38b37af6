/** Queries that a query is made of, the most telling first: what a query that is answered otherwise is narrowed down to. */

import type {
  FieldExpression,
  MetricExpression,
  MetricScalar,
  Pipeline,
  Query,
  SpansetExpression,
  Stage,
} from '../../../src/query/lang/traceql/ast.ts';

const BOOLEAN = new Set(['&&', '||', '=', '!=', '<', '<=', '>', '>=', '=~', '!~']);

function isCondition(node: FieldExpression): boolean {
  return node.kind === 'binary' ? BOOLEAN.has(node.op) : node.kind === 'unary' && node.op === '!';
}

function smallerFields(node: FieldExpression): FieldExpression[] {
  if (node.kind === 'unary') return node.op === '!' && isCondition(node.operand) ? [node.operand] : [];
  if (node.kind !== 'binary') return [];
  const { left, right } = node;
  if (node.op === '&&' || node.op === '||') {
    return [
      ...[left, right].filter(isCondition),
      ...smallerFields(left).map((l) => ({ ...node, left: l })),
      ...smallerFields(right).map((r) => ({ ...node, right: r })),
    ];
  }
  const operands = (of: FieldExpression): FieldExpression[] =>
    of.kind === 'binary' && !isCondition(of) ? [of.left, of.right] : [];
  return [
    ...operands(left).map((l) => ({ ...node, left: l })),
    ...operands(right).map((r) => ({ ...node, right: r })),
  ];
}

function smallerSpansets(node: SpansetExpression): SpansetExpression[] {
  if (node.kind === 'filter') {
    return smallerFields(node.expression).map((expression) => ({ ...node, expression }));
  }
  if (node.kind === 'wrapped')
    return smallerPipelines(node.pipeline).map((pipeline) => ({ ...node, pipeline }));
  const { left, right } = node;
  return [
    left,
    right,
    ...smallerSpansets(left).map((l) => ({ ...node, left: l })),
    ...smallerSpansets(right).map((r) => ({ ...node, right: r })),
  ];
}

function isSpansets(stage: Stage): stage is SpansetExpression {
  return stage.kind === 'filter' || stage.kind === 'spanset-binary' || stage.kind === 'wrapped';
}

function smallerPipelines({ stages }: Pipeline): Pipeline[] {
  const out: Pipeline[] = [];
  for (let i = stages.length - 1; i >= 0; i--) {
    const others = stages.toSpliced(i, 1);
    // Without a filter first, only spans that have what the stages ask for are looked at there.
    if (others.length > 0 && (i > 0 || isSpansets(others[0]!))) out.push({ stages: others });
  }
  stages.forEach((stage, i) => {
    if (stage.kind === 'wrapped' && stages.length === 1) out.push(stage.pipeline);
    if (isSpansets(stage)) for (const s of smallerSpansets(stage)) out.push({ stages: stages.with(i, s) });
  });
  return out;
}

function smallerMetrics(node: MetricExpression | MetricScalar): MetricExpression[] {
  switch (node.kind) {
    case 'metric-scalar':
      return [];
    case 'metric-function': {
      const by = node.by.map((_, i) => ({ ...node, by: node.by.toSpliced(i, 1) }));
      return [...smallerPipelines(node.pipeline).map((pipeline) => ({ ...node, pipeline })), ...by];
    }
    case 'compare':
      return [
        ...smallerPipelines(node.pipeline).map((pipeline) => ({ ...node, pipeline })),
        ...smallerFields(node.selection).map((selection) => ({ ...node, selection })),
      ];
    case 'metric-math':
      return [node.left, node.right].filter((side) => side.kind !== 'metric-scalar');
    default:
      return [node.input, ...smallerMetrics(node.input).map((input) => ({ ...node, input }))];
  }
}

export function smallerQueries(query: Query): Query[] {
  const plain: Query[] = query.hints.length > 0 ? [{ ...query, hints: [] }] : [];
  if (query.kind === 'search')
    return [...plain, ...smallerPipelines(query.pipeline).map((pipeline) => ({ ...query, pipeline }))];
  return [...plain, ...smallerMetrics(query.expression).map((expression) => ({ ...query, expression }))];
}
