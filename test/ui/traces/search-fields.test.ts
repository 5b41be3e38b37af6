/** The form and the query say the same, and Jaeger's addresses become queries. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { durationNs, durationText } from '../../../src/ui/views/traces/duration-text.ts';
import { ownAddress } from '../../../src/ui/views/traces/jaeger-address.ts';
import {
  fieldFault,
  fieldsQuery,
  NO_FIELDS,
  queryFields,
} from '../../../src/ui/views/traces/search-fields.ts';

const ALL = {
  service: 'shop "x"',
  name: 'GET /',
  status: 'error',
  min: '100ms',
  max: '2s',
  attributes: 'http.status_code>=500 resource.k8s.pod.name=~"a.*|b" user="a b" method=GET|PUT ok=true n="5"',
};

describe('the fields of a search', () => {
  test('are a query', () => {
    assert.equal(
      fieldsQuery(ALL),
      '{ resource.service.name = "shop \\"x\\"" && name = "GET /" && status = error && duration >= 100ms && duration <= 2s && ' +
        '.http.status_code >= 500 && resource.k8s.pod.name =~ "a.*|b" && .user = "a b" && (.method = "GET" || .method = "PUT") && .ok = true && .n = "5" }',
    );
    assert.equal(fieldsQuery(NO_FIELDS), '{}');
    assert.equal(fieldsQuery({ ...NO_FIELDS, min: '250' }), '{ duration >= 250ms }');
  });

  test('are read back from it', () => {
    assert.deepEqual(queryFields(fieldsQuery(ALL)), ALL);
    assert.deepEqual(queryFields(''), NO_FIELDS);
    assert.deepEqual(queryFields('{ }'), NO_FIELDS);
    assert.deepEqual(queryFields('{status=error&&.a=1}'), {
      ...NO_FIELDS,
      status: 'error',
      attributes: 'a=1',
    });
  });

  test('are not read from what says more', () => {
    for (const query of [
      '{ status = error } | count() > 2',
      '{ status = error } && { name = "x" }',
      '{ status = error || name = "x" }',
      '{ status != error }',
      '{ kind = server }',
      '{ duration > 1s }',
      '{ .a = .b + 1 }',
      '{ .a = 1 && }',
      '{ (.a = 1 || .b = 1) }',
      '{ name = "a" && name = "b" }',
      '{ .a = nil && !(.b = 1) }',
      '{ .a =',
      '{ "x" }',
    ])
      assert.equal(queryFields(query), undefined, query);
  });

  test('that are written and read stay what they are', () => {
    const text = fc.string({ maxLength: 6 });
    const key = fc.stringMatching(/^(?:span\.|resource\.)?[a-z][a-z_-]{0,4}(?:\.[a-z]{1,3})?$/);
    const value = fc.oneof(
      fc.integer().map(String),
      fc.boolean().map(String),
      text.map((it) => JSON.stringify(it)),
      fc.stringMatching(/^[a-z_/.]{1,6}$/),
    );
    const operator = fc.constantFrom('=', '!=', '>', '>=', '<', '<=');
    const condition = fc.tuple(key, operator, fc.array(value, { minLength: 1, maxLength: 3 }));
    const fields = fc.record({
      service: text,
      name: text,
      status: fc.constantFrom('', 'error', 'ok', 'unset'),
      min: fc.constantFrom('', '1ms', '1.5s'),
      max: fc.constantFrom('', '2m'),
      attributes: fc
        .array(condition, { maxLength: 3 })
        .map((all) => all.map(([k, o, values]) => `${k}${o}${values.join('|')}`).join(' ')),
    });
    fc.assert(
      fc.property(fields, (given) => {
        const query = fieldsQuery(given);
        const read = queryFields(query);
        assert.ok(read, query);
        // The same conditions: values may be written in quotes or without.
        assert.equal(fieldsQuery(read), query);
        assert.equal(fieldFault(given), undefined);
      }),
    );
  });

  test('say what is wrong with them', () => {
    assert.equal(fieldFault(ALL), undefined);
    assert.match(fieldFault({ ...NO_FIELDS, min: 'long' })!, /no duration/);
    assert.match(fieldFault({ ...NO_FIELDS, attributes: 'a=1 what' })!, /"what" is no condition/);
  });
});

describe('a duration', () => {
  test('is read as people type it', () => {
    assert.deepEqual(['100', '1.5s', '1 m', '3μs', 'x', '', '5 days'].map(durationText), [
      '100ms',
      '1.5s',
      '1m',
      '3µs',
      undefined,
      undefined,
      undefined,
    ]);
    assert.equal(durationNs('1m1.5s'), 61.5e9);
  });
});

describe("an address of Jaeger's", () => {
  const own = (query: string) => ownAddress(new URLSearchParams(query));

  test('becomes a query, a range and a limit', () => {
    const address = own(
      'end=1795992281000000&limit=50&lookback=1h&maxDuration=1.2s&minDuration=100ms&operation=GET%20%2F&service=shop&start=1795988681000000&tags=%7B%22error%22%3A%22true%22%2C%22http.status_code%22%3A%22500%22%7D',
    );
    assert.deepEqual(address, {
      path: '/search',
      params: {
        q: '{ resource.service.name = "shop" && name = "GET /" && status = error && (.http.status_code = 500 || .http.status_code = "500") && duration >= 100ms && duration <= 1.2s }',
        from: '1795988681000',
        to: '1795992281000',
        limit: '50',
      },
    });
    assert.deepEqual(queryFields(address!.params.q!)?.attributes, 'http.status_code=500|"500"');
  });

  test('may have tags one by one, words of OpenTelemetry, and no ends', () => {
    assert.deepEqual(own('service=a&tag=k:v:w&tag=span.kind:server&operation=all&lookback=2d&limit=x'), {
      path: '/search',
      params: {
        q: '{ resource.service.name = "a" && .k = "v:w" && kind = server }',
        from: 'now-2d',
        to: 'now',
      },
    });
    assert.deepEqual(own('service=a&tags=broken&lookback=custom')?.params, {
      q: '{ resource.service.name = "a" }',
    });
  });

  test('with a trace id is that trace; with several a query', () => {
    assert.deepEqual(own('traceID=00AB'), { path: '/trace/00ab', params: {} });
    assert.equal(own('traceID=00ab&traceID=cd')?.params.q, '{ (trace:id = "ab" || trace:id = "cd") }');
  });

  test('is none where it is the own one', () => {
    assert.equal(own('q={}&limit=20'), undefined);
    assert.equal(own('from=now-1h'), undefined);
    assert.equal(own(''), undefined);
  });
});
