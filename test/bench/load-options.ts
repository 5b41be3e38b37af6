/** Options of small loads for the benchmark's tests. */

import type { BenchRequest, LoadOptions, PushWorkload } from '../../src/bench/workload.ts';

export function loadOptions(more: Partial<LoadOptions> = {}): LoadOptions {
  return {
    seed: 7,
    series: 12,
    churn: 0,
    churnEvery: 5,
    batch: 100,
    items: 950,
    startMs: Date.UTC(2026, 0, 1),
    intervalMs: 1000,
    targets: 2,
    run: 'test',
    ...more,
  };
}

export function allRequests(workload: PushWorkload, options: LoadOptions): BenchRequest[] {
  return [...{ [Symbol.iterator]: () => workload.requests(options) }];
}
