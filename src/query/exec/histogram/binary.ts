/** Binary operators where at least one side is a native histogram. */

import { histogramsEqual } from '../../../model/float-histogram.ts';
import type { Histogram } from '../../../model/histogram.ts';
import type { ElementOpName } from '../element-op-name.ts';
import type { Notes } from '../range/kernel.ts';
import {
  addHistograms,
  type Combined,
  divideHistogram,
  scaleHistogram,
  subtractHistograms,
} from './arithmetic.ts';
import { trimHistogram } from './trim.ts';

/** The element, a comparison's verdict, or undefined (with a note) where the sides do not go together. */
export function histogramBinary(
  symbol: ElementOpName,
  left: number | Histogram,
  right: number | Histogram,
  notes: Notes,
): number | Histogram | boolean | undefined {
  if (typeof left === 'object' && typeof right === 'object') {
    switch (symbol) {
      case '+':
        return combined(addHistograms(left, right), symbol, notes);
      case '-':
        return combined(subtractHistograms(left, right), symbol, notes);
      case '==':
        return histogramsEqual(left, right);
      case '!=':
        return !histogramsEqual(left, right);
    }
  } else if (typeof left === 'object' && typeof right === 'number') {
    switch (symbol) {
      case '*':
        return scaleHistogram(left, right);
      case '/':
        return divideHistogram(left, right);
      case '</':
        return trimHistogram(left, right, 'upper');
      case '>/':
        return trimHistogram(left, right, 'lower');
    }
  } else if (typeof left === 'number' && typeof right === 'object' && symbol === '*') {
    return scaleHistogram(right, left);
  }
  const [a, b] = [left, right].map((side) => (typeof side === 'object' ? 'histogram' : 'float'));
  notes.info(
    `incompatible sample types encountered for binary operator ${JSON.stringify(symbol)}: ${a} ${symbol} ${b}`,
  );
  return undefined;
}

function combined(result: Combined, symbol: '+' | '-', notes: Notes): Histogram | undefined {
  const what = symbol === '+' ? 'addition' : 'subtraction';
  if (result.histogram === undefined) {
    notes.warn(`incompatible bucket layout encountered for binary operator ${symbol}`);
    return undefined;
  }
  if (result.resetConflict) notes.warn(`conflicting counter resets during histogram ${what}`);
  if (result.boundsReconciled) notes.info(`mismatched custom buckets were reconciled during ${what}`);
  return result.histogram;
}
