/**
 * Changes to a query by clicks: matchers for stream labels, label filters for all else, line filters and patterns. What a
 * click adds takes its contrary away, and twice the same is once. Queries that are no log queries stay as they are.
 */

import { quoted } from '../../../model/correlate/labels.ts';
import { type LogParts, logParts, type Matcher, matchersOf, PARSERS, scan } from './logql-scan.ts';

/** Keep the lines that have it, or those that do not. */
export type Filter = 'for' | 'out';

/** The query with a matcher on a stream label. */
export function withMatcher(query: string, name: string, value: string, filter: Filter): string {
  const parts = logParts(query);
  if (!parts) return query;
  const op = filter === 'for' ? '=' : '!=';
  const kept = parts.matchers.filter((one) => one.name !== name || !isSettled(one, op, value));
  const matchers = [...kept, { name, op, value }];
  // A selector of nothing but exclusions is refused.
  if (!matchers.some(isNarrowing)) matchers.unshift({ name, op: '=~', value: '.+' });
  return replaced(query, parts.selector, selectorText(matchers));
}

/** Whether the matcher says nothing any more beside the one that is added. */
function isSettled(matcher: Matcher, op: string, value: string): boolean {
  if (op === '=') return matcher.op !== '!~' && (matcher.op !== '!=' || matcher.value === value);
  return matcher.value === value && (matcher.op === '=' || matcher.op === '!=');
}

/** Whether it cannot match what has no such label. */
export function isNarrowing({ op, value }: Matcher): boolean {
  if (op === '=') return value !== '';
  if (op === '!=') return value === '';
  const asked = matchesEmpty(value);
  return op === '=~' ? !asked : asked;
}

function matchesEmpty(pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test('');
  } catch {
    return true;
  }
}

export function selectorText(matchers: readonly Matcher[]): string {
  return `{${matchers.map(({ name, op, value }) => `${name}${op}${quoted(value)}`).join(', ')}}`;
}

/** The query's selector alone; undefined for metric queries. */
export function selectorOf(query: string): string | undefined {
  const parts = logParts(query);
  return parts && query.slice(parts.selector.from, parts.selector.to);
}

/** The parsers that the query runs. */
export function parsersOf(query: string): readonly string[] {
  return (logParts(query)?.stages ?? []).map(({ head }) => head).filter((head) => PARSERS.has(head));
}

/**
 * The query with a label filter on a field. `parser` is what finds the field where it is one of the line: it is added unless
 * the query has it.
 */
export function withFieldFilter(
  query: string,
  name: string,
  value: string,
  filter: Filter,
  parser?: string,
): string {
  const [own, contrary] = filter === 'for' ? ['=', '!='] : ['!=', '='];
  const less = withoutFieldFilter(query, name, contrary, value);
  if (fieldFilterAt(less, name, own, value) !== undefined) return less;
  const parsed = parser !== undefined && !parsersOf(less).includes(parser) ? withStage(less, parser) : less;
  return withStage(parsed, `${name}${own}${quoted(value)}`);
}

/** Takes a label filter away that stands by itself. */
export function withoutFieldFilter(query: string, name: string, op: string, value: string): string {
  const at = fieldFilterAt(query, name, op, value);
  return at === undefined ? query : withoutStage(query, logParts(query)!, at);
}

export function hasFieldFilter(query: string, name: string, value: string): boolean {
  return fieldFilterAt(query, name, '=', value) !== undefined;
}

function fieldFilterAt(query: string, name: string, op: string, value: string): number | undefined {
  const at = (logParts(query)?.stages ?? []).findIndex((stage) => {
    const [only] = stage.tokens.length === 4 ? matchersOf(stage.tokens.slice(1)) : [];
    return only && only.name === name && only.op === op && only.value === value;
  });
  return at < 0 ? undefined : at;
}

/** The query with a filter on its lines: a text with `|=`, a pattern with `|>`. It stands where it costs least, before all parsing. */
export function withLineFilter(query: string, op: '|=' | '!=' | '|>' | '!>', value: string): string {
  const parts = logParts(query);
  if (!parts) return query;
  const stage = `${op} ${value.includes('`') ? quoted(value) : `\`${value}\``}`;
  const own = parts.stages.filter(({ from, to }) => query.slice(from, to) === stage);
  if (own.length > 0) return query;
  const firstOther = parts.stages.findIndex(({ isLineFilter }) => !isLineFilter);
  const before = firstOther < 0 ? parts.stages.at(-1) : parts.stages[firstOther - 1];
  const at = before?.to ?? parts.selector.to;
  return replaced(query, { from: at, to: at }, ` ${stage}`);
}

function withStage(query: string, stage: string): string {
  const parts = logParts(query);
  return parts ? replaced(query, { from: parts.end, to: parts.end }, ` | ${stage}`) : query;
}

function withoutStage(query: string, { stages, selector }: LogParts, at: number): string {
  const from = stages[at - 1]?.to ?? selector.to;
  return replaced(query, { from, to: stages[at]!.to }, '');
}

/** The value of the first `name = "…"` filter, for views that depend on it. */
export function filteredValue(query: string, name: string): string | undefined {
  return matchersOf(scan(query)).find((one) => one.name === name && one.op === '=')?.value;
}

/** The stream of a line, and nothing else. */
export function streamSelector(labels: Readonly<Record<string, string>>): string {
  return selectorText(Object.entries(labels).map(([name, value]) => ({ name, op: '=', value })));
}

function replaced(text: string, { from, to }: { from: number; to: number }, by: string): string {
  return text.slice(0, from) + by + text.slice(to);
}
