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
