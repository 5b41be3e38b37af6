/**
 * Which group of an aggregation, or which match group of a binary operator, a series belongs to: decided once per
 * series. Listed labels only (`by`, `on`), or all but the listed ones (`without`, `ignoring`), where the metric
 * name goes as well. A key string is built from the values; a label set only for the first series of a group.
 */

import { compareText, type Labels, METRIC_NAME } from '../../model/labels.ts';

export interface Grouping {
  readonly labels: readonly string[];
  /** True: keep all but `labels`. */
  readonly without: boolean;
}

export class GroupKeyer {
  readonly #without: boolean;
  /** Sorted, distinct. */
  readonly #names: readonly string[];

  constructor(grouping: Grouping) {
    this.#without = grouping.without;
    const names = new Set(grouping.labels);
    if (grouping.without) names.add(METRIC_NAME);
    this.#names = [...names].sort(compareText);
  }

  /** A string equal exactly for series of one group. */
  key(labels: Labels): string {
    const names = this.#names;
    const pairs = labels.pairs;
    let key = '';
    let n = 0;
    if (this.#without) {
      for (let i = 0; i < pairs.length; i += 2) {
        const name = pairs[i]!;
        while (n < names.length && compareText(names[n]!, name) < 0) n++;
        if (n < names.length && names[n] === name) continue;
        const value = pairs[i + 1]!;
        key += `${name.length}:${name}${value.length}:${value}`;
      }
      return key;
    }
    // Fast path: the value itself, whose hash is known mostly.
    if (names.length === 1) return labels.get(names[0]!);
    for (; n < names.length; n++) {
      const value = labels.get(names[n]!);
      key += `${value.length}:${value}`;
    }
    return key;
  }

  /** The labels that the group is named by. */
  groupLabels(labels: Labels): Labels {
    const names = this.#names;
    return labels.filter((name) => names.includes(name) !== this.#without);
  }
}
