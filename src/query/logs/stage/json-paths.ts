/**
 * The values at several paths of a JSON text, found in one walk that looks at nothing it need not: the first member at a path
 * counts, a text that breaks behind the last one is not noticed, and one that breaks before ends the walk without a word.
 *
 * The walk keeps the last key of every level that is open. A key completes those paths whose own keys are the ones of the levels
 * above; an array is walked into only where a path has an index there.
 */

import { tryUnescape } from '../../../base/json-escapes.ts';
import { JsonCursor, JsonError, type JsonKind, skipSpace, stringEnd } from './json-scan.ts';

/** Keys are strings, indices numbers. */
export type Path = readonly (string | number)[];

/** Told for each path that is there: its value, or what is wrong with it. */
export interface PathVisitor {
  found(path: number, kind: JsonKind, raw: string): void;
  broken(error: JsonError): void;
}

export class PathSearch {
  readonly #paths: readonly Path[];
  readonly #deepest: number;
  #text = '';
  #visitor!: PathVisitor;
  #taken: boolean[] = [];
  #left = 0;
  #level = 0;
  /** The last key of each level. */
  #trail: string[] = [];

  constructor(paths: readonly Path[]) {
    this.#paths = paths;
    this.#deepest = Math.max(...paths.map((path) => path.length));
  }

  run(text: string, visitor: PathVisitor): void {
    this.#text = text;
    this.#visitor = visitor;
    this.#taken = this.#paths.map(() => false);
    this.#left = this.#paths.length;
    this.#level = 0;
    this.#trail = [];
    try {
      for (let at = 0; at >= 0 && at < text.length; ) at = this.#step(at);
    } catch (error) {
      // A string or an array without an end.
      if (!(error instanceof JsonError)) throw error;
    }
  }

  /** Looks at one character or string; where to go on, or -1. */
  #step(at: number): number {
    switch (this.#text[at]) {
      case '"':
        return this.#string(at);
      case '{':
        this.#level++;
        return at + 1;
      case '}':
      case ']':
        this.#level--;
        return at + 1;
      case '[':
        return this.#array(at);
      default:
        return at + 1;
    }
  }

  #string(at: number): number {
    const end = stringEnd(this.#text, at + 1);
    const next = skipSpace(this.#text, end);
    if (this.#text[next] !== ':') return next < this.#text.length ? next : -1;
    const key = tryUnescape(this.#text.slice(at + 1, end - 1));
    if (key === undefined) return -1;
    if (this.#level > this.#deepest) return next + 1;
    if (this.#level < 1) {
      this.#visitor.broken(new JsonError('Malformed JSON error'));
      return -1;
    }
    this.#trail[this.#level - 1] = key;
    this.#paths.forEach((path, i) => {
      if (path.length === this.#level && path.at(-1) === key && this.#isOpen(i)) this.#take(i, next + 1);
    });
    return this.#left === 0 ? -1 : next + 1;
  }

  /** Whether path `i` is still wanted, and the keys above the level are its own. */
  #isOpen(i: number): boolean {
    const path = this.#paths[i]!;
    const above = Math.min(this.#level, path.length);
    for (let k = 0; k < above; k++)
      if (typeof path[k] === 'string' && path[k] !== this.#trail[k]) return false;
    return !this.#taken[i];
  }

  #take(i: number, at: number): void {
    this.#taken[i] = true;
    this.#left--;
    const cursor = new JsonCursor(this.#text, at);
    try {
      cursor.value();
      this.#visitor.found(i, cursor.kind, this.#text.slice(cursor.start, cursor.end));
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      this.#visitor.broken(error);
    }
  }

  #array(at: number): number {
    const level = this.#level;
    if (level < 0) {
      this.#visitor.broken(new JsonError('Malformed JSON error'));
      return -1;
    }
    const wanted = this.#paths.flatMap((path, i) =>
      typeof path[level] === 'number' && this.#isOpen(i) ? [i] : [],
    );
    const cursor = new JsonCursor(this.#text, at);
    if (wanted.length === 0) {
      cursor.value();
      return cursor.end;
    }
    this.#level++;
    const end = eachElement(this.#text, at, (index, element) => {
      for (const i of wanted) if (this.#paths[i]![level] === index) this.#element(i, element, level + 1);
    });
    return this.#left === 0 ? -1 : end;
  }

  /** What path `i` has from `from` on, inside of an element. */
  #element(i: number, element: JsonCursor, from: number): void {
    this.#taken[i] = true;
    this.#left--;
    const rest = this.#paths[i]!.slice(from);
    const raw = element.text.slice(element.start, element.end);
    if (rest.length === 0) this.#visitor.found(i, element.kind, raw);
    if (rest.length === 0 || (element.kind !== 'object' && element.kind !== 'array')) return;
    new PathSearch([rest]).run(raw, {
      found: (_, kind, value) => this.#visitor.found(i, kind, value),
      broken: (error) => this.#visitor.broken(error),
    });
  }
}

/** Visits the elements of the array at `at` up to where it breaks; returns the place of its bracket or of the break. */
function eachElement(text: string, at: number, visit: (index: number, element: JsonCursor) => void): number {
  const cursor = new JsonCursor(text, skipSpace(text, at + 1));
  if (text[cursor.at] === ']') return cursor.at;
  for (let index = 0; cursor.at < text.length; index++) {
    try {
      cursor.value();
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      return cursor.at;
    }
    const next = cursor.at;
    visit(index, cursor);
    cursor.at = skipSpace(text, next);
    if (text[cursor.at] !== ',') return cursor.at;
    cursor.at++;
  }
  return cursor.at;
}
