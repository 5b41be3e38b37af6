/** What rules write, kept in memory beside the series that a test brings, under storage's own rules for repeated samples. */

import type { MetricBatch } from '../../model/batch.ts';
import type { Histogram } from '../../model/histogram.ts';
import type { Labels } from '../../model/labels.ts';
import { isStale, wordsOf } from '../../model/sample.ts';
import type { MemoryMetrics, MemorySample } from '../../query/script/memory-metrics.ts';
import type { AppendOutcome, MetricAppender, Refusal } from '../../storage/interface.ts';

export class MemoryAppender implements MetricAppender {
  readonly #metrics: MemoryMetrics;

  constructor(metrics: MemoryMetrics) {
    this.#metrics = metrics;
  }

  async append(batch: MetricBatch): Promise<AppendOutcome> {
    const refused: Refusal[] = [];
    const words = wordsOf(batch.values);
    const add = (item: number, series: number, sample: MemorySample) => {
      const labels = batch.labels(series);
      const refusal = labels && this.#refusal(labels, sample);
      if (refusal) refused.push({ item, ...refusal });
      else if (labels) this.#metrics.add(labels, [sample]);
    };
    for (let i = 0; i < batch.sampleCount; i++) {
      const value = isStale(words, i) ? 'stale' : batch.values[i]!;
      add(i, batch.sampleSeries[i]!, { timestampMs: batch.timestamps[i]!, value });
    }
    batch.histograms.forEach(({ series, timestampMs, histogram }, i) => {
      const value: Histogram | 'stale' = histogram.stale ? 'stale' : histogram;
      add(batch.sampleCount + i, series, { timestampMs, value });
    });
    const accepted = batch.sampleCount + batch.histograms.length - refused.length;
    return { accepted, refused, durable: Promise.resolve() };
  }

  /** As storage without a window for samples that are out of order. */
  #refusal(labels: Labels, { timestampMs, value }: MemorySample): Omit<Refusal, 'item'> | undefined {
    const last = this.#metrics.newest(labels);
    if (last === undefined || last.timestampMs < timestampMs || Object.is(last.value, value))
      return undefined;
    return last.timestampMs > timestampMs
      ? { reason: 'out_of_order', message: 'out of order sample' }
      : { reason: 'duplicate_timestamp', message: 'duplicate sample for timestamp' };
  }
}
