/** What a PromQL query took, in the shape of Prometheus' `stats`: in an answer, and in the query log. */

import type { QueryStats, StepCounts } from './result.ts';
import { sumOf } from './sample-count.ts';

type StepPoint = readonly [seconds: number, samples: number];

export interface StatsJson {
  /** Seconds. */
  readonly timings: Readonly<Record<string, number>>;
  readonly samples: {
    readonly totalQueryableSamplesPerStep?: readonly StepPoint[];
    readonly totalQueryableSamples: number;
    readonly samplesReadPerStep?: readonly StepPoint[];
    readonly samplesRead: number;
    readonly peakSamples: number;
  };
}

/** `queuedMs`: how long the query waited for a reader. Samples are 0 where they were not counted. */
export function statsJson(stats: QueryStats, queuedMs: number, eachStep: boolean): StatsJson {
  const { prepareMs, evaluateMs, sortMs } = stats.timings;
  const totalMs = prepareMs + evaluateMs + sortMs;
  const counts = stats.perStep;
  return {
    timings: {
      evalTotalTime: seconds(totalMs),
      resultSortTime: seconds(sortMs),
      queryPreparationTime: seconds(prepareMs),
      innerEvalTime: seconds(evaluateMs),
      execQueueTime: seconds(queuedMs),
      execTotalTime: seconds(totalMs + queuedMs),
    },
    samples: {
      ...(eachStep && counts && { totalQueryableSamplesPerStep: points(counts, counts.total) }),
      totalQueryableSamples: counts === undefined ? 0 : sumOf(counts.total),
      ...(eachStep && counts && { samplesReadPerStep: points(counts, counts.read) }),
      samplesRead: counts === undefined ? 0 : sumOf(counts.read),
      peakSamples: stats.peakSamples,
    },
  };
}

/** To the nanosecond, as Go has them. */
function seconds(ms: number): number {
  return Math.round(ms * 1e6) / 1e9;
}

function points({ startMs, stepMs }: StepCounts, values: Float64Array): StepPoint[] {
  return Array.from(values, (value, i) => [(startMs + i * stepMs) / 1000, value]);
}
