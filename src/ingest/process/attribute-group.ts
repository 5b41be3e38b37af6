/**
 * Attributes of one thing (a resource, a span, an event, a label set) while rules change them. A value within a map has the
 * path of its keys as its name, joined by dots: that is how it is stored where maps are flattened, and what rules call it
 * everywhere. Elements of a list have the list's name.
 */

import type { AnyValue } from '../../model/attributes.ts';
import { Labels, METRIC_NAME } from '../../model/labels.ts';
import { anyValueText } from '../decode/otlp-any-value.ts';
import type { NameSet } from './attribute-names.ts';

/** What is to become of a named value: another one, or nothing. */
export type ChangeValue = (name: string, value: AnyValue) => AnyValue | undefined;

/** What kind of attributes they are, as far as rules treat them differently. */
export interface GroupKind {
  /** Names that globs and `keep` pass over. */
  readonly structural: ReadonlySet<string>;
  /** Values that no redaction touches. */
  isUntouched(name: string, value: AnyValue): boolean;
  /** How names that rules give are stored. */
  spell(name: string): string;
}

export class AttributeGroup {
  readonly kind: GroupKind;
  readonly keys: string[];
  readonly values: AnyValue[];
  /** Whether any of it is not as it came. */
  isChanged = false;

  constructor(kind: GroupKind, keys: string[], values: AnyValue[]) {
    this.kind = kind;
    this.keys = keys;
    this.values = values;
  }

  static ofLabels(kind: GroupKind, { pairs }: Labels): AttributeGroup {
    const group = new AttributeGroup(kind, [], []);
    for (let i = 0; i < pairs.length; i += 2) group.add(pairs[i]!, { type: 'string', value: pairs[i + 1]! });
    return group;
  }

  toLabels(): Labels {
    return Labels.from(this.keys.map((key, i) => [key, anyValueText(this.values[i]!)] as const));
  }

  clone(): AttributeGroup {
    const copy = new AttributeGroup(this.kind, [...this.keys], [...this.values]);
    copy.isChanged = this.isChanged;
    return copy;
  }

  /** As it comes: not a change. */
  add(key: string, value: AnyValue): void {
    this.keys.push(key);
    this.values.push(value);
  }

  /** The text of the first attribute that has one of the names; undefined without. */
  text(names: NameSet): string | undefined {
    const at = this.keys.findIndex((key) => names.has(key));
    return at < 0 ? undefined : anyValueText(this.values[at]!);
  }

  /** Gives it the value, whatever it had. */
  set(name: string, value: AnyValue): void {
    const stored = this.kind.spell(name);
    const at = this.keys.indexOf(stored);
    if (at >= 0) this.values[at] = value;
    else this.add(stored, value);
    this.isChanged = true;
  }

  /** The first that has one of the names goes by another one, in place of what goes by that. */
  rename(from: NameSet, to: string): void {
    const at = this.keys.findIndex((key) => key !== METRIC_NAME && from.has(key));
    if (at < 0) return;
    const stored = this.kind.spell(to);
    if (this.keys[at] === stored) return;
    const value = this.values[at]!;
    this.#filter((key, i) => i !== at && key !== stored);
    this.set(to, value);
  }

  /** Takes out what `isOut` says, of maps too. */
  remove(isOut: (name: string) => boolean): void {
    this.change((name, value) => (isOut(name) ? undefined : value));
  }

  /** Shows every value its name, those of maps first as a whole and then one by one; lists and maps are made anew where one changed. */
  change(change: ChangeValue): void {
    this.#replace((name, value) => changed(name, value, change));
  }

  /** Leaves what `isKept` says; a map or list stays as a whole, or with those of its values that do. */
  keep(isKept: (name: string) => boolean): void {
    this.#replace((name, value) => keptPart(name, value, isKept));
  }

  #replace(change: ChangeValue): void {
    let gone = false;
    for (let i = 0; i < this.keys.length; i++) {
      const before = this.values[i]!;
      const after = change(this.keys[i]!, before);
      if (after === before) continue;
      this.isChanged = true;
      if (after === undefined) gone = true;
      (this.values as (AnyValue | undefined)[])[i] = after;
    }
    if (gone) this.#filter((_, i) => this.values[i] !== undefined);
  }

  #filter(keeps: (key: string, i: number) => boolean): void {
    let to = 0;
    for (let i = 0; i < this.keys.length; i++) {
      if (!keeps(this.keys[i]!, i)) continue;
      this.keys[to] = this.keys[i]!;
      this.values[to++] = this.values[i]!;
    }
    if (to < this.keys.length) this.isChanged = true;
    this.keys.length = to;
    this.values.length = to;
  }
}

function changed(name: string, before: AnyValue, change: ChangeValue): AnyValue | undefined {
  const value = change(name, before);
  if (value === undefined || value !== before) return value;
  if (value.type === 'array') {
    const values = value.values.map((v) => changed(name, v, change));
    if (values.every((v, i) => v === value.values[i])) return value;
    return { type: 'array', values: values.filter((v) => v !== undefined) };
  }
  if (value.type !== 'kvlist') return value;
  let isSame = true;
  const entries: (readonly [string, AnyValue])[] = [];
  for (const entry of value.entries) {
    const after = changed(`${name}.${entry[0]}`, entry[1], change);
    isSame &&= after === entry[1];
    if (after !== undefined) entries.push(after === entry[1] ? entry : [entry[0], after]);
  }
  return isSame ? value : { type: 'kvlist', entries };
}

function keptPart(name: string, value: AnyValue, isKept: (name: string) => boolean): AnyValue | undefined {
  if (isKept(name)) return value;
  if (value.type === 'array') {
    const values = value.values.map((v) => keptPart(name, v, isKept)).filter((v) => v !== undefined);
    return values.length === 0 ? undefined : { type: 'array', values };
  }
  if (value.type !== 'kvlist') return undefined;
  const entries = value.entries.flatMap(([key, v]) => {
    const part = keptPart(`${name}.${key}`, v, isKept);
    return part === undefined ? [] : [[key, part] as const];
  });
  return entries.length === 0 ? undefined : { type: 'kvlist', entries };
}

/** A value with its text changed, that of elements of lists and maps not. Numbers whose text changes become text. */
export function withText(value: AnyValue, change: (text: string) => string): AnyValue {
  switch (value.type) {
    case 'string': {
      const text = change(value.value);
      return text === value.value ? value : { type: 'string', value: text };
    }
    case 'int':
    case 'double': {
      const before = anyValueText(value);
      const text = change(before);
      return text === before ? value : { type: 'string', value: text };
    }
    case 'bytes': {
      // A character for each byte: what does not match stays as it is, whatever it means.
      const before = Buffer.from(value.value).toString('latin1');
      const text = change(before);
      return text === before ? value : { type: 'bytes', value: Buffer.from(text, 'latin1') };
    }
    default:
      return value;
  }
}
