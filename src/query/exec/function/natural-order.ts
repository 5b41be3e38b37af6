/** Natural order of text: runs of digits compare as numbers, all else as text. `a2` comes before `a10`. */

import { compareText } from '../../../model/labels.ts';

const RUNS = /\d+|\D+/g;

export function compareNatural(a: string, b: string): number {
  const x = a.match(RUNS) ?? [];
  const y = b.match(RUNS) ?? [];
  const n = Math.min(x.length, y.length);
  for (let i = 0; i < n; i++) {
    const d = compareRuns(x[i]!, y[i]!);
    if (d !== 0) return d;
  }
  return x.length - y.length;
}

function compareRuns(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compareText(a, b);
  // Digits of any length: without leading zeros, the longer one is larger.
  const x = a.replace(/^0+(?=\d)/, '');
  const y = b.replace(/^0+(?=\d)/, '');
  return x.length - y.length || compareText(x, y);
}
