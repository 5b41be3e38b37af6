/** Names of the series of one answer: what all of them share is said once, each is called by what is its own. */

import { type Labels, labelsText } from '../../../model/correlate/labels.ts';

export interface SeriesNames {
  /** Labels that every series has with the same value; empty for a single series. */
  readonly common: Labels;
  /** In the order of the series. */
  readonly names: readonly string[];
}

export function seriesNames(all: readonly Labels[]): SeriesNames {
  if (all.length < 2) return { common: {}, names: all.map(labelsText) };
  const common: Record<string, string> = {};
  for (const [name, value] of Object.entries(all[0]!)) {
    if (all.every((labels) => labels[name] === value)) common[name] = value;
  }
  return { common, names: all.map((labels) => labelsText(without(labels, common))) };
}

function without(labels: Labels, common: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !Object.hasOwn(common, name)));
}
