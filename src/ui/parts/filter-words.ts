/** Which items some typed words find: all of them must be in it, in any case; `name=value` finds a label. */

import type { Labels } from '../../model/correlate/labels.ts';

/** Texts and label sets of one item. */
export interface Searched {
  readonly texts: readonly (string | undefined)[];
  readonly labels?: readonly Labels[];
}

export function findsWords(words: string, { texts, labels = [] }: Searched): boolean {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return true;
  const pairs = labels.flatMap((set) => Object.entries(set).map(([name, value]) => `${name}=${value}`));
  const all = [...texts.filter((text) => text !== undefined), ...pairs].join('\n').toLowerCase();
  return wanted.every((word) => all.includes(word.replaceAll('"', '')));
}
