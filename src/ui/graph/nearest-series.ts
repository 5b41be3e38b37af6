/** Which series of a graph a place is nearest to, at the moment that is pointed at. */

import type uPlot from 'uplot';

/** By its place among the graph's series. */
export function nearestSeries(plot: uPlot, offsetY: number): number | undefined {
  const { idx } = plot.cursor;
  if (idx == null) return undefined;
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i < plot.data.length; i++) {
    const value = plot.data[i]![idx];
    if (value == null) continue;
    const distance = Math.abs(plot.valToPos(value, 'y') - offsetY);
    if (distance < least) [best, least] = [i - 1, distance];
  }
  return best;
}
