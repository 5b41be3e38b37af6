/** Trace ids in whatever form they were copied. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findTraceId, isTraceIdField } from '../../../src/model/correlate/trace-id.ts';

const ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

const FOUND: readonly (readonly [text: string, traceId: string, spanId?: string])[] = [
  [ID, ID],
  [` ${ID.toUpperCase()}\n`, ID],
  [`00-${ID}-${SPAN}-01`, ID, SPAN],
  [`traceparent: 00-${ID}-${SPAN}-01`, ID, SPAN],
  [`uber-trace-id: ${ID}:${SPAN}:0:1`, ID, SPAN],
  ['463ac35c9f6413ad:72485a3953bb6124:0:1', '463ac35c9f6413ad', '72485a3953bb6124'],
  ['463ac35c9f6413ad%3A72485a3953bb612%3A0%3A1', '463ac35c9f6413ad', '072485a3953bb612'],
  [`b3: ${ID}-${SPAN}-1`, ID, SPAN],
  ['463ac35c9f6413ad', '463ac35c9f6413ad'],
  ['0x463ac35c9f6413ad', '463ac35c9f6413ad'],
  [`level=info msg=x traceID=${ID} y=1`, ID],
  [`{"level":"error","trace_id":"${ID}","n":1}`, ID],
  [`{"traceId": "${ID}"}`, ID],
  ['0af76519-16cd-43dd-8448-eb211c80319c', ID],
];

for (const [text, traceId, spanId] of FOUND) {
  test(`finds ${traceId} in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(findTraceId(text), spanId === undefined ? { traceId } : { traceId, spanId });
  });
}

for (const text of [
  '',
  'hello',
  'rate(x[5m])',
  '0'.repeat(32),
  `${ID}0`,
  'deadbee',
  '12:30:45',
  '2026-01-31 12:30:00:00',
]) {
  test(`finds none in ${JSON.stringify(text)}`, () => assert.equal(findTraceId(text), undefined));
}

test('a field is one by name and form', () => {
  assert.ok(isTraceIdField('trace_id', ID));
  assert.ok(isTraceIdField('traceID', '463ac35c9f6413ad'));
  assert.ok(isTraceIdField('trace.id', ID));
  assert.ok(!isTraceIdField('trace_id', 'none'));
  assert.ok(!isTraceIdField('id', ID));
});
