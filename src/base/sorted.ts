/** Work on ascending lists of numbers, which is what postings are. */

/** The numbers in both lists. Neither has a number twice. */
export function intersectAscending(a: Uint32Array, b: Uint32Array): Uint32Array {
  const out = new Uint32Array(Math.min(a.length, b.length));
  let n = 0;
  let j = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    while (j < b.length && b[j]! < x) j++;
    if (j < b.length && b[j] === x) out[n++] = x;
  }
  return out.subarray(0, n);
}

/** Distinct numbers of ascending lists, ascending. */
export function unionAscending(lists: readonly ArrayLike<number>[]): ArrayLike<number> {
  const filled = lists.filter((l) => l.length > 0).sort((a, b) => a.length - b.length);
  if (filled.length === 0) return [];
  return filled.reduce((a, b) => mergeTwo(a, b));
}

function mergeTwo(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const out = new Float64Array(a.length + b.length);
  let n = 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const x = a[i]!;
    const y = b[j]!;
    out[n++] = x <= y ? x : y;
    if (x <= y) i++;
    if (y <= x) j++;
  }
  while (i < a.length) out[n++] = a[i++]!;
  while (j < b.length) out[n++] = b[j++]!;
  return out.subarray(0, n);
}

/** The numbers of `a` that are not in `b`. */
export function withoutAscending(a: Uint32Array, b: Uint32Array): Uint32Array {
  const out = new Uint32Array(a.length);
  let n = 0;
  let j = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    while (j < b.length && b[j]! < x) j++;
    if (j >= b.length || b[j] !== x) out[n++] = x;
  }
  return out.subarray(0, n);
}

/** Where the number is in an ascending list, or -1. */
export function indexInAscending(list: Uint32Array, x: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (list[mid]! < x) low = mid + 1;
    else high = mid;
  }
  return list[low] === x ? low : -1;
}

/** The lists one after another; the only one itself where there is one. */
export function concatenated(lists: readonly Uint32Array[]): Uint32Array {
  if (lists.length === 1) return lists[0]!;
  const all = new Uint32Array(lists.reduce((n, list) => n + list.length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}
