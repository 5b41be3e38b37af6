/** AnyValue messages as values: against protobufjs on random messages, broken bytes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteError } from '../../src/base/bytes.ts';
import { type AnyValue, decodeAnyValue } from '../../src/model/attributes.ts';
import { decode, encode, messageArbitrary, type PlainMessage } from '../ingest/decode/otlp-arbitrary.ts';

/** The value as protobufjs gives it. */
function plain(value: AnyValue): PlainMessage {
  switch (value.type) {
    case 'empty':
      return {};
    case 'string':
      return { stringValue: value.value };
    case 'bool':
      return { boolValue: value.value };
    case 'int':
      return { intValue: String(value.value) };
    case 'double':
      return { doubleValue: value.value };
    case 'bytes':
      return { bytesValue: Buffer.from(value.value).toString('base64') };
    case 'array':
      return { arrayValue: { values: value.values.map(plain) } };
    case 'kvlist':
      return { kvlistValue: { values: value.entries.map(([key, v]) => ({ key, value: plain(v) })) } };
  }
}

/** A missing value is an empty one. */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  if (value === null) return {};
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner)]));
}

test('random values', () => {
  fc.assert(
    fc.property(messageArbitrary('AnyValue', 3), (message) => {
      const bytes = encode('AnyValue', message);
      assert.deepEqual(plain(decodeAnyValue(bytes)), filled(decode('AnyValue', bytes)));
    }),
  );
});

test('of several members the last counts; a repeated list is one list', () => {
  const join = (...messages: PlainMessage[]) => Buffer.concat(messages.map((m) => encode('AnyValue', m)));
  assert.deepEqual(decodeAnyValue(join({ stringValue: 'a' }, { intValue: -3 })), { type: 'int', value: -3n });
  const list = (text: string) => ({ arrayValue: { values: [{ stringValue: text }] } });
  assert.deepEqual(plain(decodeAnyValue(join(list('a'), list('b')))), {
    arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] },
  });
});

test('broken bytes end in a ByteError or a value', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeAnyValue(bytes);
      } catch (error) {
        assert.ok(error instanceof ByteError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
