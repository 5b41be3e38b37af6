/** Samples for property tests of what remotes give: floats of all kinds, native histograms of both, in columns. */

import fc from 'fast-check';
import { type Buckets, spansOf } from '../../../src/model/float-histogram.ts';
import type { CounterReset, Histogram } from '../../../src/model/histogram.ts';
import { setStale } from '../../../src/model/sample.ts';
import { SampleColumns } from '../../../src/storage/interface.ts';

export interface TestSample {
  readonly timestampMs: number;
  readonly value: number | 'stale' | Histogram;
}

const float = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, 1, Number.POSITIVE_INFINITY, 5e-324, 'stale' as const),
);

const buckets = (integer: boolean): fc.Arbitrary<Buckets> =>
  fc
    .dictionary(
      fc.integer({ min: 0, max: 40 }).map(String),
      integer ? fc.integer({ min: 1, max: 1e6 }) : fc.double({ min: 0.001, max: 1e9, noNaN: true }),
      { maxKeys: 5 },
    )
    .map((record) => {
      const entries = Object.entries(record).map(([k, count]) => [Number(k), count] as const);
      entries.sort(([a], [b]) => a - b);
      return { indexes: entries.map(([index]) => index), counts: entries.map(([, count]) => count) };
    });

export const histogram: fc.Arbitrary<Histogram> = fc
  .record({
    integer: fc.boolean(),
    custom: fc.boolean(),
    schema: fc.integer({ min: -4, max: 8 }),
    zeroThreshold: fc.constantFrom(0, 2 ** -128, 0.001, 1024, 0.3),
    sum: fc.double({ noNaN: true }),
    reset: fc.constantFrom<CounterReset>('unknown', 'reset', 'not_reset', 'gauge'),
    stale: fc.constantFrom(false, false, false, true),
  })
  .chain(({ integer, custom, ...rest }) =>
    fc.tuple(buckets(integer), buckets(integer)).map(([positive, negative]) => {
      const below = custom ? { indexes: [], counts: [] } : negative;
      const total = [...positive.counts, ...below.counts].reduce((n, c) => n + c, 0);
      return {
        ...rest,
        ...(custom && { schema: -53, zeroThreshold: 0 }),
        zeroCount: 0,
        count: total,
        positiveSpans: spansOf(positive.indexes),
        positiveCounts: positive.counts,
        negativeSpans: spansOf(below.indexes),
        negativeCounts: below.counts,
        customBounds: custom ? Array.from({ length: 45 }, (_, i) => (i % 2 === 0 ? i : i + 0.0001)) : [],
        integer,
      };
    }),
  );

/** Ascending in time; `maxMs` small, so that two of them often have the same times. */
export const samples = (maxMs: number, kinds: 'floats' | 'both' = 'both'): fc.Arbitrary<TestSample[]> =>
  fc
    .uniqueArray(
      fc.record({
        timestampMs: fc.integer({ min: -maxMs, max: maxMs }),
        value:
          kinds === 'floats'
            ? float
            : fc.oneof({ weight: 3, arbitrary: float }, { weight: 1, arbitrary: histogram }),
      }),
      { selector: (s) => s.timestampMs, maxLength: 150 },
    )
    .map((list) => list.sort((a, b) => a.timestampMs - b.timestampMs));

export function columnsOf(list: readonly TestSample[]): SampleColumns {
  const columns = new SampleColumns();
  columns.ensure(list.length);
  if (list.some((s) => typeof s.value === 'object')) columns.histograms = [];
  for (const [i, { timestampMs, value }] of list.entries()) {
    columns.timestamps[i] = timestampMs;
    columns.values[i] = typeof value === 'number' ? value : 0;
    if (value === 'stale') setStale(columns.words, i);
    if (columns.histograms) columns.histograms[i] = typeof value === 'object' ? value : undefined;
  }
  columns.count = list.length;
  return columns;
}

/** Times, the bits of floats, and histograms as they are seen. */
export function shown(columns: SampleColumns): unknown[] {
  return Array.from({ length: columns.count }, (_, i) => {
    const h = columns.histograms?.[i];
    return [columns.timestamps[i], h ? shownHistogram(h) : [columns.words[2 * i], columns.words[2 * i + 1]]];
  });
}

/** Without what a chunk does not keep: the spelling of spans and of the first one's counter reset. */
export function shownHistogram(h: Histogram): unknown {
  if (h.stale) return 'stale';
  const side = (spans: Histogram['positiveSpans'], counts: readonly number[]) => {
    const out: [number, number][] = [];
    let index = 0;
    let at = 0;
    for (const { offset, length } of spans) {
      index += offset;
      for (let i = 0; i < length; i++, index++) {
        const count = counts[at++]!;
        if (count !== 0) out.push([index, count]);
      }
    }
    return out;
  };
  const { schema, zeroThreshold, zeroCount, count, sum, customBounds, integer } = h;
  return {
    ...{ schema, zeroThreshold, zeroCount, count, sum: String(sum), customBounds, integer },
    positive: side(h.positiveSpans, h.positiveCounts),
    negative: side(h.negativeSpans, h.negativeCounts),
    isGauge: h.reset === 'gauge',
  };
}
