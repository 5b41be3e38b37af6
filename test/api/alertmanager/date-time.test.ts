/** Times as clients of Alertmanager write them, and URLs. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDateTime } from '../../../src/api/alertmanager/date-time.ts';
import { isRequestUri } from '../../../src/api/alertmanager/request-uri.ts';

describe('a time', () => {
  const cases: Readonly<Record<string, string>> = {
    '2031-01-01T10:00:00Z': '2031-01-01T10:00:00.000Z',
    '2031-01-01T10:00:00.123456789+02:00': '2031-01-01T08:00:00.123Z',
    '2031-01-01T10:00:00.123+0200': '2031-01-01T08:00:00.123Z',
    '2031-01-01T10:00:00': '2031-01-01T10:00:00.000Z',
    '2031-01-01T10:00Z': '2031-01-01T10:00:00.000Z',
    '2031-01-01T10:00': '2031-01-01T10:00:00.000Z',
    '2031-01-01 10:00:00': '2031-01-01T10:00:00.000Z',
    '2031-01-01': '2031-01-01T00:00:00.000Z',
    '': '1970-01-01T00:00:00.000Z',
  };
  for (const [text, iso] of Object.entries(cases)) {
    it(`may be ${JSON.stringify(text)}`, () =>
      assert.equal(new Date(parseDateTime(text)!).toISOString(), iso));
  }

  it('is none where it is Go’s zero', () => {
    assert.equal(parseDateTime('0001-01-01T00:00:00.000Z'), undefined);
  });

  const faults: Readonly<Record<string, string>> = {
    x: 'parsing time "x" as "2006-01-02": cannot parse "x" as "2006"',
    '2026-1': 'parsing time "2026-1" as "2006-01-02": cannot parse "1" as "01"',
    '2026-13-01T00:00:00Z': 'parsing time "2026-13-01T00:00:00Z": month out of range',
    '2031-01-01T10:00:00+0200': 'parsing time "2031-01-01T10:00:00+0200": extra text: "T10:00:00+0200"',
    '2031-01-01x': 'parsing time "2031-01-01x": extra text: "x"',
    '2031-02-30': 'parsing time "2031-02-30": day out of range',
  };
  for (const [text, message] of Object.entries(faults)) {
    it(`is not ${JSON.stringify(text)}`, () => assert.throws(() => parseDateTime(text), { message }));
  }
});

describe('a link', () => {
  for (const text of [
    'http://x/y?a=%zz b',
    'https://[::1]:9090/',
    'foo:bar',
    '/x y',
    '/a%20b',
    '*',
    'http://u:p@x:1',
  ]) {
    it(`may be ${text}`, () => assert.ok(isRequestUri(text)));
  }
  for (const text of ['not a url', 'x', 'http://a b/', '/x%zz', 'http://x:port/', 'http://x\ny/']) {
    it(`is not ${JSON.stringify(text)}`, () => assert.ok(!isRequestUri(text)));
  }
});
