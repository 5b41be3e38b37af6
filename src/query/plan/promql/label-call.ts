/** PromQL's functions that change labels or the order of elements. */

import { TriliteError } from '../../../model/errors.ts';
import { type Labels, METRIC_NAME } from '../../../model/labels.ts';
import { compileReplace } from '../../../model/regex.ts';
import { compareNatural } from '../../exec/function/natural-order.ts';
import type { Column } from '../../exec/operator.ts';
import { compareValues, SortOperator } from '../../exec/sort.ts';
import type { Call } from '../../lang/promql/ast.ts';
import type { PlanNode, VectorNode } from '../nodes.ts';
import { isFixed, stringArgument } from './expr-shape.ts';
import { lowerInfo } from './info-call.ts';
import type { Lowering } from './lowering.ts';

/**
 * A value that a function makes may be so long. The original has no bound: a few calls within each other that each take
 * a value several times fill any memory.
 */
const MADE_VALUE_MAX_CHARS = 1024 * 1024;

export function lowerLabelCall(lowering: Lowering, call: Call): PlanNode | undefined {
  switch (call.name) {
    case 'label_replace':
      return lowerReplace(lowering, call);
    case 'label_join':
      return lowerJoin(lowering, call);
    case 'sort':
      return sortNode(lowering, call, compareValues(1), true);
    case 'sort_desc':
      return sortNode(lowering, call, compareValues(-1), true);
    case 'sort_by_label':
    case 'sort_by_label_desc':
      return sortNode(lowering, call, compareLabels(call), false);
    case 'info':
      return lowerInfo(lowering, call);
    default:
      return undefined;
  }
}

/** Any text is a label name but the empty one and what was no valid UTF-8 in the query. */
function checkLabelName(name: string, call: Call): void {
  if (name !== '' && name.isWellFormed()) return;
  const problem = `invalid destination label name in ${call.name}(): ${name}`;
  throw new TriliteError('execution', problem);
}

/** The vector with labels changed by `change`, series that come to be equal joined. */
function relabelled(
  lowering: Lowering,
  call: Call,
  destination: string,
  change: (labels: Labels) => Labels | undefined,
): VectorNode {
  const node: VectorNode = {
    kind: 'map',
    span: call.span,
    input: lowering.vector(call.args[0]!),
    params: [],
    apply: () => (column) => {
      const labels = change(column.labels);
      if (labels === undefined) return true;
      column.labels = labels;
      // A name that was given on purpose stays.
      if (destination === METRIC_NAME) column.dropName = false;
      return true;
    },
    name: 'keep',
  };
  return { kind: 'unique', span: call.span, input: node, mode: 'merge' };
}

function lowerReplace(lowering: Lowering, call: Call): VectorNode {
  const [destination, replacement, source, pattern] = call.args.slice(1).map(stringArgument) as [
    string,
    string,
    string,
    string,
  ];
  let replace: ReturnType<typeof compileReplace>;
  try {
    replace = compileReplace(pattern, replacement);
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    throw new TriliteError('execution', `invalid regular expression in label_replace(): ${pattern}`);
  }
  checkLabelName(destination, call);
  return relabelled(lowering, call, destination, (labels) => {
    const value = replace(labels.get(source));
    if (value === undefined) return undefined;
    checkLength(value.length, call);
    return labels.with(destination, value);
  });
}

function lowerJoin(lowering: Lowering, call: Call): VectorNode {
  const [destination, separator, ...sources] = call.args.slice(1).map(stringArgument) as [
    string,
    string,
    ...string[],
  ];
  for (const source of sources) {
    if (source !== '' && source.isWellFormed()) continue;
    throw new TriliteError('execution', `invalid source label name in label_join(): ${source}`);
  }
  checkLabelName(destination, call);
  return relabelled(lowering, call, destination, (labels) => {
    const values = sources.map((source) => labels.get(source));
    checkLength(
      values.reduce((sum, value) => sum + value.length + separator.length, 0),
      call,
    );
    return labels.with(destination, values.join(separator));
  });
}

function checkLength(chars: number, { name }: Call): void {
  if (chars <= MADE_VALUE_MAX_CHARS) return;
  const most = `the longest that may be made has ${MADE_VALUE_MAX_CHARS}`;
  throw new TriliteError('limit', `${name}() makes a label value of ${chars} characters: ${most}`);
}

function sortNode(
  lowering: Lowering,
  call: Call,
  compare: (a: Column, b: Column) => number,
  floatsOnly: boolean,
): VectorNode {
  return {
    kind: 'custom',
    label: call.name,
    span: call.span,
    inputs: [lowering.node(call.args[0]!)],
    operator: ([input], steps, context) => {
      const { startMs, endMs } = lowering.settings;
      // What is the same at every step is evaluated at one.
      if (steps.count > 1 || (steps.stepMs > 0 && startMs !== endMs && !isFixed(call))) {
        const text = 'sort is ineffective for range queries since results are always ordered by labels';
        context.annotations.warn(text, call.span);
      }
      return new SortOperator(input!, steps, { compare, floatsOnly }, context.budget);
    },
  };
}

/** Natural order of the named labels, then all labels. */
function compareLabels(call: Call): (a: Column, b: Column) => number {
  const names = call.args.slice(1).map(stringArgument);
  const direction = call.name === 'sort_by_label' ? 1 : -1;
  return (a, b) => {
    for (const name of names) {
      const d = compareNatural(a.labels.get(name), b.labels.get(name));
      if (d !== 0) return direction * d;
    }
    return direction * a.labels.compare(b.labels);
  };
}
