/** How near two names are: for messages that say which one was meant. */

/** Longer texts are compared by their beginnings: the distance costs the product of the lengths. */
const COMPARED_LENGTH = 200;

/** Levenshtein's: insertions, deletions and changes of one UTF-16 unit that make `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** From 0 (nothing in common) to 1 (equal). */
export function similarity(a: string, b: string): number {
  if (a === b) return 1;
  const [left, right] = [a.slice(0, COMPARED_LENGTH), b.slice(0, COMPARED_LENGTH)];
  return 1 - editDistance(left, right) / Math.max(left.length, right.length, 1);
}

/** Those of `names` that are at least `least` similar, the nearest first, equally near ones by name. */
export function nearestNames(name: string, names: Iterable<string>, least = 0.5): string[] {
  return [...new Set(names)]
    .map((candidate) => ({ candidate, near: similarity(name, candidate) }))
    .filter(({ near }) => near >= least)
    .sort((a, b) => b.near - a.near || (a.candidate < b.candidate ? -1 : 1))
    .map(({ candidate }) => candidate);
}
