/** `| json`: every field of an object line, nested objects flattened; or the values at given paths. */

import { labelText } from '../../../base/json-escapes.ts';
import type { ExtractItem } from '../../lang/logql/ast.ts';
import { printStage } from '../../lang/logql/printer.ts';
import { labelName, nestedPart } from '../extract-name.ts';
import type { ParserHints } from '../hints.ts';
import { EXTRACTED_SUFFIX, type LineState } from '../line-state.ts';
import { DEPTH_MAX, JsonFields } from './json-fields.ts';
import { type Path, PathSearch } from './json-paths.ts';
import { eachMember, type JsonCursor, JsonError } from './json-scan.ts';
import { NO_STAGE, type StageFn, stageError } from './stage.ts';

export const JSON_ERROR = 'JSONParserErr';

export function compileJson(items: readonly ExtractItem[], hints: ParserHints): StageFn {
  if (items.length > 0) return compileJsonPaths(items, hints);
  if (hints.nothing) return NO_STAGE;
  const fields = new JsonFields(hints);
  return (state) => {
    const kept = state.isFresh ? fields.run(state) : undefined;
    if (kept !== undefined) return kept;
    if (hints.done(state)) return true;
    const extractor = new FieldExtractor(state, hints);
    try {
      extractor.members(state.text(), 0, '', 0);
    } catch (error) {
      fail(state, error);
    }
    return !extractor.dropped;
  };
}

function fail(state: LineState, error: unknown): void {
  if (!(error instanceof JsonError)) throw error;
  state.setParserError(JSON_ERROR, error.message);
}

class FieldExtractor {
  readonly #state: LineState;
  readonly #hints: ParserHints;
  /** A filter on a label just found refuses the line. */
  dropped = false;

  constructor(state: LineState, hints: ParserHints) {
    this.#state = state;
    this.#hints = hints;
  }

  /** Returns false once every needed label is there. */
  members(text: string, at: number, prefix: string, depth: number): boolean {
    const hints = this.#hints;
    let finished = false;
    eachMember(text, at, (key, value) => {
      if (value.kind === 'object') {
        const part = prefix === '' ? labelName(key) : nestedPart(key);
        const name = prefix === '' || part === '' ? prefix + part : `${prefix}_${part}`;
        if (depth >= DEPTH_MAX || !hints.wantsPrefix(name)) return true;
        finished = !this.members(text.slice(value.start, value.end), 0, name, depth + 1);
        return !finished;
      }
      if (value.kind !== 'null' && value.kind !== 'array') this.#add(prefix, key, value);
      finished = this.dropped || hints.done(this.#state);
      return !finished;
    });
    return !finished;
  }

  #add(prefix: string, key: string, value: JsonCursor): void {
    const part = prefix === '' ? labelName(key) : nestedPart(key);
    // A part that is empty leaves an object's own name to the value.
    let name = prefix === '' || part === '' ? prefix + part : `${prefix}_${part}`;
    if (name === '') return;
    // The suffix of one that collides is a part of its own then.
    if (part === '' && this.#state.collides(name)) name = `${prefix}_${EXTRACTED_SUFFIX}`;
    const stored = this.#state.parsedName(name);
    if (stored === undefined || !this.#hints.wants(stored)) return;
    this.#state.addParsed(stored, value.valueText());
    if (!this.#hints.admits(stored, this.#state)) this.dropped = true;
  }
}

// ------------------------------------------------------------------------------------------------- paths

/** Reads `a.b`, `a[0]`, `a["k"]`, `["odd key"]`, blanks between; a string says what is wrong. */
export function parseJsonPath(text: string): Path | string {
  const path: (string | number)[] = [];
  let rest = text.replace(/^[ \t\n]+/, '');
  while (rest !== '') {
    const field = path.length === 0 ? FIELD.exec(rest) : DOT_FIELD.exec(rest);
    const index = INDEX.exec(rest);
    const key = KEY.exec(rest);
    if (field) path.push(field[1]!);
    else if (index) path.push(Number(index[1]));
    else if (key) path.push(key[1]!);
    else return pathFault(rest, path.length === 0);
    rest = rest.slice((field ?? index ?? key)![0].length).replace(/^[ \t\n]+/, '');
  }
  return path.length === 0 ? 'syntax error: unexpected $end, expecting LSB or FIELD' : path;
}

const FIELD = /^([A-Za-z_][A-Za-z0-9_]*)/;
const DOT_FIELD = /^\.[ \t\n]*([A-Za-z_][A-Za-z0-9_]*)/;
const INDEX = /^\[[ \t\n]*(\d+)[ \t\n]*\]/;
/** Between quotes there is no escape. */
const KEY = /^\[[ \t\n]*"([^"\]]*)"[ \t\n]*\]/;

/** What the path's own grammar says of a rest that it cannot read. */
function pathFault(rest: string, isFirst: boolean): string {
  if (/^\[[ \t\n]*"/.test(rest)) return 'syntax error: unexpected $end, expecting RSB';
  const inside = /^\[[ \t\n]*/.exec(rest)?.[0];
  if (inside)
    return `syntax error: unexpected ${pathToken(rest.slice(inside.length))}, expecting STRING or INDEX`;
  if (isFirst) return `syntax error: unexpected ${pathToken(rest)}, expecting LSB or FIELD`;
  const dot = /^\.[ \t\n]*/.exec(rest)?.[0];
  if (dot) return `syntax error: unexpected ${pathToken(rest.slice(dot.length))}, expecting FIELD`;
  const token = pathToken(rest);
  return token === '$end' ? `unexpected char ${[...rest][0]}` : `syntax error: unexpected ${token}`;
}

/** Its first token; what is none is the end to the grammar. */
function pathToken(rest: string): string {
  if (/^\d+[ \t\n\]]/.test(rest)) return 'INDEX';
  if (/^[A-Za-z_]/.test(rest)) return 'FIELD';
  return { '[': 'LSB', ']': 'RSB', '.': 'DOT', '"': 'STRING' }[rest.charAt(0)] ?? '$end';
}

function compileJsonPaths(items: readonly ExtractItem[], hints: ParserHints): StageFn {
  const paths = items.map(({ source }) => {
    const path = parseJsonPath(source);
    if (typeof path !== 'string') return path;
    throw stageError(printStage({ kind: 'json', items }), `cannot parse expression [${source}]: ${path}`);
  });
  if (hints.nothing) return NO_STAGE;
  const search = new PathSearch(paths);
  return (state) => {
    if (hints.done(state)) return true;
    const text = state.text();
    if (text === '') return true;
    if (!/^["{[]/.test(text)) {
      state.setParserError(JSON_ERROR, undefined);
      return true;
    }
    let matches = 0;
    search.run(text, {
      found: (i, kind, raw) => {
        const { name } = items[i]!;
        const value = kind === 'null' ? '' : kind === 'object' ? raw : labelText(raw);
        state.set(state.collides(name) ? name + EXTRACTED_SUFFIX : name, value);
        matches++;
      },
      broken: (error) => fail(state, error),
    });
    // What is missing becomes an empty label, unless there is one already.
    if (matches < items.length)
      for (const { name } of items) if (state.indexOf(name) < 0) state.set(name, '');
    return true;
  };
}
