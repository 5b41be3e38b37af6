/**
 * Who meets whom in a binary operator: the columns of both sides by match signature, and the labels of a result.
 * Decided once per series; the operator then loops over numbers.
 */

import type { Labels } from '../../model/labels.ts';
import { GroupKeyer } from './grouping.ts';
import { withoutMetricName } from './metric-name.ts';
import type { Column } from './operator.ts';

export interface VectorMatching {
  /** `many-to-one` is `group_left`, `one-to-many` `group_right`. */
  readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many';
  /** True: match on `labels` only; false: on all but these and the metric name. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Labels that the result takes from the "one" side. */
  readonly include: readonly string[];
  /** Stand-ins for a missing element of a side; undefined where it stays missing. */
  readonly fillLeft?: number | undefined;
  readonly fillRight?: number | undefined;
}

/** The columns of one signature. */
export interface MatchGroup {
  /** The labels that make the signature. */
  readonly labels: Labels;
  readonly left: Column[];
  readonly right: Column[];
}

export function matchGroups(
  left: readonly Column[],
  right: readonly Column[],
  matching: VectorMatching,
): MatchGroup[] {
  const keyer = new GroupKeyer({ labels: matching.labels, without: !matching.on });
  const groups = new Map<string, MatchGroup>();
  const groupOf = (column: Column): MatchGroup => {
    const key = keyer.key(column.labels);
    let group = groups.get(key);
    if (group === undefined) {
      group = { labels: keyer.groupLabels(column.labels), left: [], right: [] };
      groups.set(key, group);
    }
    return group;
  };
  for (const column of left) groupOf(column).left.push(column);
  for (const column of right) groupOf(column).right.push(column);
  return [...groups.values()];
}

/**
 * Labels of a result. `many` is the side whose labels it keeps (the left one in one-to-one), `one` the other; where
 * a fill value stands in for a side, its labels are those that make the signature.
 */
export function resultLabels(many: Labels, one: Labels, matching: VectorMatching, dropName: boolean): Labels {
  let labels = dropName ? withoutMetricName(many) : many;
  if (matching.card === 'one-to-one') {
    const listed = matching.labels;
    labels = labels.filter((name) => listed.includes(name) === matching.on);
  }
  for (const name of matching.include) labels = labels.with(name, one.get(name));
  return labels;
}
