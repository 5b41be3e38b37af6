/** Tells when a counter function is applied to a metric that is not named like a counter. */

import { type Labels, METRIC_NAME } from '../../../model/labels.ts';
import type { RangeKernel } from './kernel.ts';

const COUNTER_SUFFIXES = ['_total', '_sum', '_count', '_bucket'];

/** The kernel, and an info where a float result comes from a metric whose name has no counter's suffix. */
export function withCounterNameCheck(kernel: RangeKernel): RangeKernel {
  return (input, out, notes) => {
    kernel(input, out, notes);
    const name = input.labels.get(METRIC_NAME);
    if (name === '' || input.count === 0 || looksLikeCounter(input.labels)) return;
    for (let i = 0; i < input.stepCount; i++) {
      if (out.present[i] === 0 || out.histograms?.[i] !== undefined) continue;
      notes.info(
        `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${JSON.stringify(name)}`,
      );
      return;
    }
  };
}

function looksLikeCounter(labels: Labels): boolean {
  const name = labels.get(METRIC_NAME);
  return COUNTER_SUFFIXES.some((suffix) => name.endsWith(suffix));
}
