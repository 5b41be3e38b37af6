/**
 * Guessing the fields of a sample of lines: metadata, what the query's own parsers found, and what json or else
 * logfmt finds in each line; with a type, by the value seen last.
 */

import { goDurationNs } from '../../model/duration.ts';
import { parseGoFloat } from '../../model/go-float.ts';
import { Labels } from '../../model/labels.ts';
import { formatBytes, parseBytes } from '../lang/logql/units.ts';
import { labelName } from './extract-name.ts';
import { ParserHints } from './hints.ts';
import { EXTRACTED_SUFFIX, LineState, PARSED } from './line-state.ts';
import type { LogStream } from './log-query.ts';
import { compileJson } from './stage/json.ts';
import { eachMember, JsonError } from './stage/json-scan.ts';
import { compileLogfmt } from './stage/logfmt.ts';

type FieldType = 'string' | 'int' | 'float' | 'boolean' | 'duration' | 'bytes';

function typeOf(value: string): FieldType {
  if (/^[+-]?\d+$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value)) return 'int';
  if (parseGoFloat(value) !== undefined) return 'float';
  if (/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value)) return 'boolean';
  if (goDurationNs(value) !== undefined) return 'duration';
  return parseBytes(value) === undefined ? 'string' : 'bytes';
}

export class Field {
  type: FieldType = 'string';
  readonly values = new Set<string>();
  readonly parsers = new Set<string>();
  jsonPath: readonly string[] | undefined;

  add(value: string): void {
    this.type = typeOf(value);
    this.values.add(value);
  }
}

const isError = (name: string): boolean => name.startsWith('__error');

/** Reads lines as JSON, or else as logfmt; what it found stands in `state`, as parsed. */
class OwnParser {
  readonly state = new LineState();
  readonly #json = compileJson([], ParserHints.ALL);
  readonly #logfmt = compileLogfmt({ strict: false, keepEmpty: false, items: [] }, ParserHints.ALL);

  parse(labels: Labels, line: string): 'json' | 'logfmt' {
    const { state } = this;
    const bytes = Buffer.from(line);
    state.begin(labels, bytes, 0, bytes.length);
    state.sealed();
    this.#json(state);
    if (state.error === '') return 'json';
    state.begin(labels, bytes, 0, bytes.length);
    state.sealed();
    this.#logfmt(state);
    return 'logfmt';
  }

  each(visit: (name: string, value: string) => void): void {
    const { state } = this;
    for (let i = 0; i < state.count; i++) {
      const name = state.names[i]!;
      if (state.categories[i] === PARSED && name !== '' && !isError(name)) visit(name, state.valueAt(i));
    }
  }
}

export class FieldDetector {
  readonly fields = new Map<string, Field>();
  readonly #max: number;
  readonly #own = new OwnParser();

  constructor(max: number) {
    this.#max = max;
  }

  #field(name: string): Field | undefined {
    let field = this.fields.get(name);
    if (!field && this.fields.size < this.#max) {
      field = new Field();
      this.fields.set(name, field);
    }
    return field;
  }

  #addPairs(pairs: readonly string[]): void {
    for (let i = 0; i < pairs.length; i += 2) {
      if (!isError(pairs[i]!)) this.#field(pairs[i]!)?.add(pairs[i + 1]!);
    }
  }

  add(stream: LogStream): void {
    const labels = Labels.fromSorted(stream.labels);
    for (const entry of stream.entries) {
      this.#addPairs(entry.metadata ?? []);
      this.#addPairs(entry.parsed ?? []);
      this.#line(labels, entry.line, entry.parsed ?? []);
    }
  }

  /** `found`: what the query's parsers made of the line, which counts as found by the line's own parser. */
  #line(labels: Labels, line: string, found: readonly string[]): void {
    const parser = this.#own.parse(labels, line);
    const paths = parser === 'json' ? jsonPaths(line, this.#own.state) : undefined;
    for (let i = 0; i < found.length; i += 2)
      this.#foundBy(parser, this.fields.get(found[i]!), paths?.get(found[i]!));
    this.#own.each((name, value) => {
      const field = this.#field(name);
      if (!field) return;
      field.add(value);
      this.#foundBy(parser, field, paths?.get(name));
    });
  }

  /** The path is that of the last line read as JSON, even if it has none. */
  #foundBy(parser: string, field: Field | undefined, path: readonly string[] | undefined): void {
    if (field === undefined) return;
    field.parsers.add(parser);
    if (parser === 'json') field.jsonPath = path;
  }
}

/** A size whose unit is written: such values are given in the form that queries take. */
const SIZE_WITH_UNIT = /([bkmgtpe]|[kmgtpe]i)$/i;

/** Distinct values of a field; no entry is looked at once there are `limit`. */
export function fieldValues(streams: readonly LogStream[], name: string, limit: number): Set<string> {
  const values = new Set<string>();
  const own = new OwnParser();
  const addParsed = (value: string): void => {
    const bytes = SIZE_WITH_UNIT.test(value) ? parseBytes(value) : undefined;
    values.add(bytes === undefined ? value : formatBytes(bytes));
  };
  for (const stream of streams) {
    const labels = Labels.fromSorted(stream.labels);
    for (const { metadata, parsed, line } of stream.entries) {
      if (values.size >= limit) return values;
      for (const value of named(metadata ?? [], name)) values.add(value);
      if (!isError(name)) for (const value of named(parsed ?? [], name)) addParsed(value);
      own.parse(labels, line);
      own.each((found, value) => {
        if (found === name) addParsed(value);
      });
    }
  }
  return values;
}

function named(pairs: readonly string[], name: string): string[] {
  return pairs.filter((_, i) => i % 2 === 1 && pairs[i - 1] === name);
}

/** Objects nested deeper than this are not looked into. */
const PATH_MAX = 128;

/** Label name → path of keys, of an object line. */
function jsonPaths(line: string, state: LineState): Map<string, string[]> {
  const out = new Map<string, string[]>();
  const walk = (at: number, path: readonly string[]): void => {
    if (path.length > PATH_MAX) return;
    eachMember(line, at, (key, value) => {
      const inner = [...path, key];
      if (value.kind === 'object') walk(value.start, inner);
      else if (value.kind !== 'null' && value.kind !== 'array') {
        const parts = inner.map((part) => part.trim()).filter((part) => part !== '');
        const plain = labelName(parts.join('_'));
        const name = state.streamHas(plain) ? plain + EXTRACTED_SUFFIX : plain;
        if (!out.has(name)) out.set(name, inner);
      }
      return true;
    });
  };
  try {
    walk(0, []);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
  }
  return out;
}
