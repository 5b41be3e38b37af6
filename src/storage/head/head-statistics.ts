/** Counts over the series of the metric head: what `status/tsdb` ranks, computed when it is asked for. */

import { METRIC_NAME } from '../../model/labels.ts';
import type { HeadStatistics, NamedCount } from '../interface.ts';
import type { MetricHead } from './metric-head.ts';

export function headStatistics(head: MetricHead, limit: number): HeadStatistics {
  const byMetric: NamedCount[] = [];
  const values: NamedCount[] = [];
  const bytes: NamedCount[] = [];
  const pairs: NamedCount[] = [];
  let numLabelPairs = 0;
  for (const [name, postings] of head.series.postings()) {
    numLabelPairs += postings.size;
    values.push({ name, value: postings.size });
    let size = 0;
    for (const [value, slots] of postings) {
      size += value.length * slots.length;
      pairs.push({ name: `${name}=${value}`, value: slots.length });
      if (name === METRIC_NAME) byMetric.push({ name: value, value: slots.length });
    }
    bytes.push({ name, value: size });
  }
  const top = (list: NamedCount[]) => list.sort((a, b) => b.value - a.value).slice(0, limit);
  return {
    numSeries: head.series.size,
    numLabelPairs,
    ...head.bounds(),
    seriesCountByMetricName: top(byMetric),
    labelValueCountByLabelName: top(values),
    memoryInBytesByLabelName: top(bytes),
    seriesCountByLabelValuePair: top(pairs),
  };
}
