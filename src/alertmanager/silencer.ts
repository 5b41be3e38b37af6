/**
 * Which silences an alert has. Silences are found by one pair that they ask for (`alertname="x"`), so that an alert is held against few;
 * what was found for it is kept with it until a silence changes.
 */

import type { Labels } from '../model/labels.ts';
import type { KeptAlert } from './alert-store.ts';
import { matchesAll } from './matcher.ts';
import { type Silence, stateOf } from './silence.ts';
import type { Silences } from './silences.ts';

export class Silencer {
  readonly #silences: Silences;
  #version = 0;
  /** By name and value of a pair that the alerts must have. */
  #byPair = new Map<string, Map<string, Silence[]>>();
  /** Those that ask for no pair. */
  #others: Silence[] = [];

  constructor(silences: Silences) {
    this.#silences = silences;
  }

  /** Ids of the silences that are in force for the alert. */
  silencedBy(kept: KeptAlert, nowMs: number): string[] {
    const { version } = this.#silences;
    if (kept.matching?.version !== version) {
      kept.matching = { version, silences: this.#matching(kept.alert.labels, nowMs) };
    }
    const { silences } = kept.matching;
    return silences.filter((silence) => stateOf(silence, nowMs) === 'active').map(({ id }) => id);
  }

  /** The same of labels that no alert need have. */
  silencesOf(labels: Labels, nowMs: number): string[] {
    return this.#matching(labels, nowMs)
      .filter((silence) => stateOf(silence, nowMs) === 'active')
      .map(({ id }) => id);
  }

  #matching(labels: Labels, nowMs: number): Silence[] {
    if (this.#version !== this.#silences.version) this.#index(nowMs);
    const out = this.#others.filter(({ matchers }) => matchesAll(matchers, labels));
    const { pairs } = labels;
    for (let i = 0; i < pairs.length; i += 2) {
      for (const silence of this.#byPair.get(pairs[i]!)?.get(pairs[i + 1]!) ?? []) {
        if (matchesAll(silence.matchers, labels)) out.push(silence);
      }
    }
    return out;
  }

  /** One that is over stays so; those that have not begun are among them. */
  #index(nowMs: number): void {
    this.#version = this.#silences.version;
    this.#byPair = new Map();
    this.#others = [];
    for (const silence of this.#silences.all()) {
      if (stateOf(silence, nowMs) !== 'expired') this.#listOf(silence).push(silence);
    }
  }

  #listOf({ matchers }: Silence): Silence[] {
    const pair = matchers.find(({ type, value }) => type === '=' && value !== '');
    if (!pair) return this.#others;
    let values = this.#byPair.get(pair.name);
    if (!values) this.#byPair.set(pair.name, (values = new Map()));
    let list = values.get(pair.value);
    if (!list) values.set(pair.value, (list = []));
    return list;
  }
}
