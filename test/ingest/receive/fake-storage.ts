/** A storage that remembers what was appended, for tests of what comes before it. */

import type { LogBatch, MetricBatch, SpanBatch } from '../../../src/model/batch.ts';
import type { AppendOptions, AppendOutcome, Refusal, Storage } from '../../../src/storage/interface.ts';

export class FakeStorage implements Storage {
  readonly metricBatches: { batch: MetricBatch; options: AppendOptions }[] = [];
  readonly logBatches: LogBatch[] = [];
  readonly spanBatches: SpanBatch[] = [];
  readonly flushes: { readonly compact?: boolean }[] = [];
  /** What the next append answers. */
  refused: readonly Refusal[] = [];
  durable: Promise<void> = Promise.resolve();
  failure: Error | undefined;
  closed = false;

  readonly metrics = {
    append: async (batch: MetricBatch, options: AppendOptions) => {
      const outcome = this.#outcome(batch.sampleCount + batch.histograms.length);
      this.metricBatches.push({ batch, options });
      return outcome;
    },
  };
  readonly logs = {
    append: async (batch: LogBatch) => {
      const outcome = this.#outcome(batch.count);
      this.logBatches.push(batch);
      return outcome;
    },
  };
  readonly traces = {
    append: async (batch: SpanBatch) => {
      const outcome = this.#outcome(batch.spanCount);
      this.spanBatches.push(batch);
      return outcome;
    },
  };

  #outcome(count: number): AppendOutcome {
    if (this.failure) throw this.failure;
    return { accepted: count - this.refused.length, refused: this.refused, durable: this.durable };
  }

  async flush(options: { readonly compact?: boolean } = {}): Promise<void> {
    this.flushes.push(options);
  }

  heldBytes() {
    return 0;
  }

  relieve() {}

  async blocks() {
    return [];
  }

  async stats() {
    const blocks = { metrics: 1, logs: 2, traces: 3 };
    return {
      headSeries: 4,
      headBytes: 5,
      walBytes: 6,
      databaseBytes: 7,
      freeBytes: 8,
      blockBytes: blocks,
      blocks,
      damagedPages: 0,
    };
  }

  headStatistics() {
    return {
      numSeries: 4,
      numLabelPairs: 0,
      chunkCount: 0,
      minTimeMs: 0,
      maxTimeMs: 0,
      seriesCountByMetricName: [],
      labelValueCountByLabelName: [],
      memoryInBytesByLabelName: [],
      seriesCountByLabelValuePair: [],
    };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  reset(): void {
    this.metricBatches.length = 0;
    this.logBatches.length = 0;
    this.spanBatches.length = 0;
    this.refused = [];
    this.durable = Promise.resolve();
    this.failure = undefined;
  }
}
