/**
 * Inhibition: an alert that a rule's target matchers match is suppressed while an alert that its source matchers match fires and has the
 * same values of the `equal` labels; a label that is missing is as good as an empty one. An alert that is source and target is not
 * inhibited by others that are both, so none inhibits itself.
 */

import type { Labels } from '../model/labels.ts';
import { isResolved } from './alert.ts';
import type { KeptAlert } from './alert-store.ts';
import type { InhibitRuleConfig } from './alertmanager-config.ts';
import { AlertMatcher, matchesAll } from './matcher.ts';
import type { MatcherText } from './silence.ts';

/** Alerts that are looked at between two looks at the clock. */
const PER_STEP = 32;

class InhibitRule {
  readonly name: string;
  readonly #source: readonly AlertMatcher[];
  readonly #target: readonly AlertMatcher[];
  readonly #equal: readonly string[];
  /** Alerts that may be sources, by their values of the `equal` labels. */
  readonly #sources = new Map<string, Set<KeptAlert>>();

  constructor({ name, sourceMatchers, targetMatchers, equal }: InhibitRuleConfig) {
    this.name = name;
    this.#source = sourceMatchers.map(compiled);
    this.#target = targetMatchers.map(compiled);
    this.#equal = equal;
  }

  #key(labels: Labels): string {
    return JSON.stringify(this.#equal.map((name) => labels.get(name)));
  }

  add(kept: KeptAlert): void {
    const { labels } = kept.alert;
    if (!matchesAll(this.#source, labels)) return;
    const key = this.#key(labels);
    const known = this.#sources.get(key);
    if (known) known.add(kept);
    else this.#sources.set(key, new Set([kept]));
  }

  remove(kept: KeptAlert): void {
    const key = this.#key(kept.alert.labels);
    const known = this.#sources.get(key);
    if (known?.delete(kept) && known.size === 0) this.#sources.delete(key);
  }

  /** The alert that inhibits one of such labels. */
  source(labels: Labels, nowMs: number): KeptAlert | undefined {
    if (this.#sources.size === 0 || !matchesAll(this.#target, labels)) return undefined;
    const sources = this.#sources.get(this.#key(labels));
    if (!sources) return undefined;
    const isBoth = matchesAll(this.#source, labels);
    for (const kept of sources) {
      if (isResolved(kept.alert, nowMs)) continue;
      if (!isBoth || !matchesAll(this.#target, kept.alert.labels)) return kept;
    }
    return undefined;
  }
}

function compiled({ type, name, value }: MatcherText): AlertMatcher {
  return new AlertMatcher(type, name, value);
}

/** Which rule inhibits an alert, and by which other one. */
export interface Inhibition {
  readonly rule: string;
  /** Place of the rule among all, from 0. */
  readonly index: number;
  readonly fingerprint: string;
}

export class Inhibitor {
  readonly #rules: readonly InhibitRule[];

  constructor(rules: readonly InhibitRuleConfig[]) {
    this.#rules = rules.map((rule) => new InhibitRule(rule));
  }

  /** Alerts that are known already. */
  *addAll(all: Iterable<KeptAlert>): Generator<void, void> {
    let count = 0;
    for (const kept of all) {
      this.add(kept);
      if (++count % PER_STEP === 0) yield;
    }
  }

  /** An alert has come, or is known already. */
  add(kept: KeptAlert): void {
    for (const rule of this.#rules) rule.add(kept);
  }

  /** It is forgotten. */
  remove(kept: KeptAlert): void {
    for (const rule of this.#rules) rule.remove(kept);
  }

  /** By the first rule that does; undefined: none. */
  inhibition(labels: Labels, nowMs: number): Inhibition | undefined {
    for (const [index, rule] of this.#rules.entries()) {
      const source = rule.source(labels, nowMs);
      if (source) return { rule: rule.name, index, fingerprint: source.fingerprint };
    }
    return undefined;
  }
}
