/** Values on top of each other: the first series above all others, so that each is drawn over the one before. */

export type Values = readonly (number | null)[];

export function stacked(series: readonly Values[]): (number | null)[][] {
  const out: (number | null)[][] = series.map(() => []);
  const length = series[0]?.length ?? 0;
  for (let at = 0; at < length; at++) {
    let sum = 0;
    for (let i = series.length - 1; i >= 0; i--) {
      const value = series[i]![at] ?? null;
      if (value !== null) sum += value;
      out[i]![at] = value === null ? null : sum;
    }
  }
  return out;
}
