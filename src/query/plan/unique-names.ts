/**
 * Which plans need a check for equal label sets once the metric name is gone: only those whose series may differ
 * in nothing but the name. A selector that names its metric is free of that, so the common case streams.
 */

import { METRIC_NAME } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { PlanNode, RangeSource, VectorNode } from './nodes.ts';

/** `node` drops the name of what `input` yields; adds the check where it can fail. */
export function uniqueAfterNameDrop(
  node: VectorNode,
  input: PlanNode | RangeSource,
  mode: 'merge' | 'refuse',
): VectorNode {
  return mayDifferInNameOnly(input) ? { kind: 'unique', span: node.span, input: node, mode } : node;
}

function namesMetric(matchers: readonly Matcher[]): boolean {
  return matchers.some((m) => m.name === METRIC_NAME && m.type === '=' && m.value !== '');
}

function mayDifferInNameOnly(node: PlanNode | RangeSource): boolean {
  switch (node.kind) {
    case 'instant_select':
    case 'range_select':
      return !namesMetric(node.matchers);
    case 'subquery':
    case 'fixed':
    case 'topk':
    case 'limit':
      return mayDifferInNameOnly(node.input);
    case 'range':
      return node.name === 'keep' && mayDifferInNameOnly(node.source);
    case 'map':
      return node.name === 'keep' && mayDifferInNameOnly(node.input);
    case 'aggregate':
      return !node.grouping.without && node.grouping.labels.includes(METRIC_NAME);
    case 'vector_scalar':
      return node.options.op.comparison && !node.options.returnBool && mayDifferInNameOnly(node.vector);
    case 'unique':
      return mayDifferInNameOnly(node.input);
    case 'vector_of':
    case 'absent':
      return false;
    default:
      return true;
  }
}
