/**
 * `info`: gives each element the labels of the info series that describe the same target. An info series belongs
 * to an element when both have the same identifying labels; where several of one info metric do, the one with the
 * newest sample counts. Which series are there may change from step to step, and with it an element's labels.
 */

import { TriliteError } from '../../model/errors.ts';
import { type Labels, METRIC_NAME } from '../../model/labels.ts';
import { type Matcher, matchesAll } from '../../model/matcher.ts';
import type { Budget } from '../budget.ts';
import { createColumn } from './column.ts';
import { GroupKeyer } from './grouping.ts';
import { labelsText } from './labels-text.ts';
import type { Column, Operator, Sink, Steps } from './operator.ts';
import { setHistogram } from './range/presence.ts';
import { StepMatrix } from './step-matrix.ts';

/** Labels that say which target a series is of. */
export const IDENTIFYING_LABELS: readonly string[] = ['instance', 'job'];

export interface InfoOptions {
  /** What the name of an info metric must match; an element that does is one itself and stays as it is. */
  readonly nameMatchers: readonly Matcher[];
  /** Labels to take over, and what they must match; none means all labels. */
  readonly dataMatchers: readonly Matcher[];
}

export class InfoOperator implements Operator {
  readonly #base: Operator;
  readonly #info: Operator;
  readonly #steps: Steps;
  readonly #options: InfoOptions;
  readonly #budget: Budget | undefined;

  /** `info` yields, per info series, the seconds of its newest sample at each step. */
  constructor(base: Operator, info: Operator, steps: Steps, options: InfoOptions, budget?: Budget) {
    this.#base = base;
    this.#info = info;
    this.#steps = steps;
    this.#options = options;
    this.#budget = budget;
  }

  async run(sink: Sink): Promise<void> {
    const keyer = new GroupKeyer({ labels: IDENTIFYING_LABELS, without: false });
    const matrix = await StepMatrix.collect(this.#info, this.#steps.count, this.#budget);
    const byTarget = new Map<string, Column[]>();
    for (const column of matrix.columns) {
      const key = keyer.key(column.labels);
      const list = byTarget.get(key);
      if (list === undefined) byTarget.set(key, [column]);
      else list.push(column);
    }
    const { nameMatchers } = this.#options;
    await this.#base.run((column) => {
      if (matchesAll(nameMatchers, column.labels)) return sink(column);
      const identified = IDENTIFYING_LABELS.some((name) => column.labels.has(name));
      const infos = identified ? (byTarget.get(keyer.key(column.labels)) ?? []) : [];
      this.#enrich(column, infos, sink);
    });
    matrix.release();
  }

  #enrich(column: Column, infos: readonly Column[], sink: Sink): void {
    const mayLack = this.#options.dataMatchers.every((m) => m.matchesEmpty);
    const outputs = new Map<string, Column>();
    // Which info series are there at a step, as text, decides the labels.
    const known = new Map<string, Labels>();
    for (let i = 0; i < this.#steps.count; i++) {
      if (column.present[i] === 0) continue;
      const chosen = this.#newest(infos, i);
      if (chosen.length === 0 && !mayLack) continue;
      const state = chosen.map((c) => infos.indexOf(c)).join();
      let labels = known.get(state);
      if (labels === undefined) known.set(state, (labels = this.#merged(column.labels, chosen)));
      let out = outputs.get(labels.key());
      if (out === undefined) {
        out = createColumn(this.#steps.count);
        out.labels = labels;
        out.dropName = column.dropName;
        outputs.set(labels.key(), out);
      }
      out.present[i] = 1;
      const histogram = column.histograms?.[i];
      if (histogram === undefined) out.values[i] = column.values[i]!;
      else setHistogram(out, i, histogram, this.#steps.count);
    }
    for (const out of outputs.values()) sink(out);
  }

  /** Of each info metric the series with the newest sample at step `i`. */
  #newest(infos: readonly Column[], i: number): Column[] {
    const byName = new Map<string, Column>();
    for (const info of infos) {
      if (info.present[i] === 0) continue;
      const name = info.labels.get(METRIC_NAME);
      const other = byName.get(name);
      if (other !== undefined && other.values[i] === info.values[i]) {
        throw new TriliteError(
          'execution',
          `found duplicate series for info metric: existing ${labelsText(other.labels)}, new ${labelsText(info.labels)}`,
        );
      }
      if (other === undefined || other.values[i]! < info.values[i]!) byName.set(name, info);
    }
    return [...byName.values()];
  }

  #merged(base: Labels, infos: readonly Column[]): Labels {
    const wanted = new Set(this.#options.dataMatchers.map((m) => m.name));
    const added = new Map<string, string>();
    let out = base;
    for (const { labels } of infos) {
      for (let p = 0; p < labels.pairs.length; p += 2) {
        const name = labels.pairs[p]!;
        const value = labels.pairs[p + 1]!;
        if (name === METRIC_NAME || IDENTIFYING_LABELS.includes(name) || base.has(name)) continue;
        if (wanted.size > 0 && !wanted.has(name)) continue;
        const other = added.get(name);
        if (other !== undefined && other !== value)
          throw new TriliteError('execution', `conflicting label: ${name}`);
        added.set(name, value);
        out = out.with(name, value);
      }
    }
    return out;
  }
}
