/**
 * A YAML document as the configuration reads it: node by node, each read saying what it expects, so that every
 * complaint has file, line, column, the path of the key and the expectation. The parser is loaded only when there
 * is a file to read.
 *
 * `null` counts as absent, as it does for Prometheus. Any scalar will do for a string (`job_name: 1` is "1").
 */

import { dirname, isAbsolute, join } from 'node:path';
import type { Document, LineCounter, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { assert } from '../base/assert.ts';
import { editDistance } from '../base/edit-distance.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { parseAnyDurationMs, parseDurationMs, parseSizeBytes } from './values.ts';

type Yaml = typeof import('yaml');

interface Source {
  readonly yaml: Yaml;
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly environment: Environment;
}

const MERGE_KEY = '<<';
/** Of more keys a list helps nobody. */
const HINT_KEYS_MAX = 15;

const TRUE = new Set(['true', 'yes', 'on']);
const FALSE = new Set(['false', 'no', 'off']);

/** A value in the file. */
export class YamlNode {
  readonly #source: Source;
  readonly #node: Node;
  /** Such as `scrape_configs[0].job_name`; empty at the root. */
  readonly path: string;

  constructor(source: Source, node: Node, path: string) {
    this.#source = source;
    this.#node = node;
    this.path = path;
  }

  /** `file:line:column`. */
  get position(): string {
    return positionOf(this.#source, this.#node.range?.[0] ?? 0);
  }

  /** Counted from 1. */
  get line(): number {
    return this.#source.lines.linePos(this.#node.range?.[0] ?? 0).line;
  }

  /** The variables that what stands here may refer to. */
  get environment(): Environment {
    return this.#source.environment;
  }

  fail(message: string): never {
    throw new ConfigError(`${this.position}: ${this.path === '' ? '' : `${this.path}: `}${message}`);
  }

  /** What stands there, for a complaint. */
  #found(): string {
    const { yaml } = this.#source;
    if (yaml.isMap(this.#node)) return 'a mapping';
    if (yaml.isSeq(this.#node)) return 'a list';
    return JSON.stringify(this.#scalar());
  }

  /** The scalar as it is written, undefined for a mapping or a list. */
  #scalar(): string | undefined {
    if (!this.#source.yaml.isScalar(this.#node)) return undefined;
    const { value, source } = this.#node as Scalar;
    return typeof value === 'string' ? value : (source ?? String(value));
  }

  string(): string {
    return this.#scalar() ?? this.fail(`expected a string, got ${this.#found()}`);
  }

  /** A file's path; a relative one stands relative to the configuration file. */
  filePath(): string {
    const path = this.string();
    return isAbsolute(path) ? path : join(dirname(this.#source.file), path);
  }

  boolean(): boolean {
    const text = this.#scalar()?.toLowerCase();
    if (text !== undefined && TRUE.has(text)) return true;
    if (text !== undefined && FALSE.has(text)) return false;
    return this.fail(`expected true or false, got ${this.#found()}`);
  }

  /** A whole number that is not negative. */
  count(): number {
    const text = this.#scalar();
    if (text === undefined || !/^\d{1,15}$/.test(text)) {
      this.fail(`expected a whole number, not negative, got ${this.#found()}`);
    }
    return Number(text);
  }

  /** A decimal number, not negative. */
  number(): number {
    const text = this.#scalar();
    const value = Number(text);
    if (text === undefined || text.trim() === '' || !(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      this.fail(`expected a number, not negative, got ${this.#found()}`);
    }
    return value;
  }

  /** A scalar with the type that YAML gives it; a number is whole where it is written so. */
  typed():
    | { readonly type: 'string'; readonly value: string }
    | { readonly type: 'bool'; readonly value: boolean }
    | { readonly type: 'int' | 'float'; readonly value: number } {
    const text = this.#scalar() ?? this.fail(`expected a value, got ${this.#found()}`);
    const { value } = this.#node as Scalar;
    if (typeof value === 'boolean') return { type: 'bool', value };
    if (typeof value === 'number') return { type: /[.eE]|inf|nan/i.test(text) ? 'float' : 'int', value };
    return { type: 'string', value: text };
  }

  oneOf<T extends string>(allowed: readonly T[]): T {
    const text = this.#scalar();
    const hit = allowed.find((a) => a === text);
    const named = allowed.filter((a) => a !== '');
    return hit ?? this.fail(`expected one of ${named.join(', ')}, got ${this.#found()}`);
  }

  /** Reads a string with `parse`; what it complains of is told with the position. */
  parsed<T>(parse: (text: string) => T): T {
    const text = this.string();
    try {
      return parse(text);
    } catch (error) {
      return this.fail((error as Error).message);
    }
  }

  durationMs(): number {
    return this.parsed(parseDurationMs);
  }

  /** The same, or in Go's form. */
  anyDurationMs(): number {
    return this.parsed(parseAnyDurationMs);
  }

  sizeBytes(): number {
    return this.parsed(parseSizeBytes);
  }

  get isMap(): boolean {
    return this.#source.yaml.isMap(this.#node);
  }

  get isList(): boolean {
    return this.#source.yaml.isSeq(this.#node);
  }

  list(): YamlNode[] {
    if (!this.isList) this.fail(`expected a list, got ${this.#found()}`);
    return (this.#node as YAMLSeq).items.map((item, i) => {
      const path = `${this.path}[${i}]`;
      return this.#child(item as Node | null, path) ?? this.fail(`entry ${i} is empty`);
    });
  }

  strings(): string[] {
    return this.list().map((item) => item.string());
  }

  /** All that stands there, as plain values. */
  plain(): unknown {
    return this.#node.toJS(this.#source.document);
  }

  /** Every entry of a mapping whose keys are free. */
  entries(): [key: string, value: YamlNode | undefined][] {
    if (!this.isMap) this.fail(`expected a mapping, got ${this.#found()}`);
    return this.#pairs(this.#node as YAMLMap).map((pair) => {
      const key = keyOf(pair);
      return [key, this.#child(pair.value as Node | null, this.path === '' ? key : `${this.path}.${key}`)];
    });
  }

  /** A mapping with known keys; any other key is an error. */
  fields(known: readonly string[]): Fields {
    if (!this.isMap) this.fail(`expected a mapping, got ${this.#found()}`);
    for (const pair of this.#pairs(this.#node as YAMLMap)) this.#checkKey(pair, known);
    return this.known(known);
  }

  /** The known keys of a mapping that may have others. */
  known(known: readonly string[]): Fields {
    const found = new Map<string, YamlNode>();
    for (const [key, value] of this.entries()) if (value && known.includes(key)) found.set(key, value);
    return new Fields(this, found, known);
  }

  /** With what merge keys (`<<`) bring; a key of the mapping's own wins. */
  #pairs(map: YAMLMap): Pair[] {
    const { yaml, document } = this.#source;
    const own = map.items.filter((pair) => keyOf(pair) !== MERGE_KEY);
    const seen = new Set(own.map(keyOf));
    for (const { value } of map.items.filter((pair) => keyOf(pair) === MERGE_KEY)) {
      for (const item of yaml.isSeq(value) ? value.items : [value]) {
        const target = yaml.isAlias(item) ? item.resolve(document) : item;
        if (!yaml.isMap(target)) this.fail(`${MERGE_KEY} needs a mapping`);
        for (const pair of this.#pairs(target)) {
          if (!seen.has(keyOf(pair))) own.push(pair);
          seen.add(keyOf(pair));
        }
      }
    }
    return own;
  }

  #checkKey(pair: Pair, known: readonly string[]): void {
    const key = keyOf(pair);
    if (known.includes(key)) return;
    const at = positionOf(this.#source, (pair.key as Node).range?.[0] ?? 0);
    const where = this.path === '' ? '' : ` in ${this.path}`;
    const near = nearest(key, known);
    const all = known.length <= HINT_KEYS_MAX ? `; expected one of ${known.join(', ')}` : '';
    const hint = near ? `; did you mean ${JSON.stringify(near)}?` : all;
    throw new ConfigError(`${at}: unknown key ${JSON.stringify(key)}${where}${hint}`);
  }

  #child(node: Node | null, path: string): YamlNode | undefined {
    const { yaml, document } = this.#source;
    const target = yaml.isAlias(node) ? (node.resolve(document) ?? null) : node;
    if (target === null || (yaml.isScalar(target) && target.value === null)) return undefined;
    return new YamlNode(this.#source, target, path);
  }
}

/** The values of a mapping with known keys. */
export class Fields {
  readonly node: YamlNode;
  readonly #values: ReadonlyMap<string, YamlNode>;
  readonly #known: readonly string[];

  constructor(node: YamlNode, values: ReadonlyMap<string, YamlNode>, known: readonly string[]) {
    this.node = node;
    this.#values = values;
    this.#known = known;
  }

  /** Whether the mapping may have the key. */
  declares(key: string): boolean {
    return this.#known.includes(key);
  }

  get(key: string): YamlNode | undefined {
    assert(this.declares(key), `${key} is read but not declared`);
    return this.#values.get(key);
  }

  /** `read` of the value where there is one, else `fallback`. */
  read<T, F>(key: string, read: (value: YamlNode) => T, fallback: F): T | F {
    const value = this.get(key);
    return value ? read(value) : fallback;
  }

  require(key: string): YamlNode {
    return this.get(key) ?? this.node.fail(`${JSON.stringify(key)} is missing`);
  }
}

/** A merge key is a symbol to the parser. */
function keyOf(pair: Pair): string {
  const { value } = pair.key as Scalar;
  return typeof value === 'symbol' ? (value.description ?? '') : String(value);
}

function positionOf({ file, lines }: Source, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
}

/** The known key within two edits of what was written. */
function nearest(key: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestEdits = 3;
  for (const candidate of known) {
    const edits = editDistance(key, candidate);
    if (edits < bestEdits) {
      best = candidate;
      bestEdits = edits;
    }
  }
  return best;
}

const PARSE_OPTIONS = { prettyErrors: false, merge: true } as const;

/** The document's root; undefined for an empty file. Throws `ConfigError` where it is no YAML. */
export function parseYaml(
  yaml: Yaml,
  file: string,
  text: string,
  environment: Environment = {},
): YamlNode | undefined {
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { ...PARSE_OPTIONS, lineCounter: lines });
  return rootOf({ yaml, file, document, lines, environment });
}

/** The roots of all documents of a file, but for empty ones. Throws `ConfigError` where one is no YAML. */
export function parseYamlDocuments(yaml: Yaml, file: string, text: string): YamlNode[] {
  const lines = new yaml.LineCounter();
  const documents = yaml.parseAllDocuments(text, { ...PARSE_OPTIONS, lineCounter: lines });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => rootOf({ yaml, file, document, lines, environment: {} }) ?? []);
}

function rootOf(source: Source): YamlNode | undefined {
  const { yaml, document } = source;
  // Of several documents the first is the one that is meant, as for Prometheus.
  const error = document.errors.find(({ code }) => code !== 'MULTIPLE_DOCS');
  if (error) throw new ConfigError(`${positionOf(source, error.pos[0])}: ${error.message}`);
  const root = document.contents;
  if (root === null || (yaml.isScalar(root) && root.value === null)) return undefined;
  return new YamlNode(source, root as Node, '');
}

/** Plain data, as if it stood in a file: `name` takes that file's place in complaints, at line 1. */
export function yamlOf(yaml: Yaml, name: string, value: object, environment: Environment): YamlNode {
  const document = new yaml.Document(value, { aliasDuplicateObjects: false });
  const source: Source = { yaml, file: name, document, lines: new yaml.LineCounter(), environment };
  return new YamlNode(source, document.contents as Node, '');
}
