/**
 * A query in pieces, for editing, completing and marking what was looked for: unfinished queries are fine, wrong ones too.
 * Whether a query is right, the server says.
 */

export interface Token {
  readonly kind: 'string' | 'word' | 'number' | 'range' | 'operator';
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** Of strings and ranges: whether its end was written. */
  readonly isClosed: boolean;
}

export interface Matcher {
  readonly name: string;
  readonly op: string;
  readonly value: string;
}

export interface Stage {
  /** Its line filter operator, or the word behind `|`: a parser, `line_format`, or the label of a label filter. */
  readonly head: string;
  readonly isLineFilter: boolean;
  readonly tokens: readonly Token[];
  readonly from: number;
  readonly to: number;
}

/** A log query: a selector and stages. */
export interface LogParts {
  readonly matchers: readonly Matcher[];
  /** Of the selector with its braces. */
  readonly selector: { readonly from: number; readonly to: number };
  readonly stages: readonly Stage[];
  /** Where another stage goes. */
  readonly end: number;
}

const SPACE = /(?:\s|#[^\n]*)+/y;
const NUMBER = /\d[\w.]*/y;
const WORD = /[\p{L}_][\p{L}\p{Nd}_.]*/uy;
const OPERATOR = /\|[=~>]|![=~>]|=~|==|>=|<=|--(?:strict|keep-empty)|[\s\S]/y;
const LINE_FILTERS: ReadonlySet<string> = new Set(['|=', '|~', '|>', '!=', '!~', '!>']);
const MATCHER_OPERATORS: ReadonlySet<string> = new Set(['=', '!=', '=~', '!~']);
/** Behind these a `!=` looks at the line, behind other words at a label. */
const WHOLE_STAGES: ReadonlySet<string> = new Set(['json', 'logfmt', 'unpack', 'decolorize']);
export const PARSERS: ReadonlySet<string> = new Set(['json', 'logfmt', 'unpack', 'pattern', 'regexp']);

export function scan(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (true) {
    at = matchAt(SPACE, text, at) ?? at;
    if (at >= text.length) return tokens;
    const token = tokenAt(text, at);
    tokens.push(token);
    at = token.to;
  }
}

function matchAt(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function tokenAt(text: string, from: number): Token {
  const made = (kind: Token['kind'], to: number, isClosed = true): Token => ({
    kind,
    text: text.slice(from, to),
    from,
    to,
    isClosed,
  });
  const first = text[from]!;
  if (first === '"' || first === '`') {
    const end = closingQuote(text, from);
    return end < 0 ? made('string', text.length, false) : made('string', end + 1);
  }
  if (first === '[') {
    const end = text.indexOf(']', from);
    return end < 0 ? made('range', text.length, false) : made('range', end + 1);
  }
  const number = matchAt(NUMBER, text, from);
  if (number !== undefined) return made('number', number);
  const word = matchAt(WORD, text, from);
  if (word !== undefined) return made('word', word);
  return made('operator', matchAt(OPERATOR, text, from)!);
}

function closingQuote(text: string, from: number): number {
  const quote = text[from]!;
  if (quote === '`') return text.indexOf('`', from + 1);
  for (let i = from + 1; i < text.length && text[i] !== '\n'; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote) return i;
  }
  return -1;
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** What a string token stands for, also where it has no end yet. */
export function stringValue({ text, isClosed }: Token): string {
  const body = text.slice(1, isClosed ? -1 : undefined);
  if (text[0] === '`') return body;
  return body.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g,
    (_, byte?: string, short?: string, long?: string, simple?: string) => {
      const code = Number.parseInt(byte ?? short ?? long ?? '', 16);
      if (code <= 0x10ffff) return String.fromCodePoint(code);
      return SIMPLE_ESCAPES[simple ?? ''] ?? simple ?? '';
    },
  );
}

/** Whether the text asks for numbers rather than lines. */
export function isMetricQuery(text: string): boolean {
  const first = scan(text).find(({ text: word }) => word !== '(');
  return first !== undefined && first.text !== '{';
}

/** Undefined for metric queries and for what is no finished selector. */
export function logParts(text: string): LogParts | undefined {
  const tokens = scan(text);
  const open = tokens.findIndex((token) => token.text !== '(');
  const close = tokens.findIndex((token) => token.text === '}');
  if (tokens[open]?.text !== '{' || close < 0) return undefined;
  // Parentheses around the whole close behind the last stage.
  const inner = tokens.slice(close + 1, tokens.length - open);
  const stages = stagesOf(inner);
  return {
    matchers: matchersOf(tokens.slice(open + 1, close)),
    selector: { from: tokens[open]!.from, to: tokens[close]!.to },
    stages,
    end: stages.at(-1)?.to ?? tokens[close]!.to,
  };
}

/** Those that are complete. */
export function matchersOf(tokens: readonly Token[]): readonly Matcher[] {
  const out: Matcher[] = [];
  for (let i = 0; i + 2 < tokens.length; i++) {
    const [name, op, value] = [tokens[i]!, tokens[i + 1]!, tokens[i + 2]!];
    if (name.kind !== 'word' || !MATCHER_OPERATORS.has(op.text)) continue;
    if (value.kind === 'string' && value.isClosed)
      out.push({ name: name.text, op: op.text, value: stringValue(value) });
  }
  return out;
}

export function stagesOf(tokens: readonly Token[]): readonly Stage[] {
  const starts = tokens.flatMap((_, i) => (startsStage(tokens, i) ? [i] : []));
  return starts.map((start, i) => {
    const own = tokens.slice(start, starts[i + 1] ?? tokens.length);
    const isLineFilter = own[0]!.text !== '|';
    return {
      head: isLineFilter ? own[0]!.text : (own.slice(1).find(({ text }) => text !== '(')?.text ?? ''),
      isLineFilter,
      tokens: own,
      from: own[0]!.from,
      to: own.at(-1)!.to,
    };
  });
}

function startsStage(tokens: readonly Token[], at: number): boolean {
  const { text } = tokens[at]!;
  if (text === '|' || text === '|=' || text === '|~' || text === '|>' || text === '!>') return true;
  if (!LINE_FILTERS.has(text)) return false;
  const before = tokens[at - 1];
  return before === undefined || before.kind !== 'word' || WHOLE_STAGES.has(before.text);
}
