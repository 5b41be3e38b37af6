/** The original's order of alerts: by job, instance and labels; and of labels, as of groups. */

import { compareText, type Labels } from '../model/labels.ts';

/** What alerts are sorted by first; one that has the label stands before one that has not. */
const FIRST_LABELS = ['job', 'instance'];

/** The order of alerts in a group, by their labels. */
export function compareAlerts(a: Labels, b: Labels): number {
  for (const name of FIRST_LABELS) {
    const x = a.get(name);
    const y = b.get(name);
    if (x === y) continue;
    if (x === '' || y === '') return x === '' ? 1 : -1;
    return compareText(x, y);
  }
  return compareLabels(a, b);
}

/** Fewer labels first; then by the first name, of all that there are, that only one has or that differs. */
export function compareLabels({ pairs: a }: Labels, { pairs: b }: Labels): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i += 2) {
    // The one that lacks the lower name comes first.
    const byName = compareText(b[i]!, a[i]!);
    if (byName !== 0) return byName;
    const byValue = compareText(a[i + 1]!, b[i + 1]!);
    if (byValue !== 0) return byValue;
  }
  return 0;
}
