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

  /** What filters may compare with: sizes that the line has are shown in their canonical form. */
  readonly shown = new Set<string>();

  add(value: string, source: 'metadata' | 'line'): void {
    this.type = typeOf(value);
    this.values.add(value);
    const bytes = source === 'line' && /[a-z]$/i.test(value) ? parseBytes(value) : undefined;
    this.shown.add(bytes === undefined ? value : formatBytes(bytes));
  }
}

export class FieldDetector {
  readonly fields = new Map<string, Field>();
  readonly #max: number;
  readonly #state = new LineState();
  readonly #json = compileJson([], ParserHints.ALL);
  readonly #logfmt = compileLogfmt({ strict: false, keepEmpty: false, items: [] }, ParserHints.ALL);

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

  #addPairs(pairs: readonly string[], source: 'metadata' | 'line'): void {
    for (let i = 0; i < pairs.length; i += 2) {
      if (!pairs[i]!.startsWith('__error')) this.#field(pairs[i]!)?.add(pairs[i + 1]!, source);
    }
  }

  add(stream: LogStream): void {
    const labels = Labels.fromSorted(stream.labels);
    for (const entry of stream.entries) {
      this.#addPairs(entry.metadata ?? [], 'metadata');
      this.#addPairs(entry.parsed ?? [], 'line');
      this.#line(labels, entry.line, entry.parsed ?? []);
    }
  }

  /** `found`: what the query's parsers made of the line, which counts as found by the line's own parser. */
  #line(labels: Labels, line: string, found: readonly string[]): void {
    const state = this.#state;
    const bytes = Buffer.from(line);
    state.begin(labels, bytes, 0, bytes.length);
    state.sealed();
    this.#json(state);
    let parser = 'json';
    if (state.error !== '') {
      state.begin(labels, bytes, 0, bytes.length);
      state.sealed();
      this.#logfmt(state);
      parser = 'logfmt';
    }
    const paths = parser === 'json' ? jsonPaths(line, state) : undefined;
    for (let i = 0; i < found.length; i += 2)
      this.#foundBy(parser, this.fields.get(found[i]!), paths?.get(found[i]!));
    for (let i = 0; i < state.count; i++) {
      const value = state.valueAt(i);
      if (state.categories[i] !== PARSED || state.names[i]!.startsWith('__error')) continue;
      const field = this.#field(state.names[i]!);
      if (!field) continue;
      field.add(value, 'line');
      this.#foundBy(parser, field, paths?.get(state.names[i]!));
    }
  }

  /** The path is that of the last line read as JSON, even if it has none. */
  #foundBy(parser: string, field: Field | undefined, path: readonly string[] | undefined): void {
    if (field === undefined) return;
    field.parsers.add(parser);
    if (parser === 'json') field.jsonPath = path;
  }
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
