/** Series by the name of their metric, as they are graphed: sorted, histograms' buckets left to who asks for them. */

import type { MatrixSeries } from '../../api/prometheus-data.ts';

/** Series of one name with numbers to draw. */
export type MetricGraph = readonly [name: string, series: readonly MatrixSeries[]];

export function graphsOf(found: readonly MatrixSeries[]): readonly MetricGraph[] {
  const drawable = found.filter(({ metric, values }) => (values?.length ?? 0) > 0 && metric.le === undefined);
  const byName = Map.groupBy(drawable, ({ metric }) => metric.__name__ ?? '');
  // What is always 1 says what its labels say.
  return [...byName].filter(([name]) => !name.endsWith('_info')).sort(([a], [b]) => (a < b ? -1 : 1));
}
