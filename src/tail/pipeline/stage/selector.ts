/**
 * The selector of `match`: label matchers and line filters, `{app="x", level!~"debug|trace"} |= "error" !~ "retry"`.
 * It is the part of LogQL that Promtail takes there, read here because a whole query language is much to load for it,
 * and because LogQL refuses selectors that fit everything, which are sensible here.
 */

import { TriliteError } from '../../../model/errors.ts';
import { unquote } from '../../../model/go-string.ts';
import { Matcher, type MatchType } from '../../../model/matcher.ts';
import { compileSearch } from '../../../model/regex.ts';
import type { TailEntry } from '../entry.ts';

const STRING = /"(?:[^"\\]|\\.)*"|`[^`]*`/;
const MATCHER = new RegExp(`\\s*([a-zA-Z_][a-zA-Z0-9_]*)\\s*(=~|!~|!=|=)\\s*(${STRING.source})\\s*`, 'y');
const FILTER = new RegExp(`\\s*(\\|=|!=|\\|~|!~)\\s*(${STRING.source})\\s*`, 'y');

type LineTest = (line: string) => boolean;

/** Whether an entry is selected. */
export type EntryTest = (entry: TailEntry) => boolean;

/** Throws `TriliteError` (`bad_data`) saying what was expected where. */
export function compileSelector(text: string): EntryTest {
  const open = /^\s*\{/.exec(text);
  if (!open) throw expected('"{"', 0, text);
  let at = open[0].length;
  const matchers: Matcher[] = [];
  while (true) {
    MATCHER.lastIndex = at;
    const found = MATCHER.exec(text);
    if (!found) throw expected('a matcher such as app="x"', at, text);
    matchers.push(new Matcher(found[2] as MatchType, found[1]!, unquote(found[3]!)));
    at = MATCHER.lastIndex;
    if (text[at] === '}') break;
    if (text[at] !== ',') throw expected('"," or "}"', at, text);
    at++;
  }
  const filters = readFilters(text, at + 1);
  return ({ labels, line }) =>
    matchers.every((m) => m.matches(labels.get(m.name) ?? '')) && filters.every((test) => test(line));
}

function readFilters(text: string, at: number): LineTest[] {
  const out: LineTest[] = [];
  while (text.slice(at).trim() !== '') {
    FILTER.lastIndex = at;
    const found = FILTER.exec(text);
    if (!found) throw expected('a line filter such as |= "x"', at, text);
    out.push(compileFilter(found[1]!, unquote(found[2]!)));
    at = FILTER.lastIndex;
  }
  return out;
}

function compileFilter(op: string, operand: string): LineTest {
  if (op === '|=') return (line) => line.includes(operand);
  if (op === '!=') return (line) => !line.includes(operand);
  const { test } = compileSearch(operand);
  return op === '|~' ? test : (line) => !test(line);
}

function expected(what: string, at: number, text: string): TriliteError {
  const message = `expected ${what} at character ${at + 1} of ${JSON.stringify(text)}`;
  return new TriliteError('bad_data', message);
}
