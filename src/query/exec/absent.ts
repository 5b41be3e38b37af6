/** `absent` and `absent_over_time`: 1 at the steps where the input has nothing. */

import { Labels, METRIC_NAME } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { createColumn } from './column.ts';
import type { Operator, Sink, Steps } from './operator.ts';

export class AbsentOperator implements Operator {
  readonly #input: Operator;
  readonly #steps: Steps;
  readonly #labels: Labels;

  /** `matchers` of the selector that is asked about, none where it is another expression. */
  constructor(input: Operator, steps: Steps, matchers: readonly Matcher[]) {
    this.#input = input;
    this.#steps = steps;
    this.#labels = absentLabels(matchers);
  }

  async run(sink: Sink): Promise<void> {
    const any = new Uint8Array(this.#steps.count);
    await this.#input.run(({ present }) => {
      for (let i = 0; i < any.length; i++) any[i]! |= present[i]!;
    });
    const out = createColumn(this.#steps.count);
    out.labels = this.#labels;
    out.values.fill(1);
    for (let i = 0; i < any.length; i++) out.present[i] = 1 - any[i]!;
    sink(out);
  }
}

/**
 * What `=` matchers name; a label is left out where another matcher of it follows. Those that only take series away
 * come last, which is how Prometheus looks series up.
 */
export function absentLabels(written: readonly Matcher[]): Labels {
  const mustBeSet = new Set(written.filter((m) => !m.matchesEmpty).map((m) => m.name));
  const takesAway = ({ name, type, matchesEmpty }: Matcher) =>
    !mustBeSet.has(name) || (type.startsWith('!') && matchesEmpty);
  const matchers = [...written.filter((m) => !takesAway(m)), ...written.filter(takesAway)];
  const values = new Map<string, string>();
  const set = new Set<string>();
  for (const { name, type, value } of matchers) {
    if (name === METRIC_NAME) continue;
    if (type === '=' && !set.has(name)) {
      values.set(name, value);
      set.add(name);
    } else values.delete(name);
  }
  return Labels.from(values);
}
