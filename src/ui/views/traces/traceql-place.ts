/**
 * Where in a TraceQL query the cursor is, and so what may be put there: the word that is being typed, and whether an attribute, a
 * value of one, an operator or a stage of the pipeline belongs there. Unfinished queries are the rule here.
 */

export interface Place {
  /** Where the word begins that is being typed; the cursor where none is. */
  readonly from: number;
  readonly wants: 'attribute' | 'value' | 'comparison' | 'connective' | 'spanset' | 'stage' | 'after-spanset';
  /** The attribute whose value it is. */
  readonly attribute?: string;
  /** A string has been opened. */
  readonly isQuoted?: boolean;
  /** The other conditions of the same filter, as a filter. */
  readonly others?: string;
}

interface Token {
  readonly kind: 'string' | 'open-string' | 'word' | 'comparison' | 'connective' | 'sign';
  readonly text: string;
  readonly at: number;
}

const TOKENS: readonly (readonly [kind: Token['kind'], form: RegExp])[] = [
  ['string', /"(?:[^"\\]|\\.)*"|`[^`]*`/y],
  ['open-string', /"(?:[^"\\]|\\.)*$|`[^`]*$/y],
  ['connective', /&&|\|\|/y],
  ['comparison', /=~|!~|!=|>=|<=|=|>|</y],
  ['word', /(?:[^\s{}()=~!<>&|^,"`]|"(?:[^"\\]|\\.)*")+/y],
  ['sign', /[\s\S]/y],
];

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const space = /\s*/y;
    space.lastIndex = at;
    at += space.exec(text)![0].length;
    if (at >= text.length) break;
    for (const [kind, form] of TOKENS) {
      form.lastIndex = at;
      const found = form.exec(text);
      if (!found) continue;
      tokens.push({ kind, text: found[0], at });
      at += found[0].length;
      break;
    }
  }
  return tokens;
}

export function placeIn(text: string, cursor: number): Place {
  const before = text.slice(0, cursor);
  const tokens = tokensOf(before);
  const last = tokens.at(-1);
  // A word that touches the cursor is still being typed.
  const isTyping = last && last.at + last.text.length === cursor && isWordLike(last);
  const done = isTyping ? tokens.slice(0, -1) : tokens;
  const from = isTyping ? last.at : cursor;
  const brace = openBrace(done);
  if (brace === undefined) return outside(done, from);
  return inside(done.slice(brace + 1), from, { text, cursor, filterAt: done[brace]!.at });
}

function isWordLike({ kind }: Token): boolean {
  return kind === 'word' || kind === 'open-string' || kind === 'string';
}

/** The place of the `{` that is still open. */
function openBrace(tokens: readonly Token[]): number | undefined {
  let open: number | undefined;
  tokens.forEach(({ text }, i) => {
    if (text === '{') open = i;
    else if (text === '}') open = undefined;
  });
  return open;
}

interface Filter {
  readonly text: string;
  readonly cursor: number;
  readonly filterAt: number;
}

function inside(tokens: readonly Token[], from: number, filter: Filter): Place {
  const last = tokens.at(-1);
  if (last?.kind === 'comparison') {
    const attribute = tokens.at(-2)?.text ?? '';
    return {
      from,
      wants: 'value',
      attribute,
      isQuoted: /["`]/.test(filter.text[from] ?? ''),
      others: otherConditions(filter),
    };
  }
  if (!last || last.kind === 'connective' || last.text === '(' || last.text === '!')
    return { from, wants: 'attribute', others: otherConditions(filter) };
  const isValue = tokens.at(-2)?.kind === 'comparison';
  return { from, wants: last.kind === 'word' && !isValue ? 'comparison' : 'connective' };
}

function outside(tokens: readonly Token[], from: number): Place {
  const last = tokens.at(-1);
  if (!last || last.kind === 'connective' || last.kind === 'comparison' || last.text === '~')
    return { from, wants: 'spanset' };
  if (last.text === '|') return { from, wants: 'stage' };
  if (last.text === '(' || last.text === ',') {
    // In the parentheses of a function; others group spansets.
    const opened = tokens.findLast(({ text }) => text === '(');
    const name = opened && tokens[tokens.indexOf(opened) - 1];
    return { from, wants: name?.kind === 'word' ? 'attribute' : 'spanset' };
  }
  return { from, wants: 'after-spanset' };
}

/**
 * The filter around the cursor without the condition at it, so that values are narrowed by what else is asked. Conditions of
 * which only one must hold narrow nothing.
 */
function otherConditions({ text, cursor, filterAt }: Filter): string {
  const close = tokensOf(text.slice(cursor)).find(({ text: sign }) => sign === '}');
  const end = close === undefined ? text.length : cursor + close.at;
  const inner = text.slice(filterAt + 1, end);
  const tokens = tokensOf(inner);
  if (tokens.some(({ text: sign }) => sign === '||' || sign === '(')) return '{}';
  const cuts = tokens.filter(({ kind }) => kind === 'connective').map(({ at }) => at);
  const bounds = [-2, ...cuts, inner.length];
  const kept: string[] = [];
  for (let i = 0; i + 1 < bounds.length; i++) {
    const [start, stop] = [bounds[i]! + 2, bounds[i + 1]!];
    const at = cursor - filterAt - 1;
    const condition = inner.slice(start, stop).trim();
    if (!(start <= at && at <= stop) && condition !== '') kept.push(condition);
  }
  return kept.length === 0 ? '{}' : `{ ${kept.join(' && ')} }`;
}
