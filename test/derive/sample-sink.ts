/** Metric storage of tests: keeps what it is given under printed labels, in the order in which it came. */

import type { MetricBatch } from '../../src/model/batch.ts';
import type { Histogram } from '../../src/model/histogram.ts';
import { isStale, wordsOf } from '../../src/model/sample.ts';
import type { MetricAppender } from '../../src/storage/interface.ts';

export interface Kept {
  readonly timeMs: number;
  readonly value: number | 'stale' | Histogram;
}

export class SampleSink implements MetricAppender {
  /** By `name{label="value",…}`, labels ascending. */
  readonly series = new Map<string, Kept[]>();
  readonly exemplars: { readonly series: string; readonly trace: string; readonly value: number }[] = [];
  /** The next appends fail. */
  fails = false;

  async append(batch: MetricBatch) {
    if (this.fails) throw new Error('the disk is full');
    const words = wordsOf(batch.values);
    for (let i = 0; i < batch.sampleCount; i++) {
      const value = isStale(words, i) ? 'stale' : batch.values[i]!;
      this.#keep(batch, batch.sampleSeries[i]!, { timeMs: batch.timestamps[i]!, value });
    }
    for (const { series, timestampMs, histogram } of batch.histograms) {
      this.#keep(batch, series, { timeMs: timestampMs, value: histogram.stale ? 'stale' : histogram });
    }
    for (const { series, exemplar } of batch.exemplars) {
      const trace = exemplar.labels.pairs.join('=');
      this.exemplars.push({ series: print(batch, series), trace, value: exemplar.value });
    }
    return { accepted: batch.sampleCount, refused: [], durable: Promise.resolve() };
  }

  #keep(batch: MetricBatch, series: number, kept: Kept): void {
    const name = print(batch, series);
    const list = this.series.get(name) ?? [];
    list.push(kept);
    this.series.set(name, list);
  }

  /** What a series stands at. */
  last(series: string): Kept['value'] | undefined {
    return this.series.get(series)?.at(-1)?.value;
  }
}

function print(batch: MetricBatch, series: number): string {
  const { __name__: name, ...labels } = batch.labels(series)!.toObject();
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  return `${name}{${pairs.join(',')}}`;
}
