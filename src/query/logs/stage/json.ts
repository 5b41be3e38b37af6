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
    if (hints.done(state)) return true;
    const kept = state.isFresh ? fields.run(state) : undefined;
    if (kept !== undefined) return kept;
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
    const name = prefix === '' || part === '' ? prefix + part : `${prefix}_${part}`;
    if (name === '') return;
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
  const inside = /^\[[ \t\n]*(.?)/su.exec(rest);
  if (inside) return `syntax error: unexpected ${pathToken(inside[1]!)}, expecting STRING or INDEX`;
  if (isFirst) return `syntax error: unexpected ${pathToken([...rest][0]!)}, expecting LSB or FIELD`;
  const behindDot = /^\.[ \t\n]*(.?)/su.exec(rest);
  if (behindDot) return `syntax error: unexpected ${pathToken(behindDot[1]!)}, expecting FIELD`;
  const [c] = [...rest] as [string];
  return pathToken(c) === '$end' ? `unexpected char ${c}` : `syntax error: unexpected ${pathToken(c)}`;
}

function pathToken(c: string): string {
  if (c === '[') return 'LSB';
  if (c === ']') return 'RSB';
  if (c === '.') return 'DOT';
  if (c === '"') return 'STRING';
  return /[A-Za-z_]/.test(c) ? 'FIELD' : /\d/.test(c) ? 'INDEX' : '$end';
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
