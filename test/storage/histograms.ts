/** Native histograms: one without observations, for tests to say what differs of it, and any kind, for property tests. */

import fc from 'fast-check';
import type { Histogram } from '../../src/model/histogram.ts';

export const EMPTY_HISTOGRAM: Histogram = {
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 0,
  sum: 0,
  positiveSpans: [],
  positiveCounts: [],
  negativeSpans: [],
  negativeCounts: [],
  customBounds: [],
  reset: 'unknown',
  integer: true,
  stale: false,
};

const count = fc.oneof(fc.nat(1000), fc.constantFrom(0, 2 ** 52, 0.5));
const spans = fc.array(
  fc.record({ offset: fc.integer({ min: -100, max: 100 }), length: fc.nat(4) }, { noNullPrototype: true }),
  { maxLength: 3 },
);

export const histogram: fc.Arbitrary<Histogram> = fc.record<Histogram>(
  {
    schema: fc.constantFrom(-53, -4, 0, 8),
    zeroThreshold: fc.constantFrom(0, 1e-128, 0.5),
    zeroCount: count,
    count,
    sum: fc.double({ noNaN: true }),
    positiveSpans: spans,
    positiveCounts: fc.array(count, { maxLength: 4 }),
    negativeSpans: spans,
    negativeCounts: fc.array(count, { maxLength: 4 }),
    customBounds: fc.array(fc.double({ noNaN: true }), { maxLength: 3 }),
    reset: fc.constantFrom('unknown', 'reset', 'not_reset', 'gauge'),
    integer: fc.boolean(),
    stale: fc.boolean(),
  },
  { noNullPrototype: true },
);
