/** Tells once, with the extent, that classic histograms had to be mended. */

import type { TextSpan } from '../../../model/errors.ts';
import { formatFloat } from '../../../model/float-format.ts';
import { quote } from '../../../model/go-string.ts';
import type { Annotations } from '../annotations.ts';
import type { Steps } from '../operator.ts';
import { stepTime } from '../steps.ts';
import type { Mended } from './classic-quantile.ts';

interface Extent extends Mended {
  samples: number;
  firstStep: number;
  lastStep: number;
}

export class MonotonicityNotes {
  readonly #steps: Steps;
  readonly #byName = new Map<string | undefined, Extent>();

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  add(step: number, name: string | undefined, mended: Mended): void {
    const known = this.#byName.get(name);
    if (known === undefined) {
      this.#byName.set(name, { ...mended, samples: 1, firstStep: step, lastStep: step });
      return;
    }
    known.samples++;
    known.minBound = Math.min(known.minBound, mended.minBound);
    known.maxBound = Math.max(known.maxBound, mended.maxBound);
    known.maxDifference = Math.max(known.maxDifference, mended.maxDifference);
    known.firstStep = Math.min(known.firstStep, step);
    known.lastStep = Math.max(known.lastStep, step);
  }

  report(annotations: Annotations, span: TextSpan | undefined): void {
    for (const [name, e] of this.#byName) {
      annotations.info(
        'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)' +
          `${name === undefined ? '' : ` for metric name ${quote(name)}`}, from buckets ${formatFloat(e.minBound)} to ` +
          `${formatFloat(e.maxBound)}, with a max diff of ${formatFloat(e.maxDifference)}, over ${e.samples} samples ` +
          `from ${this.#time(e.firstStep)} to ${this.#time(e.lastStep)}`,
        span,
      );
    }
  }

  #time(step: number): string {
    return new Date(stepTime(this.#steps, step))
      .toISOString()
      .replace(/\.?0*Z$/, 'Z')
      .replace(/:(\d)Z$/, ':$10Z');
  }
}
