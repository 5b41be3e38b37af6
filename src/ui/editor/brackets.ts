/**
 * Brackets and quotes: which belong together, and what typing one does besides. Closing ones come by themselves where they do not
 * annoy, are typed over, and go with the opening one; a selection is put between them. Nothing is remembered for it: what the text
 * says is enough.
 */

import { isQuote, type Token } from './query-tokens.ts';

/** What is selected; an empty selection is the cursor. */
export interface Selection {
  readonly from: number;
  readonly to: number;
}

/** `insert` in place of `from` to `to`, and what is selected then. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly selection: Selection;
}

const CLOSING: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);
const OPENING: ReadonlyMap<string, string> = new Map([...CLOSING].map(([open, close]) => [close, open]));
/** Before anything else, a closing bracket or quote that came by itself would be in the way. */
const MAY_CLOSE_BEFORE = /^(?:$|[\s)\]},:;])/;
/** A quote behind one of these ends something, or belongs to it. */
const NO_QUOTE_BEHIND = /[\w"'`\\]$/;

/** What typing one sign does where that is more than putting it in. */
export function editOfTyping(
  text: string,
  tokens: readonly Token[],
  selection: Selection,
  sign: string,
): Edit | undefined {
  const close = isQuote(sign) ? sign : CLOSING.get(sign);
  const { from, to } = selection;
  if (from !== to) return close === undefined ? undefined : wrapped(text, selection, sign, close);
  if (text[from] === sign && isTypedOver(text, tokens, from, sign))
    return { from, to: from, insert: '', selection: { from: from + 1, to: from + 1 } };
  if (close === undefined || isInText(tokens, from)) return undefined;
  if (!MAY_CLOSE_BEFORE.test(text.slice(from, from + 1))) return undefined;
  if (isQuote(sign) ? NO_QUOTE_BEHIND.test(text.slice(0, from)) : isMissingOpen(text, tokens, sign))
    return undefined;
  return { from, to: from, insert: sign + close, selection: { from: from + 1, to: from + 1 } };
}

/** What Backspace does where that is more than taking one sign away: both of an empty pair go. */
export function editOfBackspace(
  text: string,
  tokens: readonly Token[],
  selection: Selection,
): Edit | undefined {
  const { from: at } = selection;
  if (at !== selection.to || at === 0) return undefined;
  const open = text[at - 1]!;
  const isPair = isQuote(open)
    ? tokens.some(({ from, to, kind }) => kind === 'string' && from === at - 1 && to === at + 1)
    : CLOSING.get(open) === text[at] && text[at] !== undefined && !isInText(tokens, at);
  return isPair
    ? { from: at - 1, to: at + 1, insert: '', selection: { from: at - 1, to: at - 1 } }
    : undefined;
}

/** Where the bracket at the cursor (before it, or else behind it) and its other one are; just it where it has none. */
export function bracketsAt(text: string, tokens: readonly Token[], at: number): readonly number[] {
  const brackets = tokens.filter(({ kind }) => kind === 'bracket');
  const here = brackets.find(({ to }) => to === at) ?? brackets.find(({ from }) => from === at);
  if (!here) return [];
  const pair = pairsOf(text, brackets).find((one) => one.includes(here.from));
  return pair ?? [here.from];
}

function pairsOf(
  text: string,
  brackets: readonly Token[],
): readonly (readonly [open: number, close: number])[] {
  const pairs: [number, number][] = [];
  const open: number[] = [];
  for (const { from } of brackets) {
    const sign = text[from]!;
    if (CLOSING.has(sign)) open.push(from);
    else if (text[open.at(-1) ?? -1] === OPENING.get(sign)) pairs.push([open.pop()!, from]);
  }
  return pairs;
}

function wrapped(text: string, { from, to }: Selection, open: string, close: string): Edit {
  const insert = open + text.slice(from, to) + close;
  return { from, to, insert, selection: { from: from + 1, to: to + 1 } };
}

/** A closing quote is; a closing bracket is where one more would have nothing to close. */
function isTypedOver(text: string, tokens: readonly Token[], at: number, sign: string): boolean {
  if (isQuote(sign))
    return tokens.some(
      ({ from, to, kind, isOpen }) => kind === 'string' && !isOpen && from < at && to === at + 1,
    );
  const open = OPENING.get(sign);
  if (open === undefined || isInText(tokens, at)) return false;
  return count(text, tokens, open) <= count(text, tokens, sign);
}

/** Whether a bracket further on waits for this one. */
function isMissingOpen(text: string, tokens: readonly Token[], open: string): boolean {
  return count(text, tokens, open) < count(text, tokens, CLOSING.get(open)!);
}

function count(text: string, tokens: readonly Token[], bracket: string): number {
  return tokens.filter(({ from, kind }) => kind === 'bracket' && text[from] === bracket).length;
}

/** Inside a string or a comment, where brackets are just signs. */
function isInText(tokens: readonly Token[], at: number): boolean {
  return tokens.some(
    ({ from, to, kind, isOpen }) =>
      (kind === 'string' && from < at && (at < to || (isOpen === true && at === to))) ||
      (kind === 'comment' && from < at && at <= to),
  );
}
