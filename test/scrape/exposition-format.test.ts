import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseFormat, mediaTypeProblem } from '../../src/scrape/exposition-format.ts';

test('the media type alone decides', () => {
  assert.equal(chooseFormat('text/plain; version=0.0.4; escaping=underscores', undefined), 'text');
  assert.equal(chooseFormat('TEXT/Plain;charset="utf-8";', undefined), 'text');
  assert.equal(
    chooseFormat('application/openmetrics-text; version=9; escaping=allow-utf-8', 'PrometheusProto'),
    'openmetrics',
  );
  assert.equal(chooseFormat('application/vnd.google.protobuf;proto=x;encoding=text', undefined), 'protobuf');
});

test('a type that is missing, unknown or broken is the fallback, or an error', () => {
  for (const header of ['', 'text/html', 'text/plain; charset']) {
    assert.equal(chooseFormat(header, 'OpenMetricsText0.0.1'), 'openmetrics');
    assert.equal(chooseFormat(header, 'PrometheusProto'), 'protobuf');
    assert.equal(chooseFormat(header, 'PrometheusText1.0.0'), 'text');
  }
  const message = (header: string) => {
    try {
      return chooseFormat(header, undefined);
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.equal(
    message(''),
    'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target',
  );
  assert.equal(
    message('text/html'),
    'received unsupported Content-Type "text/html" and no fallback_scrape_protocol specified for target',
  );
  assert.equal(
    message('text/plain; charset'),
    'cannot parse Content-Type "text/plain; charset" and no fallback_scrape_protocol for target\n' +
      'mime: invalid media parameter',
  );
});

test('what is no media type is told in the words of Go', () => {
  const cases: [string, string | undefined][] = [
    ['text', undefined],
    ['text/plain;', undefined],
    ['text/plain ; a = b ; c="d;\\"e" ', undefined],
    ['/plain', 'mime: no media type'],
    ['te xt', 'mime: expected slash after first token'],
    ['text/', 'mime: expected token after slash'],
    ['text/plain x', 'mime: unexpected content after media subtype'],
    ['text/plain;a=b;A=c', 'mime: duplicate parameter name'],
    ['text/plain;a="b', 'mime: invalid media parameter'],
    ['text/plain;;a=b', 'mime: invalid media parameter'],
  ];
  for (const [header, problem] of cases) assert.equal(mediaTypeProblem(header), problem, header);
});
