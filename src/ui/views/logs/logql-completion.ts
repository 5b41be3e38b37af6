/**
 * Completion of LogQL. Where the cursor stands is told from the pieces before it: in a selector labels and values, narrowed by
 * the other matchers; behind it line filters; behind `|` parsers, stages and fields; else functions.
 */

import { quoted } from '../../../model/correlate/labels.ts';
import type { Completer, CompletionOption, Completions } from '../../editor/completion.ts';
import { isNarrowing, parsersOf, selectorText } from './logql-edit.ts';
import { matchersOf, PARSERS, scan, type Token } from './logql-scan.ts';
import { LINE_FILTERS, RANGE_FUNCTIONS, RANGES, STAGES, VECTOR_FUNCTIONS } from './logql-words.ts';

export interface Field {
  readonly label: string;
  readonly type: string;
  /** Which parsers find it; null for structured metadata. */
  readonly parsers: readonly string[] | null;
}

/** Where names and values come from. */
export interface LogqlSource {
  /** Stream labels; of the selector's streams where there is one. */
  labels(selector: string | undefined): Promise<readonly string[]>;
  values(label: string, selector: string | undefined): Promise<readonly string[]>;
  /** Fields of the lines of a log query, with their types. */
  fields(query: string): Promise<readonly Field[]>;
  fieldValues(field: string, query: string): Promise<readonly string[]>;
}

interface Context {
  readonly source: LogqlSource;
  /** Before the word at the cursor. */
  readonly before: readonly Token[];
  /** The word, number or string that the cursor is in or behind; undefined between two. */
  readonly word: Token | undefined;
  /** Where what is put in begins. */
  readonly from: number;
  readonly text: string;
}

const LABEL_OPERATORS: readonly CompletionOption[] = [
  { label: '=', kind: 'operator', detail: 'is', insert: '="' },
  { label: '!=', kind: 'operator', detail: 'is not', insert: '!="' },
  { label: '=~', kind: 'operator', detail: 'matches', insert: '=~"' },
  { label: '!~', kind: 'operator', detail: 'does not match', insert: '!~"' },
];
const NUMBER_OPERATORS: readonly CompletionOption[] = ['>', '>=', '<', '<='].map((label) => ({
  label,
  kind: 'operator',
  detail: 'a number, 250ms or 5MB',
}));
const COMPARISONS: ReadonlySet<string> = new Set(['=', '!=', '=~', '!~', '==', '>', '>=', '<', '<=']);

export function logqlCompleter(source: LogqlSource): Completer {
  return async ({ text, at, isExplicit }) => {
    const tokens = scan(text.slice(0, at));
    const last = tokens.at(-1);
    const isIn = last !== undefined && last.to === at && (last.kind === 'word' || !last.isClosed);
    const word = isIn ? last : undefined;
    const before = isIn ? tokens.slice(0, -1) : tokens;
    const context: Context = { source, before, word, from: word?.from ?? at, text };
    if (!isExplicit && !word && !asksByItself(text, at, before)) return undefined;
    return completed(context);
  };
}

/** Signs behind which something is expected. */
function asksByItself(text: string, at: number, before: readonly Token[]): boolean {
  const last = before.at(-1)?.text ?? '';
  if (['{', '|', '=', '!=', '=~', '!~'].includes(last)) return true;
  return last === ',' || (text[at - 1] === ' ' && last === '}');
}

async function completed(context: Context): Promise<Completions | undefined> {
  const { before, word, from } = context;
  if (word?.kind === 'range') {
    return {
      from: from + 1,
      options: RANGES.map((range) => ({ label: range, kind: 'value', insert: `${range}]` })),
    };
  }
  const open = openSelector(before);
  if (open !== undefined) return inSelector(context, open);
  const close = before.findLastIndex(({ text }) => text === '}');
  if (isGrouping(before)) return { from, options: await groupLabels(context) };
  if (close < 0 || endsRange(before, close)) {
    return word?.kind === 'string' ? undefined : { from, options: operands(before) };
  }
  return behindSelector(context, close);
}

/** Where the brace is that is open at the cursor. */
function openSelector(before: readonly Token[]): number | undefined {
  const open = before.findLastIndex(({ text }) => text === '{');
  return open >= 0 && !before.slice(open).some(({ text }) => text === '}') ? open : undefined;
}

async function inSelector(context: Context, open: number): Promise<Completions | undefined> {
  const { source, before, word, from, text } = context;
  const own = before.slice(open + 1);
  const [name, op] = [own.at(-2), own.at(-1)];
  if (op && COMPARISONS.has(op.text) && name?.kind === 'word') {
    const others = narrowedBy(
      matchersAround(text, before[open]!.from).filter((one) => one.name !== name.text),
    );
    return valueCompletions(await source.values(name.text, others), context);
  }
  if (word?.kind === 'string') return undefined;
  if (op?.kind === 'word') return { from, options: LABEL_OPERATORS };
  if (op?.kind === 'string') return undefined;
  const selector = narrowedBy(matchersAround(text, before[open]!.from));
  const names = await source.labels(selector);
  return { from, options: names.map((label) => ({ label, kind: 'label' })) };
}

/** All matchers of the selector that begins there, also those behind the cursor. */
function matchersAround(text: string, from: number) {
  const tokens = scan(text.slice(from));
  const close = tokens.findIndex((token) => token.text === '}');
  return matchersOf(close < 0 ? tokens : tokens.slice(0, close));
}

function narrowedBy(matchers: ReturnType<typeof matchersOf>): string | undefined {
  return matchers.some(isNarrowing) ? selectorText(matchers) : undefined;
}

/** In a string: its inside; else the value with quotes. */
function valueCompletions(values: readonly string[], { word, from, text }: Context): Completions | undefined {
  if (word !== undefined && word.kind !== 'string') return undefined;
  if (!word)
    return { from, options: values.map((label) => ({ label, kind: 'value', insert: quoted(label) })) };
  const quote = word.text[0]!;
  // The editor has put the closing quote there already.
  const to = from + word.text.length;
  const end = text[to] === quote ? '' : quote;
  const inside = (value: string) => (quote === '`' ? value : quoted(value).slice(1, -1));
  const options = values.map(
    (label): CompletionOption => ({ label, kind: 'value', insert: inside(label) + end }),
  );
  return { from: from + 1, options };
}

async function behindSelector(context: Context, close: number): Promise<Completions | undefined> {
  const { source, before, word, from } = context;
  const stages = before.slice(close + 1);
  const [name, last] = [stages.at(-2), stages.at(-1)];
  if (last?.text === 'unwrap') return { from, options: await fieldOptions(context, close, isNumeric) };
  if (name?.kind === 'word' && last && COMPARISONS.has(last.text) && !PARSERS.has(name.text)) {
    return valueCompletions(await source.fieldValues(name.text, queryUpTo(context, close)), context);
  }
  if (word?.kind === 'string') return undefined;
  if (last?.text === '|') {
    const fields = await filterOptions(context, close).catch(() => []);
    return { from, options: [...stageOptions(), ...fields] };
  }
  if (last?.text === 'and' || last?.text === 'or' || (last?.text === '(' && stages.length > 1)) {
    return { from, options: await fieldOptions(context, close) };
  }
  if (last?.kind === 'word' && name?.text === '|' && !STAGES.some((stage) => stage.name === last.text)) {
    return { from, options: [...LABEL_OPERATORS, ...NUMBER_OPERATORS] };
  }
  if (word) return undefined;
  const pipes = stageOptions().map((option) => ({ ...option, label: `| ${option.label}` }));
  return { from, options: [...LINE_FILTERS, ...pipes] };
}

function isNumeric(type: string): boolean {
  return type !== 'string' && type !== 'boolean';
}

/** A field of the line is there once its parser has run: one that the query lacks is put in before it. */
async function filterOptions(context: Context, close: number): Promise<readonly CompletionOption[]> {
  const query = queryUpTo(context, close);
  const ran = parsersOf(query);
  return (await context.source.fields(query)).map(({ label, type, parsers }) => {
    const parser = parsers?.[0];
    const isThere = parser === undefined || ran.length > 0;
    return { label, kind: 'attribute', detail: type, ...(isThere ? {} : { insert: `${parser} | ${label}` }) };
  });
}

async function fieldOptions(
  context: Context,
  close: number,
  fits: (type: string) => boolean = () => true,
): Promise<readonly CompletionOption[]> {
  const fields = await context.source.fields(queryUpTo(context, close));
  return fields
    .filter(({ type }) => fits(type))
    .map(({ label, type }) => ({ label, kind: 'attribute', detail: type }));
}

/** The selector and the whole stages before the one that is being written. */
function queryUpTo({ before, text }: Context, close: number): string {
  const open = before.slice(0, close).findLastIndex((token) => token.text === '{');
  const pipe = before.findLastIndex((token, i) => i > close && token.text === '|');
  const end = before[(pipe < 0 ? before.length : pipe) - 1]!.to;
  return text.slice(before[open]!.from, end);
}

function stageOptions(): readonly CompletionOption[] {
  return STAGES.map(({ name, info }) => ({ label: name, kind: 'keyword', info }));
}

/** Whether a range stands behind the last selector: then what comes is about numbers. */
function endsRange(before: readonly Token[], close: number): boolean {
  return before.slice(close).some(({ kind }) => kind === 'range');
}

function isGrouping(before: readonly Token[]): boolean {
  const open = before.findLastIndex(({ text }) => text === '(' || text === ')');
  return open > 0 && before[open]!.text === '(' && /^(by|without|on|ignoring)$/i.test(before[open - 1]!.text);
}

async function groupLabels({ source, text }: Context): Promise<readonly CompletionOption[]> {
  const open = text.indexOf('{');
  const selector = open < 0 ? undefined : narrowedBy(matchersAround(text, open));
  const labels = await source.labels(selector);
  const fields = selector === undefined ? [] : await source.fields(selector).catch(() => []);
  return [
    ...labels.map((label): CompletionOption => ({ label, kind: 'label' })),
    ...fields.map(({ label, type }): CompletionOption => ({ label, kind: 'attribute', detail: type })),
  ];
}

function operands(before: readonly Token[]): readonly CompletionOption[] {
  const functions = [...RANGE_FUNCTIONS, ...VECTOR_FUNCTIONS].map(
    ({ name, info }): CompletionOption => ({ label: name, kind: 'function', info, insert: `${name}(` }),
  );
  const selector: CompletionOption = { label: '{', kind: 'snippet', detail: 'lines of streams', insert: '{' };
  const isOperand = before.at(-1)?.text === ')' || before.at(-1)?.kind === 'number';
  return isOperand ? [] : before.length === 0 ? [selector, ...functions] : functions;
}
