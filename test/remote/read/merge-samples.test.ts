/** Samples of one series from several sources, beside a model that knows one sample at a time. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mergeSamples } from '../../../src/remote/read/merge-samples.ts';
import { SampleColumns } from '../../../src/storage/interface.ts';
import { columnsOf, samples, shown, type TestSample } from './sample-arbitraries.ts';

interface From {
  readonly sample: TestSample;
  readonly source: number;
}

/** Of each time the first source's; a histogram behind another source's sample knows of no counter reset. */
function model(sources: readonly (readonly TestSample[])[]): TestSample[] {
  const byTime = new Map<number, From>();
  for (const [source, list] of [...sources.entries()].reverse()) {
    for (const sample of list) byTime.set(sample.timestampMs, { sample, source });
  }
  const all = [...byTime.values()].sort((a, b) => a.sample.timestampMs - b.sample.timestampMs);
  return all.map(({ sample, source }, i) => {
    const { value } = sample;
    if (typeof value !== 'object' || value.reset === 'gauge' || all[i - 1]?.source === source) return sample;
    return { ...sample, value: { ...value, reset: 'unknown' } };
  });
}

const resets = (columns: SampleColumns) => columns.histograms?.slice(0, columns.count).map((h) => h?.reset);

test('as the model has it, whatever the sources have', () => {
  const into = new SampleColumns();
  fc.assert(
    fc.property(fc.array(samples(60), { minLength: 1, maxLength: 4 }), (sources) => {
      const columns = sources.map(columnsOf);
      const before = columns.map(shown);
      const count = mergeSamples(columns, into);
      const want = columnsOf(model(sources));
      assert.equal(count, want.count);
      assert.deepEqual(shown(into), shown(want));
      if (want.histograms) assert.deepEqual(resets(into), resets(want));
      assert.deepEqual(columns.map(shown), before, 'the sources stay');
    }),
  );
});

test('start times go with their samples', () => {
  const a = columnsOf([
    { timestampMs: 1, value: 1 },
    { timestampMs: 3, value: 3 },
  ]);
  a.withStarts().set([100, 300]);
  const b = columnsOf([{ timestampMs: 2, value: 2 }]);
  const into = new SampleColumns();
  mergeSamples([a, b], into);
  assert.deepEqual([...into.startTimestamps!.subarray(0, 3)], [100, 0, 300]);
});
