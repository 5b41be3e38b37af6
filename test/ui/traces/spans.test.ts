/** Traces out of the API's JSON. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findInTrace } from '../../../src/ui/views/traces/find-in-trace.ts';
import { spanTree } from '../../../src/ui/views/traces/span-tree.ts';
import { momentMs, traceOf } from '../../../src/ui/views/traces/spans.ts';
import { span } from './made-spans.ts';

const ANSWER = {
  trace: {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeSpans: [
          {
            scope: { name: 'http', version: '2' },
            spans: [
              {
                traceId: 'AAAAAAAAAAAK92UZFs1D3Q==',
                spanId: 't61rcWkgMzE=',
                name: 'GET /',
                kind: 'SPAN_KIND_SERVER',
                startTimeUnixNano: '1795992281289000123',
                endTimeUnixNano: '1795992281789000124',
                events: [{ timeUnixNano: '1795992281289000223', name: 'retry' }],
                status: { message: 'boom', code: 'STATUS_CODE_ERROR' },
                attributes: [
                  { key: 'count', value: { intValue: '9007199254740993' } },
                  {
                    key: 'list',
                    value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } },
                  },
                  {
                    key: 'map',
                    value: { kvlistValue: { values: [{ key: 'k', value: { boolValue: true } }] } },
                  },
                  { key: 'none' },
                ],
              },
            ],
          },
        ],
      },
      {
        scopeSpans: [
          {
            spans: [
              {
                spanId: 't61rcWkgMzI=',
                parentSpanId: 't61rcWkgMzE=',
                startTimeUnixNano: '1795992281289000122',
              },
            ],
          },
        ],
      },
    ],
  },
  status: 'PARTIAL',
  message: 'some of it',
};

describe('a trace', () => {
  const trace = traceOf('af7651916cd43dd', ANSWER);

  test('has exact times since its beginning', () => {
    const [first, second] = trace.spans;
    assert.equal(trace.startNs, 1795992281289000122n);
    assert.deepEqual([first!.startNs, first!.durationNs, first!.events[0]!.atNs], [1, 500_000_001, 101]);
    assert.deepEqual([second!.startNs, second!.durationNs, second!.hasEnded], [0, 0, false]);
    assert.equal(Math.round(momentMs(trace, 1e6)), 1795992281290);
  });

  test('has ids in hexadecimal, words for numbers, and texts for values', () => {
    const [first, second] = trace.spans;
    assert.equal(trace.id, '00000000000000000af7651916cd43dd');
    assert.equal(second!.parentId, first!.id);
    assert.deepEqual(
      [first!.kind, first!.status, second!.kind, second!.status],
      ['server', 'error', 'unspecified', 'unset'],
    );
    assert.deepEqual(first!.attributes, [
      ['count', '9007199254740993'],
      ['list', '["a",1]'],
      ['map', '{"k":true}'],
      ['none', ''],
    ]);
    assert.equal(second!.resource.service, '(no service)');
    assert.equal(trace.partial, 'some of it');
  });

  test('that is not there has no spans, and the id that was asked for', () => {
    const nothing = traceOf('ABC', { trace: {} });
    assert.deepEqual(
      [nothing.id, nothing.spans.length, nothing.durationNs, nothing.partial],
      ['abc', 0, 0, undefined],
    );
  });
});

describe('looking within a trace', () => {
  const tree = spanTree([
    span('root', '', 0, 9, { name: 'GET /cart' }),
    span('b', 'root', 1, 2, {
      service: 'Billing',
      status: 'error',
      attributes: [['http.status_code', '500']],
    }),
    span('c', 'root', 4, 2, {
      events: [{ name: 'exception', atNs: 5e6, attributes: [['exception.type', 'Timeout']] }],
    }),
  ]);
  const found = (text: string) => findInTrace(tree, text);

  test('finds names, services, attributes, events and errors, whatever their case', () => {
    assert.deepEqual(found('cart'), [0]);
    assert.deepEqual(found('billing'), [1]);
    assert.deepEqual(found('status_code=500'), [1]);
    assert.deepEqual(found('timeout'), [2]);
    assert.deepEqual(found('error'), [1]);
  });

  test('needs every word, and finds nothing for none', () => {
    assert.deepEqual(found('billing 500'), [1]);
    assert.deepEqual(found('billing 404'), []);
    assert.deepEqual(found('  '), []);
  });
});
