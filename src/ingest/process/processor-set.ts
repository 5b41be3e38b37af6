/**
 * All rules of a configuration, compiled, with the keys that hashes are made with as they are now. Where a key's file has
 * changed there is another set: what was worked out under the old one is of no use any more.
 */

import type { Signal } from '../../storage/interface.ts';
import { type Hash, hashWith, keyStamp, readKey } from './hash-key.ts';
import type { ProcessorAction, ProcessorRule } from './process-config.ts';
import { Rule } from './rule.ts';
import { RuleSet } from './rule-set.ts';

type HashAction = ProcessorAction & { readonly kind: 'hash' };

export class ProcessorSet {
  readonly #config: readonly ProcessorRule[];
  readonly #rules: readonly {
    readonly number: number;
    readonly rule: Rule;
    readonly signals: readonly Signal[];
  }[];
  /** By the action: what its key's file was known by. */
  readonly #stamps = new Map<HashAction, string>();
  readonly #sets = new Map<string, RuleSet>();

  /** Throws `TriliteError` (`bad_data`) where a pattern is malformed or a key cannot be read. */
  constructor(config: readonly ProcessorRule[]) {
    this.#config = config;
    const hashOf = (action: HashAction): Hash => {
      const { key, stamp } = readKey(action.key);
      this.#stamps.set(action, stamp);
      return hashWith(key);
    };
    this.#rules = config.map((rule, number) => ({
      number,
      rule: new Rule(rule, hashOf),
      signals: rule.signals,
    }));
  }

  /** The rules for a tenant's items of a signal; undefined where there are none. Tenants with the same rules share a set. */
  of(signal: Signal, tenant: string): RuleSet | undefined {
    const own = this.#rules.filter(
      ({ rule, signals }) => signals.includes(signal) && (rule.tenants?.includes(tenant) ?? true),
    );
    if (own.length === 0) return undefined;
    const key = `${signal} ${own.map(({ number }) => number).join()}`;
    let set = this.#sets.get(key);
    if (!set) this.#sets.set(key, (set = new RuleSet(own.map(({ rule }) => rule))));
    return set;
  }

  /** Itself, or another one where a key's file has changed. Throws as the constructor does: the old one still works then. */
  renewed(): ProcessorSet {
    for (const [action, stamp] of this.#stamps) {
      if (keyStampNow(action) !== stamp) return new ProcessorSet(this.#config);
    }
    return this;
  }
}

/** A file that is gone for the moment has changed: reading it says what is wrong. */
function keyStampNow({ key }: HashAction): string | undefined {
  try {
    return keyStamp(key);
  } catch {
    return undefined;
  }
}
