/** Label selectors: what meets one, and one written down and read by an API server means the same. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkSelector, meetsSelector, selectorText } from '../../src/operator/label-selector.ts';
import { parseQuantity } from '../../src/operator/quantity.ts';
import type { LabelSelector } from '../../src/operator/resources.ts';
import { matchesLabels } from '../kube/selectors.ts';

const keys = fc.constantFrom('app', 'tier', 'example.com/team');
const values = fc.constantFrom('a', 'b', '');
const requirement = fc.oneof(
  fc.record({
    key: keys,
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.array(values, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ key: keys, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
);
const selectors: fc.Arbitrary<LabelSelector> = fc.record(
  { matchLabels: fc.dictionary(keys, values), matchExpressions: fc.array(requirement, { maxLength: 3 }) },
  { requiredKeys: [] },
);

describe('a label selector', () => {
  it('is met by what an API server finds with its text', () => {
    fc.assert(
      fc.property(selectors, fc.dictionary(keys, values), (selector, labels) => {
        checkSelector(selector);
        assert.equal(
          meetsSelector(labels, selector),
          matchesLabels({ metadata: { labels } }, selectorText(selector)),
        );
      }),
    );
  });

  it('is refused where its text would say something else', () => {
    for (const text of ['a,b', 'a=b', 'a b', '(a)', '!a', '-a', 'a/b/c', '']) {
      assert.throws(() => checkSelector({ matchLabels: { [text]: 'x' } }), { kind: 'bad_data' }, text);
      if (text !== '')
        assert.throws(() => checkSelector({ matchLabels: { x: text } }), { kind: 'bad_data' }, text);
    }
  });
});

describe('a quantity', () => {
  it('is a number with a suffix', () => {
    const cases = {
      '1.1': 1.1,
      '1100m': 1.1,
      '2k': 2000,
      '1Ki': 1024,
      '1e3': 1000,
      '.5': 0.5,
      '-3': -3,
      '5u': 5e-6,
    };
    for (const [text, value] of Object.entries(cases)) assert.equal(parseQuantity(text), value, text);
    for (const text of ['', '1 k', 'k', '1kk', '1.1.1', '0x1', '1Qi', '1toString']) {
      assert.throws(() => parseQuantity(text), { kind: 'bad_data' }, text);
    }
  });
});
