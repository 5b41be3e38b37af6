/**
 * The rules that one tenant's items of one signal go through, and what of it need not be worked out per item:
 *
 *   outer layer (resource, stream) ─▶ which rules apply, as far as it decides ─▶ what it becomes
 *                                        └▶ an `ItemPlan`: what those rules could do to an item of it
 */

import type { AttributeGroup } from './attribute-group.ts';
import type { Rule, Verdict } from './rule.ts';
import type { TextPattern } from './text-patterns.ts';

/** Plans of so many different sets of rules are remembered. */
const PLANS_MAX = 1024;

export class RuleSet {
  readonly rules: readonly Rule[];
  readonly #plans = new Map<string, ItemPlan>();

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
  }

  /** `numbers` ascend. */
  plan(numbers: readonly number[]): ItemPlan {
    const key = numbers.join();
    let plan = this.#plans.get(key);
    if (!plan) {
      plan = new ItemPlan(numbers.map((n) => this.rules[n]!));
      if (this.#plans.size >= PLANS_MAX) this.#plans.clear();
      this.#plans.set(key, plan);
    }
    return plan;
  }
}

/** What the rules that an item meets could do to it: asked before anything of it is decoded. */
export class ItemPlan {
  readonly rules: readonly Rule[];
  /** Free text is searched for these, one after the other. */
  readonly texts: readonly TextPattern[];
  readonly values: readonly TextPattern[];
  readonly setsItem: boolean;

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    this.texts = rules.flatMap((rule) => rule.texts);
    this.values = rules.flatMap((rule) => rule.valuePatterns);
    this.setsItem = rules.some((rule) => rule.setsItem);
  }

  touchesName(name: string, structural: ReadonlySet<string>): boolean {
    return this.rules.some((rule) => rule.touchesName(name, structural));
  }

  /** Free text, as it is to be stored. */
  text(given: string): string {
    let text = given;
    for (const pattern of this.texts) text = pattern.replace(text);
    return text;
  }
}

export type Layer = 'resource' | 'scope';

/** An outer layer behind some of the rules. What follows it is made once. */
export class LayerState {
  readonly group: AttributeGroup;
  readonly #set: RuleSet;
  readonly #layer: Layer;
  readonly #verdicts: (Verdict | undefined)[] = [];
  readonly #next = new Map<number, LayerState>();

  constructor(set: RuleSet, layer: Layer, group: AttributeGroup) {
    this.#set = set;
    this.#layer = layer;
    this.group = group;
  }

  /** As far as this layer, the outermost, decides. */
  verdict(rule: number): Verdict {
    return (this.#verdicts[rule] ??= this.#set.rules[rule]!.verdict([this.group], false));
  }

  after(rule: number): LayerState {
    let next = this.#next.get(rule);
    if (!next) {
      const group = this.group.clone();
      this.#set.rules[rule]!.apply(group, this.#layer === 'resource' ? 'resource' : 'neither');
      next = new LayerState(this.#set, this.#layer, group);
      this.#next.set(rule, next);
    }
    return next;
  }
}

/** What an item met on its way through the rules; undefined where it is not stored. */
export interface Passage {
  readonly state: LayerState;
  /** Of the rules that applied. */
  readonly plan: ItemPlan;
}

/** The passage of every item of an outer layer; `open` where more than that decides, undefined where none is stored. */
export function outerPassage(set: RuleSet, begin: LayerState): Passage | 'open' | undefined {
  let isOpen = false;
  const leaveOpen = (): boolean => {
    isOpen = true;
    return false;
  };
  const passage = itemPassage(set, begin, leaveOpen, () => {});
  return isOpen ? 'open' : passage;
}

/**
 * Takes an item through all rules. `decide` is asked what the outer layer leaves open, when the rules before have been
 * applied; `onMet` applies a rule to the layers within.
 */
export function itemPassage(
  set: RuleSet,
  begin: LayerState,
  decide: (rule: Rule, outer: AttributeGroup) => boolean,
  onMet: (rule: Rule, number: number) => void,
): Passage | undefined {
  let state = begin;
  const met: number[] = [];
  for (let number = 0; number < set.rules.length; number++) {
    const rule = set.rules[number]!;
    const verdict = state.verdict(number);
    if (verdict === 'no' || (verdict === 'open' && !decide(rule, state.group))) continue;
    if (rule.dropsItem) return undefined;
    met.push(number);
    onMet(rule, number);
    state = state.after(number);
  }
  return { state, plan: set.plan(met) };
}
