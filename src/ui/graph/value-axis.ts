/** What stands at the value axis: as many digits as tell neighbours apart. */

import { formatNumber } from '../format/number.ts';

const SI: readonly (readonly [factor: number, sign: string])[] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];
/** With more digits than this behind the point a power of ten says it better. */
const DECIMALS_MAX = 6;

/** Of values `step` apart. */
export function valueLabels(values: readonly number[], step: number): string[] {
  return values.map((value) => {
    const size = Math.abs(value);
    const [factor, sign] = SI.find(([least]) => size >= least) ?? [1, ''];
    const decimals = Math.max(0, -Math.floor(Math.log10(step / factor) + 1e-9));
    if (!Number.isFinite(decimals) || decimals > DECIMALS_MAX || size >= 1e15) return formatNumber(value);
    return String(Number((value / factor).toFixed(decimals))) + sign;
  });
}
