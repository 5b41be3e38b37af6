/** Colours of services. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colourOfText, distinctColours } from '../../../src/ui/graph/palette.ts';

test('services that are shown together have colours of their own, as long as there are some', () => {
  const names = ['web', 'payment', 'cart', 'mail', 'orders', 'user', 'bank', 'a', 'b', 'c'];
  const colours = distinctColours(names);
  assert.equal(new Set(colours.values()).size, 10);
  // Alone, one has the colour that it has everywhere.
  assert.equal(distinctColours(['payment']).get('payment'), colourOfText('payment'));
  assert.deepEqual(distinctColours(names.toReversed()), colours);
  assert.equal(distinctColours([...names, 'd', 'e']).size, 12);
});
