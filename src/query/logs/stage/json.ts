/** `| json`: every field of an object line, nested objects flattened; or the values at given paths. */

import type { ExtractItem } from '../../lang/logql/ast.ts';
import { printStage } from '../../lang/logql/printer.ts';
import { labelName, nestedPart } from '../extract-name.ts';
import type { ParserHints } from '../hints.ts';
import { EXTRACTED_SUFFIX, type LineState } from '../line-state.ts';
import { eachMember, JsonCursor, JsonError, skipSpace } from './json-scan.ts';
import { NO_STAGE, type StageFn, stageError } from './stage.ts';

export const JSON_ERROR = 'JSONParserErr';

/** Objects nested deeper than this are not looked into. */
const DEPTH_MAX = 128;

export function compileJson(items: readonly ExtractItem[], hints: ParserHints): StageFn {
  if (items.length > 0) return compileJsonPaths(items, hints);
  if (hints.nothing) return NO_STAGE;
  return (state) => {
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
  state.setError(JSON_ERROR, error.message);
}

class FieldExtractor {
  readonly #state: LineState;
  readonly #hints: ParserHints;
  #remaining: number;
  /** A filter on a label just found refuses the line. */
  dropped = false;

  constructor(state: LineState, hints: ParserHints) {
    this.#state = state;
    this.#hints = hints;
    this.#remaining = hints.limit;
  }

  /** Returns false once every needed label is there. */
  members(text: string, at: number, prefix: string, depth: number): boolean {
    const hints = this.#hints;
    eachMember(text, at, (key, value) => {
      const part = prefix === '' ? labelName(key) : nestedPart(key);
      // An empty part leaves a container's prefix as it is and hides a scalar.
      if (part === '' && value.kind !== 'object') return true;
      const name = prefix === '' || part === '' ? prefix + part : `${prefix}_${part}`;
      switch (value.kind) {
        case 'null':
        case 'array':
          return true;
        case 'object':
          if (depth >= DEPTH_MAX || !hints.wantsPrefix(name)) return true;
          return this.members(text, value.start, name, depth + 1);
        default:
          return this.#add(name, value);
      }
    });
    return this.#remaining > 0 && !this.dropped;
  }

  #add(name: string, value: JsonCursor): boolean {
    const key = this.#state.parsedName(name);
    if (key === undefined || !this.#hints.wants(key)) return true;
    this.#state.addParsed(key, value.valueText());
    if (!this.#hints.admits(key, this.#state)) this.dropped = true;
    return --this.#remaining > 0 && !this.dropped;
  }
}

// ------------------------------------------------------------------------------------------------- paths

/** The text broke before the value that was looked for. */
const MISSING = new JsonError('missing');

type Path = readonly (string | number)[];

/** Reads `a.b`, `a[0]`, `a["k"]`, `["odd key"]`; a string says what is wrong. */
export function parseJsonPath(text: string): Path | string {
  const path: (string | number)[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const field =
      at === 0 ? /^[A-Za-z_][A-Za-z0-9_-]*/.exec(rest) : /^\.([A-Za-z_][A-Za-z0-9_-]*)/.exec(rest);
    const index = /^\[(\d+)\]/.exec(rest);
    const key = /^\[("(?:[^"\\]|\\.)*")\]/.exec(rest);
    if (field) path.push(field[1] ?? field[0]);
    else if (index) path.push(Number(index[1]));
    else if (key) path.push(JSON.parse(key[1]!) as string);
    else return `syntax error: unexpected ${JSON.stringify(rest)}`;
    at += (field ?? index ?? key)![0].length;
  }
  return path.length === 0 ? 'syntax error: unexpected $end, expecting LSB or FIELD' : path;
}

function compileJsonPaths(items: readonly ExtractItem[], hints: ParserHints): StageFn {
  const wanted = items.map(({ name, source }) => {
    const path = parseJsonPath(source);
    if (typeof path === 'string') {
      throw stageError(printStage({ kind: 'json', items }), `cannot parse expression [${source}]: ${path}`);
    }
    return { name, path };
  });
  if (hints.nothing) return NO_STAGE;
  return (state) => {
    const text = state.text();
    const first = text.charCodeAt(0);
    if (first !== 123 && first !== 91 && first !== 34) {
      state.setError(JSON_ERROR, '');
      return true;
    }
    for (const { name, path } of wanted) {
      let value: string | undefined;
      try {
        value = valueAt(text, path);
      } catch (error) {
        if (error !== MISSING) fail(state, error);
      }
      setExtracted(state, name, value);
    }
    return true;
  };
}

/** Stores what an expression found; a missing value becomes an empty label unless there is one already. */
export function setExtracted(state: LineState, name: string, value: string | undefined): void {
  const key = state.streamHas(name) ? name + EXTRACTED_SUFFIX : name;
  if (value !== undefined) state.set(key, value);
  else if (!state.has(name)) state.set(key, '');
}

/** The value at a path as label text, undefined where it is missing or null. */
function valueAt(text: string, path: Path): string | undefined {
  const cursor = new JsonCursor(text);
  cursor.openRoot();
  for (const step of path) {
    const inside = typeof step === 'number' ? elementAt(cursor, step) : memberAt(cursor, step);
    if (!inside) return undefined;
  }
  return cursor.kind === 'null' ? undefined : cursor.valueText();
}

function memberAt(cursor: JsonCursor, name: string): boolean {
  if (cursor.kind !== 'object') return false;
  let found = false;
  let last = '';
  const visit = (key: string, value: JsonCursor): boolean => {
    if (key !== name) return true;
    found = true;
    cursor.kind = value.kind;
    cursor.start = value.start;
    cursor.end = value.end;
    return false;
  };
  try {
    eachMember(cursor.text, cursor.start, visit, (key) => {
      last = key;
    });
  } catch (error) {
    // Only a broken value of the very member is an error; elsewhere the member is simply not there.
    if (!(error instanceof JsonError) || last !== name) throw error instanceof JsonError ? MISSING : error;
    throw error;
  }
  return found;
}

function elementAt(cursor: JsonCursor, index: number): boolean {
  if (cursor.kind !== 'array') return false;
  const { text } = cursor;
  const end = cursor.end - 1;
  const walk = new JsonCursor(text, cursor.start + 1);
  for (let i = 0; ; i++) {
    if (skipSpace(text, walk.at) >= end) return false;
    walk.value();
    if (i === index) {
      cursor.kind = walk.kind;
      cursor.start = walk.start;
      cursor.end = walk.end;
      return true;
    }
    walk.at = skipSpace(text, walk.at);
    if (text.charCodeAt(walk.at) !== 44) return false;
    walk.at++;
  }
}
