/** A label set as messages show it: `{__name__="up", job="a b"}`. */

import { quote } from '../../model/go-string.ts';
import type { Labels } from '../../model/labels.ts';

const PLAIN_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function labelsText(labels: Labels): string {
  const parts: string[] = [];
  const { pairs } = labels;
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]!;
    parts.push(`${PLAIN_NAME.test(name) ? name : quote(name)}=${quote(pairs[i + 1]!)}`);
  }
  return `{${parts.join(', ')}}`;
}
