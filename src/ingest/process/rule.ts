/**
 * A rule ready to run. Items have their attributes in layers (the resource that a span came from, its scope, its own): what
 * a condition names is looked for from the outside in, and the first layer that has it decides.
 */

import { METRIC_NAME } from '../../model/labels.ts';
import { type CompiledRegex, compileAnchored } from '../../model/regex.ts';
import { anyValueText } from '../decode/otlp-any-value.ts';
import { type AttributeGroup, withText } from './attribute-group.ts';
import { NameSet } from './attribute-names.ts';
import type { Hash } from './hash-key.ts';
import type { ProcessorAction, ProcessorRule, RedactReach, SetPlace } from './process-config.ts';
import { type TextPattern, textPattern } from './text-patterns.ts';

type CompiledAction =
  | {
      readonly kind: 'set';
      readonly name: string;
      readonly value: string;
      readonly place: SetPlace;
      readonly unless: NameSet | undefined;
    }
  | { readonly kind: 'rename'; readonly from: NameSet; readonly to: string }
  | { readonly kind: 'drop' | 'keep'; readonly names: NameSet }
  | { readonly kind: 'hash'; readonly names: NameSet; readonly hash: Hash }
  | {
      readonly kind: 'redact';
      readonly reach: RedactReach;
      readonly names: NameSet | undefined;
      readonly pattern: TextPattern;
    };

interface Condition {
  readonly names: NameSet;
  readonly regex: CompiledRegex;
}

/** Of a rule and the layers that were looked at: `open` where what it asks for may be in one further in. */
export type Verdict = 'yes' | 'no' | 'open';

/** The span's own name and the metric's, where `where` may name them. */
export const SPAN_NAME = 'span:name';

export class Rule {
  readonly #where: readonly Condition[];
  readonly #actions: readonly CompiledAction[];
  /** What becomes of free text, in order. */
  readonly texts: readonly TextPattern[];
  /** What values are searched for, whatever their names. */
  readonly valuePatterns: readonly TextPattern[];
  /** Whether it sets something with the item. */
  readonly setsItem: boolean;
  /** Whether what meets the rule is not stored at all. */
  readonly dropsItem: boolean;
  readonly tenants: readonly string[] | undefined;
  /** Whether it asks for the span's name, which is no attribute. */
  readonly asksSpanName: boolean;

  /** Throws `TriliteError` (`bad_data`) where a pattern is malformed. */
  constructor(config: ProcessorRule, hashOf: (action: ProcessorAction & { kind: 'hash' }) => Hash) {
    this.tenants = config.tenants;
    this.#where = config.where.map(({ name, pattern }) => ({
      names: new NameSet([name]),
      regex: compileAnchored(pattern),
    }));
    this.asksSpanName = config.where.some(({ name }) => name === SPAN_NAME);
    this.dropsItem = config.actions.some(({ kind }) => kind === 'drop_item');
    this.#actions = config.actions.flatMap((action) => compiled(action, hashOf));
    this.texts = this.#actions.flatMap((a) => (a.kind === 'redact' && a.reach === 'text' ? [a.pattern] : []));
    this.valuePatterns = this.#actions.flatMap((a) => (a.kind === 'redact' && !a.names ? [a.pattern] : []));
    this.setsItem = this.#actions.some((a) => a.kind === 'set' && a.place === 'item');
  }

  /** `layers` from the outside in; `isAll`: there are no further ones. */
  verdict(layers: readonly AttributeGroup[], isAll: boolean): Verdict {
    let isOpen = false;
    for (const { names, regex } of this.#where) {
      let value: string | undefined;
      for (let i = 0; i < layers.length && value === undefined; i++) value = layers[i]!.text(names);
      if (value === undefined && !isAll) isOpen = true;
      else if (!regex.test(value ?? '')) return 'no';
    }
    return isOpen ? 'open' : 'yes';
  }

  /** Whether the conditions on one name are met, others aside. */
  fitsNamed(name: string, value: string): boolean {
    return this.#where.every(({ names, regex }) => !names.has(name) || regex.test(value));
  }

  /** Whether nothing but this name is asked for. */
  asksOnly(name: string): boolean {
    return this.#where.every(({ names }) => names.has(name));
  }

  /** Changes the group; `place` says whether what is to be set at the resource, the item, either or neither goes in. */
  apply(group: AttributeGroup, place: SetPlace | 'both' | 'neither'): void {
    for (const action of this.#actions) {
      if (action.kind !== 'set') changeGroup(group, action);
      else if (place === 'both' || place === action.place) {
        if (action.unless && group.text(action.unless)) continue;
        group.set(action.name, { type: 'string', value: action.value });
      }
    }
  }

  /** Whether the rule might change an item's attribute of that name, whatever its value. */
  touchesName(name: string, structural: ReadonlySet<string>): boolean {
    return this.#actions.some((action) => {
      if (action.kind === 'rename') return action.from.has(name);
      if (action.kind === 'redact') return action.names?.has(name) === true;
      if (action.kind === 'drop' || action.kind === 'hash') return isMeant(action.names, name, structural);
      return action.kind === 'keep' && !action.names.has(name) && !structural.has(name);
    });
  }
}

function compiled(
  action: ProcessorAction,
  hashOf: (action: ProcessorAction & { kind: 'hash' }) => Hash,
): CompiledAction[] {
  switch (action.kind) {
    case 'set': {
      const { name, value, place, ifMissing } = action;
      return [{ kind: 'set', name, value, place, unless: ifMissing ? new NameSet([name]) : undefined }];
    }
    case 'rename':
      return [{ kind: 'rename', from: new NameSet([action.from]), to: action.to }];
    case 'drop':
    case 'keep':
      return [{ kind: action.kind, names: new NameSet(action.names) }];
    case 'hash':
      return [{ kind: 'hash', names: new NameSet(action.names), hash: hashOf(action) }];
    case 'redact': {
      const names = action.names && new NameSet(action.names);
      const pattern = textPattern(action.pattern, action.replacement);
      return [{ kind: 'redact', reach: action.reach, names, pattern }];
    }
    case 'drop_item':
      return [];
  }
}

/** A structural name is meant where it is named in full; a series' own name never is. */
function isMeant(names: NameSet, name: string, structural: ReadonlySet<string>): boolean {
  if (name === METRIC_NAME) return false;
  return structural.has(name) ? names.hasExactly(name) : names.has(name);
}

function changeGroup(group: AttributeGroup, action: Exclude<CompiledAction, { kind: 'set' }>): void {
  const { structural } = group.kind;
  switch (action.kind) {
    case 'rename':
      group.rename(action.from, action.to);
      return;
    case 'drop':
      group.remove((name) => isMeant(action.names, name, structural));
      return;
    case 'keep':
      group.keep((name) => structural.has(name) || action.names.has(name));
      return;
    case 'hash':
      group.change((name, value) => {
        if (value.type === 'empty' || !isMeant(action.names, name, structural)) return value;
        return { type: 'string', value: action.hash(anyValueText(value)) };
      });
      return;
    case 'redact':
      group.change((name, value) => {
        if (action.names && !action.names.has(name)) return value;
        if (group.kind.isUntouched(name, value)) return value;
        return withText(value, (text) => action.pattern.replace(text));
      });
  }
}
