/** What taking an option does to the text. */

import type { Edit } from './brackets.ts';
import type { CompletionOption } from './completion.ts';
import type { Offer } from './suggestions.ts';

const OPENING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/**
 * Replaces the word around `at`. A closing bracket that stands behind it already is not doubled: the editor may have put it there
 * with the opening one.
 */
export function acceptedOption(
  text: string,
  at: number,
  { from, behind }: Pick<Offer, 'from' | 'behind'>,
  { label, insert = label, caretBack = 0 }: CompletionOption,
): Edit {
  const end = Math.min(text.length, at + behind);
  const to = closesMore(insert) && text[end] === insert.at(-1) ? end + 1 : end;
  const caret = from + insert.length - caretBack;
  return { from, to, insert, selection: { from: caret, to: caret } };
}

/** Whether the last sign closes a bracket that is not among what is put in. */
function closesMore(insert: string): boolean {
  const close = insert.at(-1) ?? '';
  const open = OPENING[close];
  return open !== undefined && count(insert, close) > count(insert, open);
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1;
}
