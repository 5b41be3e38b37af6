/** The table of OTLP messages says what the .proto files say. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobuf from 'protobufjs';
import { OTLP_MESSAGES } from '../../src/model/otlp-schema.ts';
import { otlpRoot, protoType } from '../ingest/decode/otlp-arbitrary.ts';

test('every message of the table has the fields of its definition', () => {
  for (const message of OTLP_MESSAGES.values()) {
    const type = protoType(message.name);
    type.resolveAll();
    const defined = type.fieldsArray.map((field) => {
      const target = field.resolvedType;
      const isEnum = target instanceof protobuf.Enum;
      const kind = isEnum ? 'enum' : target ? 'message' : field.type;
      return { number: field.id, name: field.name, repeated: field.repeated, kind };
    });
    const table = message.fields.map(({ number, name, repeated, kind }) => {
      const id = kind === 'traceId' || kind === 'spanId';
      return { number, name, repeated, kind: id ? 'bytes' : kind };
    });
    const order = (a: { number: number }, b: { number: number }) => a.number - b.number;
    assert.deepEqual(table.sort(order), defined.sort(order), message.name);
    for (const field of message.fields) {
      assert.equal(message.byNumber[field.number], field);
      if (field.values) {
        const target = type.fields[field.name]!.resolvedType as protobuf.Enum;
        assert.deepEqual(Object.fromEntries(field.values), { ...target.values }, field.name);
      }
    }
  }
});

test('every message of the definitions but responses is in the table', () => {
  const namespace = otlpRoot.lookup('opentelemetry') as protobuf.Namespace;
  for (const nested of namespace.nestedArray) {
    if (!(nested instanceof protobuf.Type) || nested.name.startsWith('Export')) continue;
    assert.ok(OTLP_MESSAGES.has(nested.name), nested.name);
  }
});
