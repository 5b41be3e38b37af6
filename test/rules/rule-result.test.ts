/** The columns that a rule's evaluation crosses threads in, and what vanished between two of them. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareBytes } from '../../src/base/bytes.ts';
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
