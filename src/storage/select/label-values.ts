/** Label names and values out of label sets. */

import { compareText, type Labels } from '../../model/labels.ts';

/** Sorted, distinct. */
export function namesOf(series: Iterable<Labels>): string[] {
  const names = new Set<string>();
  for (const labels of series) for (let i = 0; i < labels.pairs.length; i += 2) names.add(labels.pairs[i]!);
  return [...names].sort(compareText);
}

/** Sorted, distinct; at most `limit`, those that come first in the series. */
export function valuesOf(name: string, series: Iterable<Labels>, limit = Number.POSITIVE_INFINITY): string[] {
  const values = new Set<string>();
  for (const labels of series) {
    if (values.size >= limit) break;
    const value = labels.get(name);
    if (value !== '') values.add(value);
  }
  return [...values].sort(compareText);
}
