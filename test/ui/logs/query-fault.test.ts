/** What a refusal means for the query on view, and the queries that the page itself makes of it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topValuesQuery } from '../../../src/ui/views/logs/field-query.ts';
import { queryFault } from '../../../src/ui/views/logs/query-fault.ts';

function fault(message: string, query: string, status = 400) {
  return queryFault(Object.assign(new Error(message), { status }), query);
}

test('the place is marked in its line, in characters', () => {
  assert.deepEqual(fault('parse error at line 2, col 4: syntax error', '{a="é😀"}\n😀|=x').place, {
    before: '😀|=',
    behind: 'x',
  });
  assert.equal(fault('parse error at line 9, col 1: x', '{}').place, undefined);
  assert.equal(fault('parse error at line 1, col 90: x', '{}').place, undefined);
  assert.equal(fault('something else', '{}').place, undefined);
});

test('what helps depends on the words, else on the status', () => {
  assert.match(fault('no org id', '', 401).advice!, /tenants/);
  assert.match(fault('context deadline exceeded', '', 504).advice!, /shorter range/);
  assert.match(fault('busy', '', 503).advice!, /try again/);
  assert.match(fault("pipeline error: 'JSONParserErr' for series", '').advice!, /__error__=""/);
  assert.equal(fault('whatever', '').advice, undefined);
});

test('values are counted over the range, parsed once', () => {
  const bounds = { startMs: 0, endMs: 90_500 };
  assert.equal(
    topValuesQuery('{a="b"}', 'status', 'json', bounds, 5),
    'topk(5, sum by (status) (count_over_time({a="b"} | json | status!="" | drop __error__, __error_details__ [91s])))',
  );
  assert.match(topValuesQuery('{a="b"} | json', 'status', 'json', bounds, 5), /"b"\} \| json \| status/);
  assert.match(topValuesQuery('{a="b"}', 'pod', undefined, bounds, 5), /"b"\} \| pod!=""/);
});
