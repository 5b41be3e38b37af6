/** Ids in any notation, and those that a text names under a key. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isTraceIdName, namedTraceIds, wholeTraceId } from '../../../src/model/correlate/trace-id.ts';

const hex = fc.stringMatching(/^[0-9a-f]{32}$/).filter((id) => !/^0+$/.test(id));

describe('a whole trace id', () => {
  test('is the same whatever the notation', () => {
    fc.assert(
      fc.property(hex, (id) => {
        const uuid = id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
        for (const form of [id, id.toUpperCase(), id.replace(/^0+/, ''), uuid, uuid.toUpperCase()]) {
          assert.equal(wholeTraceId(form), id);
        }
      }),
    );
    assert.equal(wholeTraceId('a3ce929d0e0e4736'), '0000000000000000a3ce929d0e0e4736');
  });

  test('is not made of what is none', () => {
    for (const text of ['', '0', '0'.repeat(32), 'xyz', 'a'.repeat(33), 'a-b', '12 34']) {
      assert.equal(wholeTraceId(text), undefined, text);
    }
  });

  test('is found under its names', () => {
    const text =
      'trace_id=abcdef12 "traceId": "0AF76519-16cd-43dd-8448-eb211c80319c", uber-trace-id: 12345678';
    assert.deepEqual(namedTraceIds(text), ['abcdef12', '0AF76519-16cd-43dd-8448-eb211c80319c', '12345678']);
    assert.deepEqual(namedTraceIds('trace_id=abcdef1 parent_id=abcdef12 traceid=abcdef12xyz'), []);
    for (const name of ['trace_id', 'traceID', 'trace.id', 'TraceId', 'trace-id'])
      assert.ok(isTraceIdName(name));
    for (const name of ['span_id', 'trace', 'my_trace_id']) assert.ok(!isTraceIdName(name));
  });
});
