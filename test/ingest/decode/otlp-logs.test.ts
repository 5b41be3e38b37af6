import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { utf8Encode } from '../../../src/base/bytes.ts';
import { anyValueText } from '../../../src/ingest/decode/otlp-any-value.ts';
import { otlpJsonToProtobuf } from '../../../src/ingest/decode/otlp-json.ts';
import { decodeOtlpLogs } from '../../../src/ingest/decode/otlp-logs.ts';
import type { AnyValue } from '../../../src/model/attributes.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { entriesOf } from './log-entries.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 12);
const LogsData = protobuf
  .loadSync(fileURLToPath(new URL('../../../proto/opentelemetry/logs.proto', import.meta.url)))
  .lookupType('opentelemetry.LogsData');

/** Decodes a request given in OTLP's JSON. */
function decode(resourceLogs: unknown) {
  return decodeOtlpLogs(otlpJsonToProtobuf('logs', utf8Encode(JSON.stringify({ resourceLogs }))), NOW_MS);
}

const string = (key: string, stringValue: string) => ({ key, value: { stringValue } });

describe('OTLP logs', () => {
  it('make the resource a stream and everything else metadata', () => {
    const { batch, streamCount } = decode([
      {
        scopeLogs: [
          {
            logRecords: [
              {
                timeUnixNano: '1767268800000000038',
                observedTimeUnixNano: '1767268800001000038',
                severityNumber: 18,
                severityText: 'Notice',
                body: { stringValue: 'order placed' },
                attributes: [
                  string('http.method', 'POST'),
                  {
                    key: 'ctx',
                    value: { kvlistValue: { values: [{ key: 'in.ner', value: { intValue: '-5' } }] } },
                  },
                  {
                    key: 'list',
                    value: { arrayValue: { values: [{ stringValue: 'a<b' }, { doubleValue: 1.5 }, {}] } },
                  },
                  { key: 'raw', value: { bytesValue: '/+8=' } },
                  { key: 'none', value: {} },
                  string('host.name', 'of the record'),
                ],
                droppedAttributesCount: 3,
                flags: 1,
                traceId: '0AF7651916CD43DD8448EB211C80319C',
                spanId: 'ad21355758ac0ab0',
                eventName: 'e',
              },
            ],
            scope: {
              name: 'lib',
              version: '1.2',
              attributes: [string('scope.attr', 's')],
              droppedAttributesCount: 2,
            },
          },
        ],
        resource: {
          attributes: [
            string('service.name', 'shop'),
            string('k8s.pod.name', 'p-0'),
            string('host.name', 'n1'),
            string('sdk', 'js'),
          ],
        },
      },
    ]);
    assert.equal(streamCount, 1);
    assert.deepEqual(entriesOf(batch), [
      {
        labels: { k8s_pod_name: 'p-0', service_name: 'shop' },
        ns: '1767268800000000038',
        line: 'order placed',
        metadata: [
          ['ctx_in_ner', '-5'],
          ['detected_level', 'Notice'],
          ['dropped_attributes_count', '3'],
          ['event_name', 'e'],
          ['flags', '1'],
          ['host_name', 'n1'],
          ['http_method', 'POST'],
          ['list', '["a\\u003cb",1.5,null]'],
          ['observed_timestamp', '1767268800001000038'],
          ['raw', '/+8='],
          ['scope_attr', 's'],
          ['scope_dropped_attributes_count', '2'],
          ['scope_name', 'lib'],
          ['scope_version', '1.2'],
          ['sdk', 'js'],
          ['severity_number', '18'],
          ['severity_text', 'Notice'],
          ['span_id', 'ad21355758ac0ab0'],
          ['trace_id', '0af7651916cd43dd8448eb211c80319c'],
        ],
      },
    ]);
  });

  it('take the observed time, then the clock', () => {
    const { batch } = decode([
      { scopeLogs: [{ logRecords: [{ observedTimeUnixNano: '5000001' }, { body: { stringValue: 'x' } }] }] },
    ]);
    assert.deepEqual(
      entriesOf(batch).map((e) => [e.ns, e.line, e.metadata]),
      [
        ['5000001', '', [['detected_level', 'unknown']]],
        [`${NOW_MS}000000`, 'x', [['detected_level', 'unknown']]],
      ],
    );
  });

  it('write structured bodies as JSON with sorted keys, and detect the level in them', () => {
    const body = {
      kvlistValue: {
        values: [string('z', '&'), string('level', 'warn'), { key: 'n', value: { boolValue: true } }],
      },
    };
    const { batch } = decode([
      {
        scopeLogs: [
          {
            logRecords: [
              { timeUnixNano: '1', body },
              { timeUnixNano: '2', body: { intValue: '7' } },
              { timeUnixNano: '3', body: { stringValue: 's' } },
            ],
          },
        ],
      },
    ]);
    assert.deepEqual(
      entriesOf(batch).map((e) => [e.line, new Map(e.metadata).get('detected_level')]),
      [
        ['{"level":"warn","n":true,"z":"\\u0026"}', 'warn'],
        ['7', 'unknown'],
        ['s', 'unknown'],
      ],
    );
  });

  it('count only resources with records as streams, and name the service', () => {
    const logRecords = [{ timeUnixNano: '1' }];
    const { batch, streamCount } = decode([
      { scopeLogs: [{ logRecords: [] }] },
      {},
      {
        resource: { attributes: [string('k8s.container.name', 'side')] },
        scopeLogs: [{ logRecords }, { logRecords }],
      },
      { scopeLogs: [{ logRecords }] },
    ]);
    assert.equal(streamCount, 2);
    assert.deepEqual(
      entriesOf(batch).map((e) => e.labels),
      [
        { k8s_container_name: 'side', service_name: 'side' },
        { k8s_container_name: 'side', service_name: 'side' },
        { service_name: 'unknown_service' },
      ],
    );
    assert.equal(decode([]).streamCount, 0);
  });

  it('refuse records too far in the future and take the others', () => {
    const { batch, refusedEntries } = decode([
      { scopeLogs: [{ logRecords: [{ timeUnixNano: '18446744073709551615' }, { timeUnixNano: '1' }] }] },
    ]);
    assert.equal(batch.count, 1);
    assert.equal(refusedEntries, 1);
  });

  it('refuse the whole request for a trace id of another length', () => {
    const body = LogsData.encode({
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ traceId: Buffer.alloc(5, 1) }] }] }],
    });
    assert.throws(
      () => decodeOtlpLogs(body.finish(), NOW_MS),
      (e) => e instanceof TriliteError && e.kind === 'bad_data',
    );
  });
});

const text = fc.string({ unit: 'binary', maxLength: 8 }).map((s) => s.replaceAll('\ufffd', ''));
const some = text.filter((t) => t !== '');

describe('OTLP logs against protobufjs', () => {
  it('read what it writes', () => {
    const record = fc.record({
      timeUnixNano: fc.integer({ min: 1, max: 2 ** 50 }),
      severityText: text,
      line: text,
      attributes: fc.dictionary(fc.stringMatching(/^[b-d]{1,2}$/), some, {
        maxKeys: 3,
        noNullPrototype: true,
      }),
    });
    fc.assert(
      fc.property(fc.array(fc.array(record, { maxLength: 3 }), { maxLength: 3 }), (scopes) => {
        const body = LogsData.encode({
          resourceLogs: [
            {
              schemaUrl: 'ignored',
              scopeLogs: scopes.map((records, i) => ({
                scope: { name: `scope${i}` },
                logRecords: records.map(({ line, attributes, ...rest }) => ({
                  ...rest,
                  body: { stringValue: line },
                  attributes: Object.entries(attributes).map(([k, v]) => string(k, v)),
                })),
              })),
            },
          ],
        }).finish();
        const want = scopes.flatMap((records, i) =>
          records.map((r) => ({
            ns: String(r.timeUnixNano),
            line: r.line,
            metadata: [
              ...Object.entries(r.attributes).sort(([a], [b]) => (a < b ? -1 : 1)),
              ['scope_name', `scope${i}`],
              ...(r.severityText === '' ? [] : [['severity_text', r.severityText]]),
            ],
          })),
        );
        const got = entriesOf(decodeOtlpLogs(body, NOW_MS).batch).map(({ ns, line, metadata }) => ({
          ns,
          line,
          metadata: metadata.filter(([name]) => name !== 'detected_level'),
        }));
        assert.deepEqual(got, want);
      }),
    );
  });

  it('end damaged bytes in a result or bad_data', () => {
    const value = {
      kvlistValue: {
        values: [string('k', 'v'), { key: 'n', value: { arrayValue: { values: [{ intValue: 5 }] } } }],
      },
    };
    const seed = LogsData.encode({
      resourceLogs: [
        {
          resource: { attributes: [string('service.name', 's'), { key: 'm', value }] },
          scopeLogs: [
            {
              scope: { name: 'n', attributes: [{ key: 'm', value }] },
              logRecords: [
                {
                  timeUnixNano: 5,
                  traceId: Buffer.alloc(16, 1),
                  body: value,
                  attributes: [{ key: 'm', value }],
                },
              ],
            },
          ],
        },
      ],
    }).finish();
    const mutated = fc
      .array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 3 })
      .map((edits) => {
        const bytes = Uint8Array.from(seed);
        for (const [at, to] of edits) bytes[at % bytes.length] = to;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array()), (bytes) => {
        try {
          entriesOf(decodeOtlpLogs(bytes, NOW_MS).batch);
        } catch (error) {
          assert.ok(
            error instanceof TriliteError && ['bad_data', 'internal'].includes(error.kind),
            String(error),
          );
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('text of a value', () => {
  it('follows the collector', () => {
    const rows: readonly (readonly [AnyValue, string])[] = [
      [{ type: 'empty' }, ''],
      [{ type: 'string', value: '<x>' }, '<x>'],
      [{ type: 'bool', value: false }, 'false'],
      [{ type: 'int', value: -9223372036854775808n }, '-9223372036854775808'],
      [{ type: 'double', value: 5 }, '5'],
      [{ type: 'double', value: 1e21 }, '1e+21'],
      [{ type: 'double', value: 1e-7 }, '1e-7'],
      [{ type: 'double', value: Number.NaN }, 'NaN'],
      [{ type: 'bytes', value: Buffer.from([251, 255]) }, '+/8='],
      [{ type: 'array', values: [] }, '[]'],
      [
        {
          type: 'kvlist',
          entries: [
            ['b', { type: 'int', value: 1n }],
            ['a', { type: 'string', value: '\u2028"' }],
          ],
        },
        '{"a":"\\u2028\\"","b":1}',
      ],
    ];
    for (const [value, want] of rows) assert.equal(anyValueText(value), want);
  });
});
