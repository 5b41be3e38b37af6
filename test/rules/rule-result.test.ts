/** The columns that a rule's evaluation crosses threads in, and what vanished between two of them. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareBytes } from '../../src/base/bytes.ts';
import type { Histogram } from '../../src/model/histogram.ts';
import { Labels } from '../../src/model/labels.ts';
import {
  decodeResult,
  encodeResult,
  keyAt,
  labelsAt,
  type PackedKeys,
  packKeys,
} from '../../src/rules/rule-result.ts';
import { vanished } from '../../src/rules/rule-series.ts';

const labels = fc
  .dictionary(fc.string({ minLength: 1, maxLength: 4 }), fc.string({ minLength: 1, maxLength: 4 }))
  .map((pairs) => Labels.from(Object.entries(pairs)));
const elements = fc.uniqueArray(
  fc.record({ labels, annotations: fc.option(labels, { nil: undefined }), value: fc.double() }),
  { selector: (e) => e.labels.key() },
);

describe('a result in columns', () => {
  it('has all elements, ascending by their keys', () => {
    fc.assert(
      fc.property(elements, (list) => {
        const encoded = encodeResult(list)!;
        const { keys, notes, values } = decodeResult(encoded);
        assert.equal(values.length, list.length);
        const found = new Map(list.map((e) => [e.labels.key(), e]));
        for (let i = 0; i < values.length; i++) {
          if (i > 0) assert.ok(compareBytes(keyAt(keys, i - 1), keyAt(keys, i)) < 0);
          const element = found.get(labelsAt(keys, i).key())!;
          assert.ok(Object.is(values[i], element.value));
          const note = keyAt(notes, i);
          assert.deepEqual(note, element.annotations?.toBytes() ?? new Uint8Array(0));
        }
      }),
    );
  });

  it('has native histograms as they are', () => {
    const number = fc.double();
    const spans = fc.array(
      fc.record({ offset: fc.integer({ min: -9, max: 9 }), length: fc.nat(9) }, { noNullPrototype: true }),
      {
        maxLength: 3,
      },
    );
    const counts = fc.array(number, { maxLength: 4 });
    const histogram: fc.Arbitrary<Histogram> = fc.record(
      {
        schema: fc.constantFrom(-53, -4, 0, 8),
        zeroThreshold: number,
        zeroCount: number,
        count: number,
        sum: number,
        positiveSpans: spans,
        positiveCounts: counts,
        negativeSpans: spans,
        negativeCounts: counts,
        customBounds: counts,
        reset: fc.constantFrom('unknown', 'reset', 'not_reset', 'gauge'),
        integer: fc.boolean(),
        stale: fc.boolean(),
      },
      { noNullPrototype: true },
    );
    const list = fc.uniqueArray(fc.record({ labels, histogram: fc.option(histogram, { nil: undefined }) }), {
      selector: (e) => e.labels.key(),
    });
    fc.assert(
      fc.property(list, (elements) => {
        const encoded = encodeResult(elements.map((e) => ({ ...e, value: 0 })))!;
        const { keys, histograms } = decodeResult(encoded);
        const found = new Map(histograms.map((h) => [labelsAt(keys, h.element).key(), h.histogram]));
        for (const e of elements) assert.deepEqual(found.get(e.labels.key()), e.histogram);
      }),
    );
  });

  it('is none where two elements have the same labels', () => {
    const element = { labels: Labels.from({ a: 'b' }), value: 1 };
    assert.equal(encodeResult([element, { ...element, value: 2 }]), undefined);
  });
});

describe('what vanished', () => {
  const sorted = (names: readonly string[]): PackedKeys =>
    packKeys([...new Set(names)].map((n) => Buffer.from(n)).sort(compareBytes));

  it('is what the list before has and the one now has not', () => {
    const names = fc.array(fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(names, names, (before, now) => {
        const gone = vanished(sorted(before), sorted(now)).map((key) => Buffer.from(key).toString());
        const expected = new Set(before.filter((name) => !now.includes(name)));
        assert.deepEqual(new Set(gone), expected);
        assert.equal(gone.length, expected.size);
      }),
    );
  });
});
