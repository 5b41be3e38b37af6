/** Values of samples and series as text. */

import type { HistogramPoint, LabelSet } from '../../client/answer.ts';

/** All digits, as the APIs write it. */
export function printValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

/** Short, for people: `1.23`, `45.7k`, `3.2M`, `0.00012`. */
export function printShort(value: number): string {
  if (!Number.isFinite(value)) return printValue(value);
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(2);
  for (const [unit, from] of [
    ['T', 1e12],
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e4],
  ] as const) {
    if (size >= from) return `${Number((value / (unit === 'k' ? 1e3 : from)).toPrecision(3))}${unit}`;
  }
  return String(Number(value.toPrecision(4)));
}

export function printHistogram({ count, sum }: HistogramPoint): string {
  return `count=${printValue(count)} sum=${printValue(sum)}`;
}

/** `name{a="b"}`, in the notation of selectors. */
export function printLabels({ __name__: name = '', ...rest }: LabelSet): string {
  const pairs = Object.entries(rest).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 && name !== '' ? name : `${name}{${pairs.join(', ')}}`;
}

/** What distinguishes each of the sets: labels that all have alike are left out; `common` has those. */
export function distinguish(sets: readonly LabelSet[]): { common: LabelSet; own: LabelSet[] } {
  const [first = {}] = sets;
  const common = Object.fromEntries(
    Object.entries(first).filter(
      ([name, value]) => sets.length > 1 && sets.every((set) => set[name] === value),
    ),
  );
  const own = sets.map((set) =>
    Object.fromEntries(Object.entries(set).filter(([name]) => !Object.hasOwn(common, name))),
  );
  return { common, own };
}
