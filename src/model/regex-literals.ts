/**
 * Reads what a regular expression says in plain text: all strings that it matches where those are few, and a
 * substring that every match contains. Only syntax whose meaning is certain is read; anything else gives up, and
 * the regex engine decides alone. So nothing here may accept a pattern that RE2 refuses: callers compile first.
 */

/** Most strings that an expansion may yield; dashboards join some hundreds of values with `|`. */
const EXPANSION_MAX = 4096;
/** Groups in groups, so that a hostile pattern does not exhaust the stack. */
const DEPTH_MAX = 50;

const QUANTIFIERS = new Set(['*', '+', '?', '{']);
/** Characters that mean themselves after a backslash. */
const ESCAPABLE = /^[!-/:-@[-`{-~]$/;

class Reader {
  readonly text: string;
  pos = 0;
  depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.pos >= this.text.length;
  }

  peek(): string {
    return this.text[this.pos] ?? '';
  }

  /** The character at the position, whole. */
  char(): string {
    const c = String.fromCodePoint(this.text.codePointAt(this.pos)!);
    this.pos += c.length;
    return c;
  }
}

/**
 * Every string that matches as a whole, for patterns of literals, groups, `|` and small character classes; `^`
 * and `$` around an alternative say nothing new there. Undefined for any other pattern.
 */
export function expandLiterals(pattern: string): string[] | undefined {
  const reader = new Reader(pattern);
  const set = readAlternatives(reader);
  return set !== undefined && reader.done ? [...new Set(set)] : undefined;
}

function readAlternatives(reader: Reader): string[] | undefined {
  const all: string[] = [];
  for (;;) {
    const set = readSequence(reader);
    if (set === undefined || all.length + set.length > EXPANSION_MAX) return undefined;
    for (const s of set) all.push(s);
    if (reader.peek() !== '|') return all;
    reader.pos++;
  }
}

function readSequence(reader: Reader): string[] | undefined {
  let set = [''];
  if (reader.depth === 0 && reader.peek() === '^') reader.pos++;
  while (!reader.done && reader.peek() !== '|' && reader.peek() !== ')') {
    if (reader.depth === 0 && reader.peek() === '$') {
      reader.pos++;
      if (!reader.done && reader.peek() !== '|') return undefined;
      break;
    }
    const next = readPiece(reader);
    if (next === undefined || QUANTIFIERS.has(reader.peek())) return undefined;
    if (set.length * next.length > EXPANSION_MAX) return undefined;
    set = next.length === 1 ? set.map((s) => s + next[0]) : set.flatMap((s) => next.map((n) => s + n));
  }
  return set;
}

function readPiece(reader: Reader): string[] | undefined {
  switch (reader.peek()) {
    case '(':
      return readGroup(reader);
    case '[':
      return readClass(reader);
    case '\\':
      return readEscape(reader);
    case '.':
    case '^':
    case '$':
    case '*':
    case '+':
    case '?':
    case '{':
      return undefined;
    default:
      return [reader.char()];
  }
}

function readEscape(reader: Reader): string[] | undefined {
  const c = reader.text[reader.pos + 1] ?? '';
  if (!ESCAPABLE.test(c)) return undefined;
  reader.pos += 2;
  return [c];
}

function readGroup(reader: Reader): string[] | undefined {
  if (reader.depth >= DEPTH_MAX) return undefined;
  reader.pos++;
  if (reader.peek() === '?') {
    if (reader.text[reader.pos + 1] !== ':') return undefined;
    reader.pos += 2;
  }
  reader.depth++;
  const set = readAlternatives(reader);
  reader.depth--;
  if (set === undefined || reader.peek() !== ')') return undefined;
  reader.pos++;
  return set;
}

/** `[abc]`, `[0-9]`: ASCII letters, digits and harmless punctuation only. */
function readClass(reader: Reader): string[] | undefined {
  const match = /\[((?:[A-Za-z0-9_.:/ ](?:-[A-Za-z0-9])?)+)\]/y;
  match.lastIndex = reader.pos;
  const found = match.exec(reader.text);
  if (!found) return undefined;
  reader.pos = match.lastIndex;
  const chars: string[] = [];
  for (const [, from, to] of found[1]!.matchAll(/(.)(?:-(.))?/g)) {
    const last = (to ?? from)!.charCodeAt(0);
    for (let c = from!.charCodeAt(0); c <= last; c++) chars.push(String.fromCharCode(c));
  }
  return chars;
}

/** A pattern of the shape `.*core.*`: what may stand around strings that are known. */
export interface InfixPattern {
  readonly literals: readonly string[];
  readonly before: Around;
  readonly after: Around;
}

/** Nothing, anything, or at least one character. */
export type Around = 'nothing' | 'any' | 'some';

/** For patterns that are known strings with `.*` or `.+` at one end or both. */
export function infixPattern(pattern: string): InfixPattern | undefined {
  const head = /^\^?(\.\*|\.\+)/.exec(pattern);
  const rest = head ? pattern.slice(head[0].length) : pattern;
  const tail = /(\.\*|\.\+)\$?$/.exec(rest);
  // A dot behind a backslash is a literal one.
  if (tail && /(^|[^\\])(\\\\)*\\$/.test(rest.slice(0, tail.index))) return undefined;
  const core = tail ? rest.slice(0, tail.index) : rest;
  // Without a group `|` reaches over the ends.
  if ((!head && !tail) || /[|?*+^$]/.test(core.replace(/^\((?:\?:)?[^()]*\)$/, ''))) return undefined;
  const literals = expandLiterals(core);
  if (literals === undefined || literals.includes('')) return undefined;
  return { literals, before: around(head?.[1]), after: around(tail?.[1]) };
}

function around(text: string | undefined): Around {
  if (text === undefined) return 'nothing';
  return text === '.*' ? 'any' : 'some';
}

/**
 * The longest substring, of at least two characters, that stands in every text in which the pattern matches
 * somewhere. Undefined where none is certain.
 */
export function requiredLiteral(pattern: string): string | undefined {
  // Flags change what a letter means, \Q…\E what everything means.
  if (/\(\?[a-zA-Z-]*[:)]/.test(pattern.replaceAll('(?:', '(')) || /\\[QE]/.test(pattern)) return undefined;
  let best = '';
  let run = '';
  const reader = new Reader(pattern);
  const end = () => {
    if (run.length > best.length) best = run;
    run = '';
  };
  while (!reader.done) {
    const c = reader.peek();
    if (c === '|') return undefined;
    if (c === '(' || c === '[') {
      end();
      if (!skipBracketed(reader)) return undefined;
      skipQuantifier(reader);
      continue;
    }
    const literal = readPiece(reader);
    if (literal === undefined) {
      // A dot, an anchor, a class escape: whatever it matches, it is not known.
      end();
      if (!skipUnknown(reader)) return undefined;
      skipQuantifier(reader);
      continue;
    }
    const quantifier = reader.peek();
    if (!QUANTIFIERS.has(quantifier)) run += literal[0];
    else {
      if (quantifier === '+') run += literal[0];
      end();
      skipQuantifier(reader);
    }
  }
  end();
  return best.length >= 2 ? best : undefined;
}

function skipQuantifier(reader: Reader): void {
  const match = /(?:[*+?]|\{\d+(?:,\d*)?\})\??/y;
  match.lastIndex = reader.pos;
  if (match.exec(reader.text)) reader.pos = match.lastIndex;
  // `{` that is no count is a literal brace; dropping it from the run is safe.
  else if (reader.peek() === '{') reader.pos++;
}

/** Steps over `.`, `^`, `$` or a class escape; false where the syntax is not a single known one. */
function skipUnknown(reader: Reader): boolean {
  const match = /[.^$]|\\[dDsSwWbBAz]/y;
  match.lastIndex = reader.pos;
  if (!match.exec(reader.text)) return false;
  reader.pos = match.lastIndex;
  return true;
}

/** Steps over a group or a class with all that is in it. */
function skipBracketed(reader: Reader): boolean {
  const { text } = reader;
  let depth = 0;
  do {
    const c = text[reader.pos];
    if (c === undefined) return false;
    if (c === '\\') reader.pos++;
    else if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === '[') {
      const match = /\[\^?\]?(?:\[:\^?[a-z]+:\]|\\[\s\S]|[^\\\]])*\]/y;
      match.lastIndex = reader.pos;
      if (!match.exec(text)) return false;
      reader.pos = match.lastIndex - 1;
    }
    reader.pos++;
  } while (depth > 0);
  return true;
}
