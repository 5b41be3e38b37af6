/** `count_values`: how many elements of a group have each value, the value written into a label. */

import { formatPlain } from '../../model/float-format.ts';
import { histogramText } from '../../model/float-histogram.ts';
import type { Labels } from '../../model/labels.ts';
import { type Budget, Holding } from '../budget.ts';
import { COLUMN_BASE_BYTES, clearColumn, createColumn } from './column.ts';
import { type Grouping, GroupKeyer } from './grouping.ts';
import type { Operator, Sink, Steps } from './operator.ts';

export interface CountValuesOptions {
  readonly label: string;
  readonly grouping: Grouping;
}

interface Group {
  readonly labels: Labels;
  readonly counts: Map<string, Float64Array>;
  dropName: boolean;
}

export class CountValuesOperator implements Operator {
  readonly #input: Operator;
  readonly #steps: Steps;
  readonly #options: CountValuesOptions;
  readonly #budget: Budget | undefined;

  constructor(input: Operator, steps: Steps, options: CountValuesOptions, budget?: Budget) {
    this.#input = input;
    this.#budget = budget;
    this.#steps = steps;
    this.#options = options;
  }

  async run(sink: Sink): Promise<void> {
    const stepCount = this.#steps.count;
    const { label, grouping } = this.#options;
    const keyer = new GroupKeyer(grouping);
    const dropsValue = grouping.without && grouping.labels.includes(label);
    const groups = new Map<string, Group>();
    const held = new Holding(this.#budget);
    await this.#input.run((column) => {
      // What a series had under the label is overwritten.
      const base = column.labels.without(label);
      const key = keyer.key(base);
      let group = groups.get(key);
      if (group === undefined) {
        group = { labels: keyer.groupLabels(base), counts: new Map(), dropName: false };
        groups.set(key, group);
      }
      if (column.dropName) group.dropName = true;
      for (let i = 0; i < stepCount; i++) {
        if (column.present[i] === 0) continue;
        const histogram = column.histograms?.[i];
        const text = histogram === undefined ? formatPlain(column.values[i]!) : histogramText(histogram);
        // Grouping without the label takes the value away again.
        const key = dropsValue ? '' : text;
        let counts = group.counts.get(key);
        if (counts === undefined) {
          group.counts.set(key, (counts = new Float64Array(stepCount)));
          held.add(stepCount, COLUMN_BASE_BYTES + counts.byteLength);
        }
        counts[i]!++;
      }
    });
    const out = createColumn(stepCount);
    for (const { labels, counts, dropName } of groups.values()) {
      for (const [text, column] of counts) {
        clearColumn(out);
        out.labels = labels.with(label, text);
        out.dropName = dropName;
        out.values.set(column);
        for (let i = 0; i < stepCount; i++) out.present[i] = column[i]! > 0 ? 1 : 0;
        sink(out);
      }
    }
    held.release();
  }
}
