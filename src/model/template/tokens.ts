/** Tokens of an action, the inside of `{{ }}`. */

import { TemplateError } from './value.ts';

export interface Token {
  readonly kind: 'word' | 'field' | 'variable' | 'string' | 'char' | 'number' | 'symbol' | 'space';
  readonly text: string;
  /** Where in the action it begins. */
  readonly at: number;
}

const TOKEN =
  /(\s+)|([A-Za-z_][A-Za-z0-9_]*)|(\.[A-Za-z_][A-Za-z0-9_]*)|(\$[A-Za-z0-9_]*)|("(?:[^"\\\n]|\\.)*"|`[^`]*`)|('(?:[^'\\\n]|\\.)*')|([+-]?(?:0[xX][0-9a-fA-F_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))|(:=|[|(),=.])/y;
const KINDS = ['space', 'word', 'field', 'variable', 'string', 'char', 'number', 'symbol'] as const;

/** Go's quoted string without its quotes. */
export function unquoteGo(text: string): string {
  if (text.startsWith('`')) return text.slice(1, -1);
  return text
    .slice(1, -1)
    .replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/gs, (_, e: string) => {
      if (/^[xuU]./.test(e)) return String.fromCodePoint(Number.parseInt(e.slice(1), 16));
      if (/^[0-7]{3}$/.test(e)) return String.fromCharCode(Number.parseInt(e, 8));
      const simple = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }[e];
      return simple ?? e;
    });
}

/** `place` is the template's name and the line, for messages. */
export function tokenizeAction(source: string, place: string): Token[] {
  const out: Token[] = [];
  let at = 0;
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const m = TOKEN.exec(source);
    if (!m) {
      const c = source[at]!;
      const quote = c === '"' || c === '`' || c === "'";
      throw new TemplateError(
        `template: ${place}: ${quote ? 'unterminated quoted string' : `unexpected ${JSON.stringify(c)} in ${at === 0 ? 'command' : 'operand'}`}`,
      );
    }
    const kind = KINDS[m.findIndex((g, i) => i > 0 && g !== undefined) - 1]!;
    out.push({ kind, text: m[0], at });
    at += m[0].length;
  }
  return out;
}
