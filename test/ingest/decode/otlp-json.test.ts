/** OTLP JSON to protobuf: against protobufjs on random messages, by cases, and by broken text. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkOtlp } from '../../../src/ingest/decode/otlp-check.ts';
import { otlpJsonToProtobuf } from '../../../src/ingest/decode/otlp-json.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import type { OtlpSignal } from '../../../src/model/otlp-schema.ts';
import { decode, encode, messageArbitrary, type PlainMessage, toOtlpJson } from './otlp-arbitrary.ts';

const ROOTS: readonly (readonly [OtlpSignal, string])[] = [
  ['traces', 'TracesData'],
  ['logs', 'LogsData'],
  ['metrics', 'MetricsData'],
];

for (const [signal, root] of ROOTS) {
  test(`random ${signal} come out as protobufjs encodes them`, () => {
    fc.assert(
      fc.property(messageArbitrary(root), fc.nat(5), (message, variant) => {
        const text = JSON.stringify(toOtlpJson(root, message, variant));
        const bytes = otlpJsonToProtobuf(signal, Buffer.from(text));
        assert.deepEqual(decode(root, bytes), decode(root, encode(root, message)));
        checkOtlp(signal, bytes);
      }),
      { numRuns: 60 },
    );
  });
}

/** The one span of a request with these members, decoded by protobufjs. */
function spanOf(members: string): PlainMessage {
  const text = `{"resourceSpans":[{"scopeSpans":[{"spans":[${members}]}]}]}`;
  const request = decode('TracesData', otlpJsonToProtobuf('traces', Buffer.from(text))) as {
    resourceSpans: { scopeSpans: { spans: PlainMessage[] }[] }[];
  };
  return request.resourceSpans[0]!.scopeSpans[0]!.spans[0]!;
}

test('integers keep every digit, as numbers and as strings', () => {
  assert.equal(spanOf('{"startTimeUnixNano":1767270600000000001}').startTimeUnixNano, '1767270600000000001');
  assert.equal(
    spanOf('{"startTimeUnixNano":"18446744073709551615"}').startTimeUnixNano,
    '18446744073709551615',
  );
  assert.equal(spanOf('{"startTimeUnixNano":1e3}').startTimeUnixNano, '1000');
});

test('null is absent, {} is a value without a kind', () => {
  const span = spanOf('{"name":null,"attributes":[{"key":"a","value":{}},{"key":"b","value":null},null]}');
  assert.equal(span.name, '');
  const attributes = span.attributes as PlainMessage[];
  assert.deepEqual(
    attributes.map((a) => [a.key, a.value]),
    [
      ['a', {}],
      ['b', null],
    ],
  );
});

test('escapes, lone surrogates and a byte order mark', () => {
  assert.equal(spanOf('{"name":"\\u00fc\\ud83d\\ude00\\n\\ud800"}').name, 'ü😀\n\ufffd');
  assert.equal(otlpJsonToProtobuf('traces', Buffer.from('\ufeff{}')).length, 0);
});

test('errors name the path', () => {
  const f = (text: string, want: RegExp) => {
    assert.throws(
      () => otlpJsonToProtobuf('traces', Buffer.from(text)),
      (error) => error instanceof TriliteError && error.kind === 'bad_data' && want.test(error.message),
      text,
    );
  };
  const span = (members: string) => `{"resourceSpans":[{},{"scopeSpans":[{"spans":[{},${members}]}]}]}`;
  const path = 'resourceSpans\\[1\\]\\.scopeSpans\\[0\\]\\.spans\\[1\\]\\.';
  f(span('{"traceId":"abcd"}'), new RegExp(`${path}traceId: expected 32 hex digits`));
  f(span('{"kind":"SPAN_KIND_NOPE"}'), new RegExp(`${path}kind: expected an integer`));
  f(span('{"kind":2147483648}'), new RegExp(`${path}kind: integer out of range`));
  f(span('{"startTimeUnixNano":-1}'), new RegExp(`${path}startTimeUnixNano: integer out of range`));
  f(span('{"startTimeUnixNano":1.5}'), new RegExp(`${path}startTimeUnixNano: expected an integer`));
  f(span('{"name":5}'), new RegExp(`${path}name: expected a string`));
  f(span('{"attributes":{}}'), new RegExp(`${path}attributes: expected an array`));
  f(
    span('{"attributes":[{"value":{"bytesValue":"@"}}]}'),
    /attributes\[0\]\.value\.bytesValue: expected base64/,
  );
  f('', /unexpected end/);
  f('[]', /expected an object/);
  f('{} x', /unexpected text/);
  f('{"a":1,}', /expected a key/);
  f('{"a":[1,]}', /expected a value/);
  f('{"a":01}', /malformed number/);
  f(`{"a":"${'\u0001'}"}`, /control character/);
  f('{"a":"\\x"}', /invalid escape/);
  f('{"a":"abc', /unterminated/);
  f(`{"a":${'['.repeat(100_000)}`, /nested deeper/);
});

test('invalid UTF-8 is refused', () => {
  const text = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
  assert.throws(() => otlpJsonToProtobuf('traces', text), TriliteError);
});

test('mutated text ends in a TriliteError or in a request that passes the check', () => {
  fc.assert(
    fc.property(
      messageArbitrary('TracesData'),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (message, edits) => {
        const text = Buffer.from(JSON.stringify(toOtlpJson('TracesData', message, 0)));
        for (const [at, byte] of edits) text[at % text.length] = byte;
        let bytes: Uint8Array;
        try {
          bytes = otlpJsonToProtobuf('traces', text);
        } catch (error) {
          assert.ok(error instanceof TriliteError, String(error));
          return;
        }
        checkOtlp('traces', bytes);
      },
    ),
    { numRuns: 200 },
  );
});
