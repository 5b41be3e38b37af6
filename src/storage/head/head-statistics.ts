/** Counts over the series of the metric head: what `status/tsdb` ranks, computed when it is asked for. */

import { METRIC_NAME } from '../../model/labels.ts';
import type { HeadStatistics, NamedCount } from '../interface.ts';
import type { MetricHead } from './metric-head.ts';

/** `isBrief`: without what takes a look at every label pair. */
export function headStatistics(head: MetricHead, limit: number, isBrief = false): HeadStatistics {
  const { pairs } = head.series;
  const byMetric = new Ranking(limit);
  const values = new Ranking(limit);
  const bytes = new Ranking(limit);
  const byPair = new Ranking(limit);
  for (const [name, numbers] of pairs.names()) {
    values.add(numbers.length, () => name);
    if (isBrief && name !== METRIC_NAME) continue;
    let size = 0;
    for (const pair of numbers) {
      const count = pairs.count(pair);
      size += pairs.valueBytes(pair) * count;
      if (!isBrief) byPair.add(count, () => `${name}=${pairs.value(pair)}`);
      if (name === METRIC_NAME) byMetric.add(count, () => pairs.value(pair));
    }
    if (!isBrief) bytes.add(size, () => name);
  }
  return {
    numSeries: head.series.size,
    numLabelPairs: pairs.size,
    ...head.bounds(),
    seriesCountByMetricName: byMetric.entries,
    labelValueCountByLabelName: values.entries,
    memoryInBytesByLabelName: bytes.entries,
    seriesCountByLabelValuePair: byPair.entries,
  };
}

/** The largest `limit` of many counts, largest first; names are made only for those. Equal ones stay in order. */
class Ranking {
  readonly entries: NamedCount[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(value: number, name: () => string): void {
    const { entries } = this;
    if (entries.length >= this.#limit && !(value > (entries.at(-1)?.value ?? Number.POSITIVE_INFINITY)))
      return;
    let at = entries.length;
    while (at > 0 && entries[at - 1]!.value < value) at--;
    entries.splice(at, 0, { name: name(), value });
    if (entries.length > this.#limit) entries.pop();
  }
}
