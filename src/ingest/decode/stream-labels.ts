/**
 * Labels of log streams: the label string of Loki's protobuf push (a PromQL selector with `=` only), its text form
 * in messages, the discovery of `service_name`, limits, and the normalisation of structured metadata names.
 */

import { TriliteError } from '../../model/errors.ts';
import { quote, readEscape } from '../../model/go-string.ts';
import { Labels } from '../../model/labels.ts';
import type { LogLimits } from '../../model/limits.ts';

export const SERVICE_NAME = 'service_name';
export const UNKNOWN_SERVICE = 'unknown_service';

/** Labels that name a service, the best first. */
const SERVICE_LABELS = [
  'service',
  'app',
  'application',
  'app_name',
  'name',
  'app_kubernetes_io_name',
  'container',
  'container_name',
  'k8s_container_name',
  'component',
  'workload',
  'job',
  'k8s_job_name',
] as const;

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function isLabelName(name: string): boolean {
  return LABEL_NAME.test(name);
}

/** Labels with `service_name` added where it is missing: from another label, else `unknown_service`. */
export function withServiceName(labels: Labels): Labels {
  if (labels.has(SERVICE_NAME)) return labels;
  for (const name of SERVICE_LABELS) {
    const value = labels.get(name);
    if (value !== '') return labels.with(SERVICE_NAME, value);
  }
  return labels.with(SERVICE_NAME, UNKNOWN_SERVICE);
}

/** `{app="api", env="prod"}`, names ascending. */
export function streamText(labels: Labels): string {
  const parts: string[] = [];
  const p = labels.pairs;
  for (let i = 0; i < p.length; i += 2) parts.push(`${p[i]}=${quote(p[i + 1]!)}`);
  return `{${parts.join(', ')}}`;
}

/** Labels given as an object; a name that is no label name fails as the label string would. */
export function streamLabelsOf(pairs: ReadonlyMap<string, string>): Labels {
  for (const name of pairs.keys()) {
    if (isLabelName(name)) continue;
    const text = [...pairs.keys()].sort().map((n) => `${n}=${quote(pairs.get(n)!)}`);
    return parseStreamLabels(`{${text.join(', ')}}`);
  }
  return Labels.from(pairs);
}

/**
 * Parses a label string. Throws `TriliteError` (`bad_data`) with `couldn't parse labels: line:column: …`. An empty
 * string is the empty label set.
 */
export function parseStreamLabels(text: string): Labels {
  if (text.trim() === '') return Labels.EMPTY;
  return new LabelParser(text).parse();
}

const IDENTIFIER_START = /[a-zA-Z_]/;
const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const IDENTIFIER = /[a-zA-Z_][a-zA-Z0-9_]*/y;

class LabelParser {
  readonly #text: string;
  #pos = 0;
  readonly #pairs = new Map<string, string>();

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Labels {
    this.#space();
    const metric = this.#match(METRIC_NAME);
    if (metric !== undefined) this.#pairs.set('__name__', metric);
    this.#space();
    if (this.#peek() === '{') this.#braces();
    else if (metric === undefined) this.#unexpected('metric description');
    this.#space();
    if (this.#peek() !== '') this.#unexpected('metric description', 'end of input');
    return Labels.from(this.#pairs);
  }

  #braces(): void {
    this.#pos++;
    for (;;) {
      this.#space();
      if (this.#peek() === '}') break;
      const at = this.#pos;
      const name = this.#match(IDENTIFIER);
      if (name === undefined) this.#badInside(at, 'label set', 'identifier or "}"');
      this.#space();
      if (this.#peek() !== '=' || /[=~]/.test(this.#text[this.#pos + 1] ?? '')) {
        this.#badInside(this.#pos, 'label set', '"="');
      }
      this.#pos++;
      this.#space();
      const value = this.#string();
      if (this.#pairs.has(name)) this.#fail(`duplicate label name: ${quote(name)}`, at);
      this.#pairs.set(name, value);
      this.#space();
      if (this.#peek() === ',') this.#pos++;
      else if (this.#peek() !== '}') this.#badInside(this.#pos, 'label set', '"," or "}"');
    }
    this.#pos++;
  }

  #string(): string {
    const start = this.#pos;
    const mark = this.#peek();
    if (mark !== '"' && mark !== "'" && mark !== '`') this.#badInside(start, 'label set', 'string');
    this.#pos++;
    if (mark === '`') {
      const end = this.#text.indexOf('`', this.#pos);
      if (end < 0) this.#fail('unterminated raw string', start);
      const raw = this.#text.slice(this.#pos, end);
      this.#pos = end + 1;
      return raw;
    }
    const bytes: (string | number)[] = [];
    for (;;) {
      const c = this.#peek();
      if (c === '' || c === '\n') this.#fail('unterminated quoted string', start);
      this.#pos += c.length;
      if (c === mark) return joinText(bytes);
      bytes.push(c === '\\' ? this.#escape(mark) : c);
    }
  }

  /** What follows a backslash: text, or the number of a single byte. */
  #escape(mark: string): string | number {
    try {
      const { end, code, byte } = readEscape(this.#text, this.#pos, mark);
      this.#pos = end;
      return byte ? code : String.fromCodePoint(code);
    } catch (error) {
      if (!(error instanceof TriliteError)) throw error;
      return this.#fail(error.message, this.#pos - 1);
    }
  }

  #peek(): string {
    const code = this.#text.codePointAt(this.#pos);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#pos;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#pos += found.length;
    return found;
  }

  #space(): void {
    while (/[ \t\n\r]/.test(this.#text[this.#pos] ?? '')) this.#pos++;
  }

  /** A character that no token inside braces starts with has a message of its own. */
  #badInside(at: number, where: string, expected: string): never {
    this.#pos = at;
    const c = this.#peek();
    if (c !== '' && !IDENTIFIER_START.test(c) && !'{},="\'`!~'.includes(c)) {
      this.#fail(`unexpected character inside braces: ${runeText(c)}`, at);
    }
    return this.#unexpected(where, expected);
  }

  #unexpected(where: string, expected?: string): never {
    const c = this.#peek();
    const identifier = this.#match(IDENTIFIER);
    const what = c === '' ? 'end of input' : identifier ? `identifier ${quote(identifier)}` : quote(c);
    this.#fail(`unexpected ${what} in ${where}${expected ? `, expected ${expected}` : ''}`, this.#pos);
  }

  #fail(message: string, at: number): never {
    const before = this.#text.slice(0, at);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(lineStart)) + 1;
    throw new TriliteError('bad_data', `couldn't parse labels: ${line}:${column}: parse error: ${message}`);
  }
}

function runeText(c: string): string {
  return c === "'" ? "'\\''" : `'${quote(c).slice(1, -1)}'`;
}

/** Text pieces and single bytes as one text; bytes that are no UTF-8 become U+FFFD. */
function joinText(pieces: readonly (string | number)[]): string {
  if (pieces.every((p) => typeof p === 'string')) return pieces.join('');
  return Buffer.concat(
    pieces.map((p) => (typeof p === 'string' ? Buffer.from(p) : Buffer.from([p]))),
  ).toString();
}

/** Why the stream is refused by the limits, or undefined. */
export function checkStream(labels: Labels, limits: LogLimits): string | undefined {
  const count = labels.size - (labels.has(SERVICE_NAME) ? 1 : 0);
  if (count > limits.labelNamesMax) {
    return `entry for stream '${streamText(labels)}' has ${count} label names; limit ${limits.labelNamesMax}`;
  }
  const p = labels.pairs;
  for (let i = 0; i < p.length; i += 2) {
    const name = p[i]!;
    const value = p[i + 1]!;
    // A string of n characters has n bytes at least and 3n at most.
    if (3 * name.length > limits.labelNameMaxBytes && Buffer.byteLength(name) > limits.labelNameMaxBytes) {
      return `stream '${streamText(labels)}' has label name too long: '${name}'`;
    }
    if (
      3 * value.length > limits.labelValueMaxBytes &&
      Buffer.byteLength(value) > limits.labelValueMaxBytes
    ) {
      return `stream '${streamText(labels)}' has label value too long: '${value}'`;
    }
  }
  return undefined;
}

/**
 * A structured metadata name as it is stored: `_` for each run of anything but ASCII letters and digits, names of
 * the form `__x__` keeping their double underscores, `key_` before a leading digit. Throws `TriliteError`
 * (`internal`, as the original answers 500) for a name of which nothing but underscores is left.
 */
export function normalizeMetadataName(name: string): string {
  if (name === '') throw new TriliteError('internal', 'label name is empty');
  const reserved = name.length > 4 && name.startsWith('__') && name.endsWith('__');
  const inner = (reserved ? name.slice(2, -2) : name).replace(/[^a-zA-Z0-9]+/g, '_');
  let out = reserved ? `__${inner}__` : inner;
  if (/^[0-9]/.test(out)) out = `key_${out}`;
  if (/^_+$/.test(out)) {
    const from = quote(name);
    throw new TriliteError(
      'internal',
      `normalization for label name ${from} resulted in invalid name ${quote(out)}`,
    );
  }
  return out;
}
