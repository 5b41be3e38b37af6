/**
 * The syntax of Go's text/template: text with actions in `{{ }}`, trim markers, control structures and
 * pipelines. Parsing builds a tree of nodes; `eval.ts` runs it.
 */

import { unquote } from '../go-string.ts';
import { type Token, tokenizeAction, unquoteGo } from './tokens.ts';
import { TemplateError, type Value } from './value.ts';

export type Operand =
  | { readonly kind: 'dot' }
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: 'function'; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'nil' }
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline; readonly path: readonly string[] };

export interface Pipeline {
  /** Variables set: one, or index and element of a range. */
  readonly variables: readonly string[];
  /** `=` changes a variable that is there, `:=` makes one. */
  readonly assigns: boolean;
  readonly commands: readonly (readonly Operand[])[];
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipeline: Pipeline }
  | {
      readonly kind: 'if' | 'with' | 'range';
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly orElse: readonly Node[];
    }
  | { readonly kind: 'template'; readonly name: string; readonly pipeline: Pipeline | undefined }
  | { readonly kind: 'break' | 'continue' };

export interface ParsedTemplate {
  readonly nodes: readonly Node[];
  readonly defined: ReadonlyMap<string, readonly Node[]>;
  /** Where commands stand, for messages. */
  readonly places: ReadonlyMap<readonly Operand[], CommandPlace>;
}

export interface CommandPlace {
  /** Of the template that was parsed. */
  readonly label: string;
  /** From 1. */
  readonly line: number;
  /** Bytes of the line before it. */
  readonly column: number;
  readonly text: string;
}

/** Actions nested deeper than this are refused. */
const DEPTH_MAX = 200;

function isBlank(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
}

class Parser {
  readonly #source: string;
  readonly #label: string;
  readonly #functions: ReadonlySet<string>;
  readonly defined = new Map<string, readonly Node[]>();
  readonly #places = new Map<readonly Operand[], CommandPlace>();
  /** Where the tokens of the action begin. */
  #actionAt = 0;
  #isInAction = false;
  #at = 0;
  #trimNext = false;
  #tokens: Token[] = [];
  #pos = 0;
  #variables: string[] = ['$'];
  #rangeDepth = 0;
  #depth = 0;

  constructor(source: string, label: string, functions: ReadonlySet<string>) {
    this.#source = source;
    this.#label = label;
    this.#functions = functions;
  }

  #fail(message: string): TemplateError {
    return new TemplateError(`template: ${this.#label}:${this.#line()}: ${message}`);
  }

  /** Of what is being read. */
  #line(): number {
    const token = this.#tokens[Math.max(this.#pos - 1, 0)];
    const at = this.#isInAction ? this.#actionAt + (token?.at ?? 0) : this.#at;
    return this.#source.slice(0, at).split('\n').length;
  }

  parse(): ParsedTemplate {
    const { nodes, end } = this.#list();
    if (end !== 'eof') throw this.#fail(`unexpected {{${end}}}`);
    return { nodes, defined: this.defined, places: this.#places };
  }

  /** Nodes up to `{{end}}`, `{{else …}}` or the end of the text; the action that ended them is in the tokens. */
  #list(): { nodes: Node[]; end: 'eof' | 'end' | 'else' } {
    if (++this.#depth > DEPTH_MAX) throw this.#fail('nested too deeply');
    const nodes: Node[] = [];
    const variables = this.#variables.length;
    while (true) {
      const text = this.#text();
      if (text !== '') nodes.push({ kind: 'text', text });
      if (this.#at >= this.#source.length) return this.#close(nodes, 'eof', variables);
      if (!this.#action()) continue;
      const word = this.#peek();
      if (word?.kind === 'word' && (word.text === 'end' || word.text === 'else')) {
        this.#pos++;
        return this.#close(nodes, word.text, variables);
      }
      const node = this.#statement();
      if (node) nodes.push(node);
    }
  }

  #close<E>(nodes: Node[], end: E, variables: number): { nodes: Node[]; end: E } {
    this.#depth--;
    this.#variables.length = variables;
    return { nodes, end };
  }

  #text(): string {
    this.#isInAction = false;
    const open = this.#source.indexOf('{{', this.#at);
    const end = open < 0 ? this.#source.length : open;
    let text = this.#source.slice(this.#at, end);
    this.#at = end;
    if (this.#trimNext) text = text.replace(/^[ \t\r\n]+/, '');
    this.#trimNext = false;
    if (open >= 0 && /^\{\{-[ \t\r\n]/.test(this.#source.slice(open, open + 4)))
      text = text.replace(/[ \t\r\n]+$/, '');
    return text;
  }

  /** Reads the action at the cursor into tokens; false for a comment. */
  #action(): boolean {
    const open = this.#at;
    let from = open + 2;
    if (/^-[ \t\r\n]/.test(this.#source.slice(from, from + 2))) from += 2;
    if (this.#source.startsWith('/*', from)) {
      const close = this.#source.indexOf('*/', from);
      const tail = close < 0 ? null : /^([ \t\r\n]-)?\}\}/.exec(this.#source.slice(close + 2));
      if (!tail) throw this.#fail('unclosed comment');
      this.#trimNext = tail[1] !== undefined;
      this.#at = close + 2 + tail[0].length;
      return false;
    }
    const close = this.#closing(from);
    let inner = this.#source.slice(from, close);
    if (/[ \t\r\n]-$/.test(inner)) {
      inner = inner.slice(0, -2);
      this.#trimNext = true;
    }
    this.#at = close + 2;
    this.#actionAt = from + inner.length - inner.trimStart().length;
    this.#pos = 0;
    this.#tokens = [];
    this.#isInAction = true;
    this.#tokens = tokenizeAction(inner.trim(), `${this.#label}:${this.#line()}`);
    return true;
  }

  /** Where the action's `}}` is, strings respected. */
  #closing(from: number): number {
    for (let i = from; i < this.#source.length; i++) {
      const c = this.#source[i]!;
      if (c === '}' && this.#source[i + 1] === '}') return i;
      if (c === '`') {
        i = this.#source.indexOf('`', i + 1);
        if (i < 0) throw this.#fail('unterminated raw quoted string');
      } else if (c === '"' || c === "'") i = this.#quoteEnd(i, c);
    }
    throw this.#fail('unclosed action');
  }

  /** The quote that closes the one at `at`. */
  #quoteEnd(at: number, quote: string): number {
    for (let i = at + 1; i < this.#source.length && this.#source[i] !== '\n'; i++) {
      if (this.#source[i] === quote) return i;
      if (this.#source[i] === '\\') i++;
    }
    throw this.#fail(quote === '"' ? 'unterminated quoted string' : 'unterminated character constant');
  }

  // --------------------------------------------------------------------------------------- statements

  #peek(): Token | undefined {
    while (this.#tokens[this.#pos]?.kind === 'space') this.#pos++;
    return this.#tokens[this.#pos];
  }

  #statement(): Node | undefined {
    const token = this.#peek();
    if (token?.kind === 'word') {
      switch (token.text) {
        case 'if':
        case 'with':
        case 'range':
          this.#pos++;
          return this.#control(token.text);
        case 'define':
          if (this.#depth > 1) throw this.#fail('unexpected <define> in command');
          this.#pos++;
          return this.#define();
        case 'block':
          this.#pos++;
          return this.#block();
        case 'template':
          this.#pos++;
          return { kind: 'template', name: this.#name(), pipeline: this.#optionalPipeline() };
        case 'break':
        case 'continue':
          if (this.#rangeDepth === 0) throw this.#fail(`{{${token.text}}} outside {{range}}`);
          return { kind: token.text };
        default:
          break;
      }
    }
    return { kind: 'action', pipeline: this.#pipeline('command', true) };
  }

  #name(): string {
    const token = this.#peek();
    if (token?.kind !== 'string') throw this.#fail('unexpected token in template clause');
    this.#pos++;
    return unquoteGo(token.text);
  }

  #optionalPipeline(): Pipeline | undefined {
    return this.#peek() === undefined ? undefined : this.#pipeline('template', true);
  }

  #control(kind: 'if' | 'with' | 'range'): Node {
    const before = this.#variables.length;
    const pipeline = this.#pipeline(kind, true);
    if (kind === 'range') this.#rangeDepth++;
    const { nodes: body, end } = this.#list();
    if (kind === 'range') this.#rangeDepth--;
    if (end === 'eof') throw this.#fail('unexpected EOF');
    let orElse: Node[] = [];
    if (end === 'else') {
      const next = this.#peek();
      if (next?.kind === 'word' && (next.text === 'if' || next.text === 'with')) {
        this.#pos++;
        orElse = [this.#control(next.text)];
      } else {
        const rest = this.#list();
        if (rest.end !== 'end') throw this.#fail(`expected end; found {{${rest.end}}}`);
        orElse = rest.nodes;
      }
    }
    this.#variables.length = before;
    return { kind, pipeline, body, orElse };
  }

  #define(): undefined {
    const name = this.#name();
    const { nodes, end } = this.#list();
    if (end !== 'end') throw this.#fail('unexpected EOF');
    this.#add(name, nodes);
  }

  /** Of two definitions one must be blank, which does not count. */
  #add(name: string, nodes: readonly Node[]): void {
    const before = this.defined.get(name) ?? [];
    if (isBlank(nodes) && !isBlank(before)) return;
    if (!isBlank(nodes) && !isBlank(before)) {
      throw this.#fail(`template: multiple definition of template ${JSON.stringify(name)}`);
    }
    this.defined.set(name, nodes);
  }

  #block(): Node {
    const name = this.#name();
    const pipeline = this.#pipeline('block clause', true);
    const { nodes, end } = this.#list();
    if (end !== 'end') throw this.#fail('unexpected EOF');
    this.#add(name, nodes);
    return { kind: 'template', name, pipeline };
  }

  // ---------------------------------------------------------------------------------------- pipelines

  #pipeline(context: string, toEnd: boolean): Pipeline {
    const { variables, assigns } = this.#declaration(context);
    const commands: Operand[][] = [];
    while (true) {
      const operands = this.#command();
      // A pipe may stand at the end, with nothing behind it.
      if (operands.length === 0 && commands.length > 0 && this.#peek()?.text !== '|') break;
      if (operands.length === 0) throw this.#fail(`missing value for ${context}`);
      commands.push(operands);
      const next = this.#peek();
      if (next?.text !== '|' || next.kind !== 'symbol') break;
      this.#pos++;
    }
    const rest = toEnd ? this.#peek() : undefined;
    if (rest?.text === ')') throw this.#fail('unexpected right paren');
    if (rest) throw this.#fail(`unexpected ${JSON.stringify(rest.text)} in ${context}`);
    for (let i = 1; i < commands.length; i++) {
      const first = commands[i]![0]!;
      if (first.kind === 'literal' || first.kind === 'dot' || first.kind === 'nil') {
        throw this.#fail(`non executable command in pipeline stage ${i + 1}`);
      }
    }
    if (!assigns) this.#variables.push(...variables);
    return { variables, assigns, commands };
  }

  #declaration(context: string): { variables: string[]; assigns: boolean } {
    const start = this.#pos;
    const variables: string[] = [];
    while (this.#peek()?.kind === 'variable') {
      variables.push(this.#tokens[this.#pos++]!.text);
      const next = this.#peek();
      if (next?.kind === 'symbol' && (next.text === ':=' || next.text === '=')) {
        this.#pos++;
        const assigns = next.text === '=';
        for (const v of variables) {
          if (assigns && !this.#variables.includes(v))
            throw this.#fail(`undefined variable ${JSON.stringify(v)}`);
        }
        return { variables, assigns };
      }
      if (next?.text !== ',' || context !== 'range') break;
      this.#pos++;
    }
    this.#pos = start;
    return { variables: [], assigns: false };
  }

  #command(): Operand[] {
    const operands: Operand[] = [];
    this.#peek();
    const first = this.#pos;
    while (true) {
      const token = this.#peek();
      if (!token || (token.kind === 'symbol' && (token.text === '|' || token.text === ')'))) {
        if (operands.length > 0) this.#places.set(operands, this.#placeOf(first));
        return operands;
      }
      operands.push(this.#operand(token));
      const glued = this.#tokens[this.#pos];
      if (glued && glued.kind !== 'space' && !(glued.kind === 'symbol' && /[|)]/.test(glued.text))) {
        throw this.#fail(`unexpected ${JSON.stringify(glued.text)} in operand`);
      }
    }
  }

  /** Of the command from the token to the cursor. */
  #placeOf(first: number): CommandPlace {
    const tokens = this.#tokens.slice(first, this.#pos);
    const before = this.#source.slice(0, this.#actionAt + tokens[0]!.at);
    const lineAt = before.lastIndexOf('\n') + 1;
    return {
      label: this.#label,
      line: before.split('\n').length,
      column: Buffer.byteLength(before.slice(lineAt)),
      text: tokens
        .map(({ kind, text }) => (kind === 'space' ? ' ' : text))
        .join('')
        .trimEnd(),
    };
  }

  /** `.a.b` after an operand. */
  #path(): string[] {
    const path: string[] = [];
    while (this.#tokens[this.#pos]?.kind === 'field') path.push(this.#tokens[this.#pos++]!.text.slice(1));
    return path;
  }

  #operand(token: Token): Operand {
    this.#pos++;
    switch (token.kind) {
      case 'field':
        return { kind: 'field', path: [token.text.slice(1), ...this.#path()] };
      case 'variable':
        if (!this.#variables.includes(token.text)) {
          throw this.#fail(`undefined variable ${JSON.stringify(token.text)}`);
        }
        return { kind: 'variable', name: token.text, path: this.#path() };
      case 'string':
        return { kind: 'literal', value: this.#string(token.text) };
      case 'char':
        return { kind: 'literal', value: this.#character(token.text) };
      case 'number':
        return { kind: 'literal', value: this.#number(token.text) };
      case 'word':
        if (token.text === 'true' || token.text === 'false') {
          return { kind: 'literal', value: token.text === 'true' };
        }
        if (token.text === 'nil') return { kind: 'nil' };
        if (!this.#functions.has(token.text)) {
          throw this.#fail(`function ${JSON.stringify(token.text)} not defined`);
        }
        return { kind: 'function', name: token.text, path: this.#path() };
      default:
        break;
    }
    if (token.text === '.') return { kind: 'dot' };
    if (token.text === '(') {
      const pipeline = this.#pipeline('parenthesized pipeline', false);
      if (this.#peek()?.text !== ')') throw this.#fail('unclosed left paren');
      this.#pos++;
      return { kind: 'pipeline', pipeline, path: this.#path() };
    }
    throw this.#fail(`unexpected ${JSON.stringify(token.text)} in operand`);
  }

  #string(text: string): string {
    try {
      return unquote(text);
    } catch {
      throw this.#fail('invalid syntax');
    }
  }

  #character(text: string): Value {
    const [rune, ...rest] = [...unquoteGo(text)];
    if (rune === undefined || rest.length > 0) throw this.#fail(`malformed character constant: ${text}`);
    return BigInt(rune.codePointAt(0)!);
  }

  #number(text: string): Value {
    const plain = text.replaceAll('_', '');
    if (/^[+-]?\d+$/.test(plain) || /^[+-]?0[xX]/.test(plain)) {
      const digits = plain.replace(/^[+-]/, '');
      const value = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
      return plain.startsWith('-') ? -value : value;
    }
    return Number(plain);
  }
}

/** Parses a template; throws `TemplateError`. `functions` are the names that may be called. */
export function parseTemplate(source: string, label: string, functions: ReadonlySet<string>): ParsedTemplate {
  return new Parser(source, label, functions).parse();
}
