/** Tells once per query, with the extent, that classic histograms had to be mended; the first place is named. */

import type { TextSpan } from '../../../model/errors.ts';
import { formatFloat } from '../../../model/float-format.ts';
import { quote } from '../../../model/go-string.ts';
import type { Mended } from './classic-quantile.ts';

interface Extent extends Mended {
  samples: number;
  firstMs: number;
  lastMs: number;
  readonly span: TextSpan | undefined;
}

export class MonotonicityNotes {
  readonly #byName = new Map<string | undefined, Extent>();

  /** A histogram was mended at a time; `name` is its metric's where that is known. */
  add(timeMs: number, name: string | undefined, mended: Mended, span: TextSpan | undefined): void {
    const known = this.#byName.get(name);
    if (known === undefined) {
      this.#byName.set(name, { ...mended, samples: 1, firstMs: timeMs, lastMs: timeMs, span });
      return;
    }
    known.samples++;
    known.minBound = Math.min(known.minBound, mended.minBound);
    known.maxBound = Math.max(known.maxBound, mended.maxBound);
    known.maxDifference = Math.max(known.maxDifference, mended.maxDifference);
    known.firstMs = Math.min(known.firstMs, timeMs);
    known.lastMs = Math.max(known.lastMs, timeMs);
  }

  texts(): { readonly text: string; readonly span: TextSpan | undefined }[] {
    return [...this.#byName].map(([name, e]) => ({
      text:
        'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)' +
        `${name === undefined ? '' : ` for metric name ${quote(name)}`}, from buckets ${formatFloat(e.minBound)} to ` +
        `${formatFloat(e.maxBound)}, with a max diff of ${twoDigits(e.maxDifference)}, over ${e.samples} samples ` +
        `from ${wholeSeconds(e.firstMs)} to ${wholeSeconds(e.lastMs)}`,
      span: e.span,
    }));
  }
}

function wholeSeconds(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Enough digits to see that nothing follows a 5. */
const TIE_DIGITS = 60;

/** Two significant digits, ties to the even one: `0.093`, `79`, `1.4e+02`. */
function twoDigits(value: number): string {
  const tie = /^(\d\.[02468])50*(e.*)$/.exec(value.toExponential(TIE_DIGITS));
  const rounded = tie ? Number(tie[1]! + tie[2]!) : Number(value.toPrecision(2));
  if (rounded < 100 || !Number.isFinite(rounded)) return formatFloat(rounded);
  return rounded.toExponential().replace(/e\+(\d)$/, 'e+0$1');
}
