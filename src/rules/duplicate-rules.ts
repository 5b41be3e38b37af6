/** Rules of one file that write the same series: same name, same labels. Each overwrites what the other says. */

import { Labels } from '../model/labels.ts';
import { type GroupDefinition, rulesLabels } from './rule-group.ts';

export interface DuplicateRule {
  readonly name: string;
  /** Of the rule and its group. */
  readonly labels: Labels;
}

/** Ascending, each once. */
export function duplicateRules(groups: readonly GroupDefinition[]): DuplicateRule[] {
  const all = groups.flatMap((group) =>
    group.rules.map((rule) => ({
      name: rule.alert || rule.record,
      labels: Labels.from(Object.entries(rulesLabels(group, rule))),
    })),
  );
  all.sort(compare);
  // Of a run of equal ones the second stands for all.
  return all.filter(
    (rule, i) => i > 0 && compare(all[i - 1]!, rule) === 0 && (i === 1 || compare(all[i - 2]!, rule) !== 0),
  );
}

function compare(a: DuplicateRule, b: DuplicateRule): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.labels.compare(b.labels);
}
