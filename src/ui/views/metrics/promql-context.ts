/**
 * What a word at the cursor of a PromQL query can be: found by walking the tokens before it, with a stack of what was
 * opened. It need not be right about every query, only quick, and useful in one that is not finished.
 */

import { type Labels, quoted, quotedName } from '../../../model/correlate/labels.ts';
import { GROUPING_WORDS, KEYWORDS } from './promql-words.ts';

/** Where the word stands that is typed: from `from` up to `to`, which lies behind the cursor where the word goes on. */
interface Word {
  readonly from: number;
  readonly to: number;
  readonly word: string;
}

export type PromqlContext =
  | (Word & { readonly kind: 'expression' })
  /** In braces; `selector` is what else they say, for narrowing. */
  | (Word & { readonly kind: 'label'; readonly selector: string })
  /** Between quotes behind a matcher's operator. */
  | (Word & {
      readonly kind: 'value';
      readonly label: string;
      readonly selector: string;
      readonly quote: string;
    })
  /** Between quotes, in braces, where a name may stand. */
  | (Word & { readonly kind: 'quoted name'; readonly quote: string; readonly selector: string })
  /** In the parentheses of `by`, `on` and the like; `metrics` are the names in the query. */
  | (Word & { readonly kind: 'grouping'; readonly metrics: readonly string[] })
  | (Word & { readonly kind: 'duration' });

interface Token {
  readonly text: string;
  readonly start: number;
  readonly kind: 'word' | 'string' | 'open string' | 'number' | 'comment' | 'sign';
}

const PIECES: readonly (readonly [Token['kind'], RegExp])[] = [
  ['comment', /#[^\n]*/y],
  ['string', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y],
  ['open string', /["'`][^\n]*/y],
  ['number', /(?:\d[\w.]*)/y],
  ['word', /[a-zA-Z_:][\w:.]*/y],
  ['sign', /=~|!~|!=|>=|<=|==|\S/y],
];

function tokens(text: string): Token[] {
  const out: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const found = PIECES.map(([kind, form]) => {
      form.lastIndex = at;
      return { kind, text: form.exec(text)?.[0] };
    }).find((piece) => piece.text !== undefined);
    if (found) out.push({ kind: found.kind, text: found.text!, start: at });
    at += found?.text?.length ?? 1;
  }
  return out;
}

const CLOSED_BY: Readonly<Record<string, string>> = { ')': '(', '}': '{', ']': '[' };
const MATCHER_SIGNS: readonly string[] = ['=', '!=', '=~', '!~'];

/** Undefined where nothing can be completed: in comments, numbers and plain strings. */
export function promqlContext(text: string, at: number): PromqlContext | undefined {
  const before = tokens(text.slice(0, at));
  const last = before.at(-1);
  if (last?.kind === 'comment' && !text.slice(last.start, at).includes('\n')) return undefined;
  const isWord = last?.kind === 'word' && last.start + last.text.length === at;
  const isInString = last?.kind === 'open string';
  const isNumber = last?.kind === 'number' && last.start + last.text.length === at;
  const settled = isWord || isInString || isNumber ? before.slice(0, -1) : before;
  const from = isWord || isNumber ? last.start : isInString ? last.start + 1 : at;
  const word: Word = {
    from,
    to: isInString ? endOfString(text, at, last.text[0]!) : at + /^[\w:.]*/.exec(text.slice(at))![0].length,
    word: text.slice(from, at),
  };
  const open = opened(settled);
  if (open?.text === '[' || settled.at(-1)?.text.toLowerCase() === 'offset') {
    const typed = /[\d.]*[a-z]?$/.exec(text.slice(0, at))![0];
    return isInString ? undefined : { from: at - typed.length, to: word.to, word: typed, kind: 'duration' };
  }
  if (open?.text === '{') return inBraces(text, word, settled, open, isInString ? last.text[0]! : undefined);
  if (isInString || isNumber) return undefined;
  if (open?.text === '(' && isGrouping(settled, open)) {
    return { ...word, kind: 'grouping', metrics: metricsIn(tokens(text)) };
  }
  return { ...word, kind: 'expression' };
}

/** Where the string ends that the cursor is in; the cursor where it does not end on its line. */
function endOfString(text: string, at: number, quote: string): number {
  for (let i = at; i < text.length && text[i] !== '\n'; i++) {
    if (text[i] === '\\' && quote !== '`') i++;
    else if (text[i] === quote) return i;
    // Of a matcher that was not closed the next one is no part.
    else if (text[i] === ',' || text[i] === '}') return at;
  }
  return at;
}

/** The innermost bracket that is open. */
function opened(before: readonly Token[]): Token | undefined {
  const stack: Token[] = [];
  for (const token of before) {
    if (token.kind !== 'sign') continue;
    if ('({['.includes(token.text)) stack.push(token);
    else if (stack.at(-1)?.text === CLOSED_BY[token.text]) stack.pop();
  }
  return stack.at(-1);
}

function isGrouping(before: readonly Token[], open: Token): boolean {
  const word = before[before.indexOf(open) - 1];
  return word?.kind === 'word' && GROUPING_WORDS.includes(word.text.toLowerCase());
}

function inBraces(
  text: string,
  word: Word,
  before: readonly Token[],
  open: Token,
  quote: string | undefined,
): PromqlContext | undefined {
  const all = tokens(text);
  const first = all.findIndex(({ start }) => start === open.start);
  const end = all.findIndex(({ kind, text: sign }, i) => i > first && kind === 'sign' && sign === '}');
  const inside = all.slice(first + 1, end < 0 ? undefined : end);
  const name = all[first - 1];
  const isOwnName = name?.kind === 'word' && !NO_METRICS.has(name.text.toLowerCase());
  const selector = selectorOf(isOwnName ? name.text : undefined, inside, word.from);
  const [label, sign] = before.slice(-2);
  if (label && sign && MATCHER_SIGNS.includes(sign.text)) {
    if (quote === undefined) return undefined;
    return { ...word, kind: 'value', label: unquoted(label), selector, quote };
  }
  if (quote !== undefined) return { ...word, kind: 'quoted name', quote, selector };
  const isPlace = sign === undefined || sign.text === ',' || sign.text === '{';
  return isPlace ? { ...word, kind: 'label', selector } : undefined;
}

/** A selector of the metric and of all whole matchers but the one that is typed at `cursor`; empty where there is nothing. */
function selectorOf(name: string | undefined, inside: readonly Token[], cursor: number): string {
  const matchers: string[] = name === undefined ? [] : [`__name__=${quoted(name)}`];
  for (let i = 0; i < inside.length; i++) {
    const [label, sign, value] = inside.slice(i, i + 3);
    const isName = label!.kind === 'string' && (sign === undefined || sign.text === ',');
    if (isName && label!.start + 1 !== cursor) matchers.push(`__name__=${quoted(unquoted(label!))}`);
    if (value?.kind !== 'string' || !MATCHER_SIGNS.includes(sign!.text)) continue;
    if (value.start + 1 !== cursor && label!.start !== cursor)
      matchers.push(`${quotedName(unquoted(label!))}${sign!.text}${value.text}`);
    i += 2;
  }
  return matchers.length === 0 ? '' : `{${matchers.join(',')}}`;
}

function unquoted({ kind, text }: Token): string {
  return kind === 'string' ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}

/** Words that are followed by braces or brackets, or by nothing that makes functions or keywords of them. */
function metricsIn(all: readonly Token[]): readonly string[] {
  const found = new Set<string>();
  const stack: ('(' | '{' | 'grouping')[] = [];
  for (const [i, { kind, text }] of all.entries()) {
    const before = all[i - 1]?.text.toLowerCase() ?? '';
    if (text === '(') stack.push(GROUPING_WORDS.includes(before) ? 'grouping' : '(');
    else if (text === '{') stack.push('{');
    else if (text === ')' || text === '}') stack.pop();
    const next = all[i + 1]?.text.toLowerCase();
    const isName = kind === 'word' && next !== '(' && next !== 'by' && next !== 'without';
    if (isName && (stack.at(-1) ?? '(') === '(' && !NO_METRICS.has(text.toLowerCase())) found.add(text);
    if (kind === 'string' && before === '{' && (next === ',' || next === '}')) found.add(text.slice(1, -1));
  }
  return [...found];
}

const NO_METRICS: ReadonlySet<string> = new Set(KEYWORDS);

/** Labels that the query's matchers fix to one value each: they hold for its series, also where an aggregation has left them out. */
export function fixedLabels(text: string): Labels {
  const found = new Map<string, Set<string>>();
  const all = tokens(text);
  for (const [i, value] of all.entries()) {
    const [label, sign] = all.slice(Math.max(0, i - 2), i);
    if (value.kind !== 'string' || sign?.text !== '=' || !label) continue;
    const name = unquoted(label);
    found.set(name, (found.get(name) ?? new Set()).add(unquoted(value)));
  }
  const fixed = [...found].filter(([, values]) => values.size === 1);
  return Object.fromEntries(fixed.map(([name, values]) => [name, [...values][0]!]));
}
