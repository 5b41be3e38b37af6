/** A stable sort as a generator, for lists so long that one call of `sort` would hold the front up: short runs, then merges of two. */

/** Items between two looks at the clock: some tenths of a millisecond where comparing is slow. */
const RUN_ITEMS = 256;

export function* slicedSort<T>(items: readonly T[], compare: (a: T, b: T) => number): Generator<void, T[]> {
  let runs: T[][] = [];
  for (let i = 0; i < items.length; i += RUN_ITEMS) {
    runs.push(items.slice(i, i + RUN_ITEMS).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      const [a, b] = [runs[i]!, runs[i + 1]];
      merged.push(b ? yield* merge(a, b, compare) : a);
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): Generator<void, T[]> {
  const out: T[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const isNextOfA = j === b.length || (i < a.length && compare(a[i]!, b[j]!) <= 0);
    out.push(isNextOfA ? a[i++]! : b[j++]!);
    if (out.length % RUN_ITEMS === 0) yield;
  }
  return out;
}
