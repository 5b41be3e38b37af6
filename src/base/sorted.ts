/** Work on ascending lists of numbers, which is what postings are. */

/** The numbers in both lists. Neither has a number twice. */
export function intersectAscending(a: readonly number[], b: readonly number[]): number[] {
  const out: number[] = [];
  let j = 0;
  for (const x of a) {
    while (j < b.length && b[j]! < x) j++;
    if (j < b.length && b[j] === x) out.push(x);
  }
  return out;
}

/** Distinct numbers of ascending lists, ascending. */
export function unionAscending(lists: readonly ArrayLike<number>[]): number[] {
  const filled = lists.filter((l) => l.length > 0);
  if (filled.length === 1) return Array.from(filled[0]!);
  const all = new Set<number>();
  for (const list of filled) for (let i = 0; i < list.length; i++) all.add(list[i]!);
  return [...all].sort((a, b) => a - b);
}
