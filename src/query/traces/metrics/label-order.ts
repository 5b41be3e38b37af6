/**
 * The order of series by their labels, which decides between equal samples. Labels are compared one after the other:
 * texts and names ascending, then numbers and words descending by the bits that Tempo keeps of them.
 */

import { formatGoDuration } from '../../../model/duration.ts';
import { compareText } from '../../../model/labels.ts';
import type { Value } from '../value.ts';
import type { Series } from './series.ts';

/** In the order of Tempo's types. Status, kind and durations are texts. */
const TYPES: readonly Value['type'][] = ['int', 'float', 'string', 'bool', 'many'];

const float = new DataView(new ArrayBuffer(8));

function bitsOf(value: Value): bigint {
  switch (value.type) {
    case 'int':
      return BigInt.asUintN(64, value.exact ?? BigInt(value.value));
    case 'float':
      float.setFloat64(0, value.value);
      return float.getBigUint64(0);
    case 'bool':
      return value.value ? 1n : 0n;
    default:
      return 0n;
  }
}

function textOf(value: Value): string {
  if (value.type === 'duration') return formatGoDuration(value.value);
  return value.type === 'string' || value.type === 'status' || value.type === 'kind' ? value.value : '';
}

export function compareLabels(a: Series, b: Series): number {
  const count = Math.max(a.labels.length, b.labels.length);
  for (let i = 0; i < count; i++) {
    const [x, y] = [a.labels[i], b.labels[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const order = compareText(textOf(x[1]), textOf(y[1])) || compareText(x[0], y[0]);
    if (order !== 0) return order;
    // Texts are equal here, so that those of all types are as good as one another.
    const types = TYPES.indexOf(y[1].type) - TYPES.indexOf(x[1].type);
    if (types !== 0 && textOf(x[1]) === '') return types;
    const [p, q] = [bitsOf(x[1]), bitsOf(y[1])];
    if (p !== q) return p > q ? -1 : 1;
  }
  return 0;
}
