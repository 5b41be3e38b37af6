/**
 * A file of rule groups, read as strictly as Prometheus reads it: whatever is wrong with its shape (keys that are not known or
 * there twice, values of another type) is found in one pass and told in the original's words with its line.
 */

import * as yaml from 'yaml';
import { parseDuration } from '../model/duration.ts';
import type { FileGroups, UnknownKeys } from '../rules/check-file.ts';
import type { GroupDefinition, RuleDefinition } from '../rules/rule-group.ts';
import { ConfigError } from './config-error.ts';

/** Types by the names that complaints have for them. */
const GROUP = {
  name: 'rulefmt.RuleGroup',
  keys: ['name', 'interval', 'query_offset', 'limit', 'rules', 'labels'],
} as const;
const RULE = {
  name: 'rulefmt.Rule',
  keys: ['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'],
} as const;
const FILE = { name: 'rulefmt.RuleGroups', keys: ['groups'] } as const;

/** Where a definition's member stands in the file. */
const KEY_OF: Readonly<Partial<Record<keyof RuleDefinition, string>>> = {
  forMs: 'for',
  keepFiringForMs: 'keep_firing_for',
};

/** A longer value is cut in a complaint, to this. */
const VALUE_MAX_CHARS = 10;
const VALUE_CUT_CHARS = 7;

type Node = yaml.Node | null | undefined;
type Members = ReadonlyMap<string, yaml.Node>;

/** Where group i and its rules stand: what a position is looked up in. */
interface Place {
  readonly node: Node;
  readonly rules: readonly { readonly node: Node; readonly members: Members }[];
}

/** Throws `ConfigError` with all that is wrong about the file's shape. */
export function parseRuleFile(file: string, text: string, unknownKeys: UnknownKeys = 'refused'): FileGroups {
  const lines = new yaml.LineCounter();
  const options = { lineCounter: lines, prettyErrors: false, merge: true, uniqueKeys: false } as const;
  // What follows the first document is not looked at, as the original does not.
  const [document] = yaml.parseAllDocuments(text, options) as yaml.Document.Parsed[];
  const error = document?.errors[0];
  if (error) {
    const { line } = lines.linePos(error.pos[0]);
    throw new ConfigError(`${file}: yaml: line ${line}: ${error.message}`);
  }
  const reader = new FileReader(document, lines, unknownKeys);
  const { groups, places } = reader.read();
  if (reader.complaints.length > 0) {
    throw new ConfigError(`${file}: yaml: unmarshal errors:\n  ${reader.complaints.join('\n  ')}`);
  }
  if (reader.fault !== undefined) throw new ConfigError(`${file}: ${reader.fault}`);
  return {
    groups,
    position: (group, { rule, key }) => {
      const place = places[group]!;
      if (rule === undefined) return reader.position(place.node);
      const { node, members } = place.rules[rule]!;
      return reader.position((key && members.get(KEY_OF[key] ?? key)) ?? node);
    },
  };
}

class FileReader {
  readonly #document: yaml.Document.Parsed | undefined;
  readonly #lines: yaml.LineCounter;
  readonly #unknownKeys: UnknownKeys;
  readonly #complaints: { readonly line: number; readonly what: string }[] = [];
  /** The first value that is of the right type and yet none. */
  fault: string | undefined;

  constructor(document: yaml.Document.Parsed | undefined, lines: yaml.LineCounter, unknownKeys: UnknownKeys) {
    this.#unknownKeys = unknownKeys;
    this.#document = document;
    this.#lines = lines;
  }

  /** What is of a wrong type, from the top down. */
  get complaints(): string[] {
    const sorted = this.#complaints.toSorted((a, b) => a.line - b.line);
    return sorted.map(({ line, what }) => `line ${line}: ${what}`);
  }

  position(node: Node): string {
    const { line, col } = this.#lines.linePos(node?.range?.[0] ?? 0);
    return `${line}:${col}`;
  }

  read(): { readonly groups: GroupDefinition[]; readonly places: Place[] } {
    const root = this.#members(this.#document?.contents, FILE);
    const nodes = this.#items(root.get('groups'), `[]${GROUP.name}`);
    const places: Place[] = [];
    const groups = nodes.map((node) => {
      const members = this.#members(node, GROUP);
      const rules = this.#items(members.get('rules'), `[]${RULE.name}`).map((rule) => ({
        node: rule,
        members: this.#members(rule, RULE),
      }));
      places.push({ node, rules });
      return this.#group(members, rules);
    });
    return { groups, places };
  }

  #group(members: Members, rules: Place['rules']): GroupDefinition {
    const queryOffset = members.get('query_offset');
    return {
      name: this.#string(members.get('name')),
      intervalMs: this.#duration(members.get('interval')),
      ...(queryOffset && { queryOffsetMs: this.#duration(queryOffset) }),
      limit: this.#integer(members.get('limit')),
      rules: rules.map((rule) => this.#rule(rule.members)),
      labels: this.#strings(members.get('labels')),
    };
  }

  #rule(members: Members): RuleDefinition {
    return {
      record: this.#string(members.get('record')),
      alert: this.#string(members.get('alert')),
      expr: this.#string(members.get('expr')),
      forMs: this.#duration(members.get('for')),
      keepFiringForMs: this.#duration(members.get('keep_firing_for')),
      labels: this.#strings(members.get('labels')),
      annotations: this.#strings(members.get('annotations')),
    };
  }

  /** What an alias stands for; nothing for null. */
  #resolved(node: Node): yaml.Node | undefined {
    const target = yaml.isAlias(node) ? node.resolve(this.#document!) : node;
    return target && !(yaml.isScalar(target) && target.value === null) ? target : undefined;
  }

  #complain(node: yaml.Node, what: string): void {
    this.#complaints.push({ line: this.#lines.linePos(node.range?.[0] ?? 0).line, what });
  }

  #wrongType(node: yaml.Node, type: string): void {
    this.#complain(node, `cannot unmarshal ${described(node)} into ${type}`);
  }

  /** The pairs of a mapping with what merge keys bring; a key of its own wins. */
  #pairs(node: Node, type: string): (readonly [key: yaml.Scalar, value: Node])[] {
    const map = this.#resolved(node);
    if (map === undefined) return [];
    if (!yaml.isMap(map)) {
      this.#wrongType(map, type);
      return [];
    }
    const own: (readonly [yaml.Scalar, Node])[] = [];
    const merged: (readonly [yaml.Scalar, Node])[] = [];
    for (const pair of map.items) {
      const [key, value] = [pair.key as yaml.Scalar, pair.value as Node];
      if (keyText(key) !== '<<') own.push([key, value]);
      else
        for (const part of yaml.isSeq(value) ? value.items : [value])
          merged.push(...this.#pairs(part as Node, type));
    }
    const first = new Map<string, yaml.Scalar>();
    for (const [key] of own) {
      const text = keyText(key);
      const before = first.get(text);
      if (!before) first.set(text, key);
      else {
        const { line } = this.#lines.linePos(before.range?.[0] ?? 0);
        this.#complain(key, `mapping key ${JSON.stringify(text)} already defined at line ${line}`);
      }
    }
    return [...own, ...merged.filter(([key]) => !first.has(keyText(key)))];
  }

  #members(node: Node, { name, keys }: { readonly name: string; readonly keys: readonly string[] }): Members {
    const out = new Map<string, yaml.Node>();
    for (const [key, value] of this.#pairs(node, name)) {
      const text = keyText(key);
      const resolved = this.#resolved(value);
      if (!keys.includes(text)) {
        if (this.#unknownKeys === 'refused') this.#complain(key, `field ${text} not found in type ${name}`);
      } else if (resolved && !out.has(text)) out.set(text, resolved);
    }
    return out;
  }

  #items(node: Node, type: string): Node[] {
    const list = this.#resolved(node);
    if (list === undefined) return [];
    if (yaml.isSeq(list)) return list.items as Node[];
    this.#wrongType(list, type);
    return [];
  }

  #string(node: Node): string {
    const scalar = this.#resolved(node);
    if (scalar === undefined) return '';
    if (yaml.isScalar(scalar)) return scalarText(scalar);
    this.#wrongType(scalar, 'string');
    return '';
  }

  #strings(node: Node): Record<string, string> {
    const out: Record<string, string> = {};
    for (const [key, value] of this.#pairs(node, 'map[string]string')) {
      out[keyText(key)] = this.#string(value);
    }
    return out;
  }

  #integer(node: Node): number {
    const scalar = this.#resolved(node);
    if (scalar === undefined) return 0;
    if (yaml.isScalar(scalar) && typeof scalar.value === 'number') return Math.trunc(scalar.value);
    this.#wrongType(scalar, 'int');
    return 0;
  }

  /** Milliseconds. */
  #duration(node: Node): number {
    const text = this.#string(node);
    if (text === '' && this.#resolved(node) === undefined) return 0;
    if (this.#complaints.length > 0) return 0;
    try {
      return parseDuration(text);
    } catch (error) {
      this.fault ??= `${this.position(node)}: ${(error as Error).message}`;
      return 0;
    }
  }
}

function keyText(key: yaml.Scalar): string {
  // A merge key is a symbol to the parser.
  return typeof key.value === 'symbol' ? (key.value.description ?? '') : scalarText(key);
}

/** As it is written: `1.0` is not `1`. */
function scalarText({ value, source }: yaml.Scalar): string {
  return typeof value === 'string' ? value : (source ?? String(value));
}

/** Such as !!seq, or !!str and the value. */
function described(node: yaml.Node): string {
  if (yaml.isMap(node)) return '!!map';
  if (!yaml.isScalar(node)) return '!!seq';
  const text = scalarText(node);
  const { value } = node;
  const tag =
    typeof value === 'boolean'
      ? '!!bool'
      : typeof value !== 'number'
        ? '!!str'
        : /^[-+]?\d+$/.test(text)
          ? '!!int'
          : '!!float';
  return `${tag} \`${text.length > VALUE_MAX_CHARS ? `${text.slice(0, VALUE_CUT_CHARS)}...` : text}\``;
}
