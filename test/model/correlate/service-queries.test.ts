/** Which selector shows a service in another signal. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  firstStreamSelector,
  redQueries,
  spanCalls,
  streamSelectors,
} from '../../../src/model/correlate/service-queries.ts';

test('streams are asked for under every name that a label may have', () => {
  const selectors = streamSelectors('cart');
  assert.equal(selectors[0], '{service_name="cart"}');
  assert.ok(!selectors.some((selector) => selector.includes('service.name')));
  assert.ok(selectors.includes('{job=~"(.+/)?cart"}'));
});

test('the most telling label under which there is a stream is taken', () => {
  const streams = [
    { job: 'shop/cart', pod: 'a' },
    { app: 'cart', job: 'other' },
  ];
  assert.equal(firstStreamSelector('cart', streams), '{app="cart"}');
  assert.equal(firstStreamSelector('cart', streams.slice(0, 1)), '{job=~"(.+/)?cart"}');
  assert.equal(
    firstStreamSelector('cart', [{ service_name: 'cart2' }, { container: 'cart' }]),
    '{container="cart"}',
  );
  assert.equal(firstStreamSelector('cart', []), undefined);
});

test('a name with quotes stays a string', () => {
  assert.equal(spanCalls('a"b\\c'), 'traces_spanmetrics_calls_total{service="a\\"b\\\\c"}');
  for (const query of redQueries('a"b')) assert.ok(query.includes('service="a\\"b"'), query);
});
