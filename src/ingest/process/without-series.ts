/** A batch without the samples of some of its series. The series themselves stay, so that their numbers do. */

import { type MetricBatch, plainBatch } from '../../model/batch.ts';
import type { AppendOutcome } from '../../storage/interface.ts';

export interface Without {
  readonly batch: MetricBatch;
  /** Samples and histograms that were left out. */
  readonly dropped: number;
  /** What came of the batch, in terms of the one that it was made of. */
  outcome(of: AppendOutcome): AppendOutcome;
}

export function withoutSeries(batch: MetricBatch, isOut: ((series: number) => boolean) | undefined): Without {
  if (!isOut) return { batch: plainBatch(batch), dropped: 0, outcome: (of) => of };
  const samples = kept(batch.sampleCount, (i) => !isOut(batch.sampleSeries[i]!));
  const histograms = kept(batch.histograms.length, (i) => !isOut(batch.histograms[i]!.series));
  const { startTimestamps } = batch;
  const less: MetricBatch = {
    ...plainBatch(batch),
    sampleCount: samples.length,
    sampleSeries: Uint32Array.from(samples, (i) => batch.sampleSeries[i]!),
    timestamps: Float64Array.from(samples, (i) => batch.timestamps[i]!),
    values: pickedBits(batch.values, samples),
    ...(startTimestamps && { startTimestamps: Float64Array.from(samples, (i) => startTimestamps[i]!) }),
    histograms: histograms.map((i) => batch.histograms[i]!),
    exemplars: batch.exemplars.filter((e) => !isOut(e.series)),
  };
  const { sampleCount } = batch;
  const before = (item: number): number =>
    item < samples.length ? samples[item]! : sampleCount + histograms[item - samples.length]!;
  return {
    batch: less,
    dropped: sampleCount - samples.length + batch.histograms.length - histograms.length,
    outcome: (of) => ({ ...of, refused: of.refused.map((r) => ({ ...r, item: before(r.item) })) }),
  };
}

function kept(count: number, keeps: (i: number) => boolean): number[] {
  const out: number[] = [];
  for (let i = 0; i < count; i++) if (keeps(i)) out.push(i);
  return out;
}

/** Copies through words, so that the bits of a NaN survive. */
function pickedBits(values: Float64Array, indexes: readonly number[]): Float64Array {
  const from = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const out = new Float64Array(indexes.length);
  const to = new Uint32Array(out.buffer);
  indexes.forEach((index, i) => {
    to[2 * i] = from[2 * index]!;
    to[2 * i + 1] = from[2 * index + 1]!;
  });
  return out;
}
