/**
 * Loki's ways in, rule by rule: media types and codings, what is stored of which body, who is told what. What decoders
 * do by themselves stands in `test/ingest/decode`.
 */

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { compress as snappy } from 'snappyjs';
import { utf8Encode } from '../../../src/base/bytes.ts';
import { SILENT } from '../../../src/base/log.ts';
import { ProtoWriter } from '../../../src/base/protobuf-writer.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { logAdmission } from '../../../src/ingest/log-admission.ts';
import { MemoryLimiter } from '../../../src/ingest/memory.ts';
import { bodyRoutes } from '../../../src/ingest/receive/http.ts';
import { ReceiverTelemetry } from '../../../src/ingest/receive/receiver-telemetry.ts';
import type { ReceiverParts, WireAnswer } from '../../../src/ingest/receive/wire.ts';
import { directIntake } from '../../../src/ingest/span-intake.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { DEFAULT_LOG_LIMITS, NO_LOG_RATE_LIMITS } from '../../../src/model/limits.ts';
import { DEFAULT_OTLP_SETTINGS, otlpOptionsByPath } from '../../../src/model/otlp-options.ts';
import { entriesOf } from '../decode/log-entries.ts';
import { FakeStorage } from './fake-storage.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const NS = `${NOW}000000`;

const storage = new FakeStorage();
const telemetry = new Telemetry();
const parts: ReceiverParts = {
  storage,
  spans: directIntake(storage.traces),
  memory: new MemoryLimiter(1_000_000_000),
  otlp: otlpOptionsByPath(DEFAULT_OTLP_SETTINGS),
  maxAgeMs: { metrics: 0, logs: 0, traces: 0 },
  logLimits: () => DEFAULT_LOG_LIMITS,
  telemetry,
  counts: new ReceiverTelemetry(telemetry),
  log: SILENT,
};

type Posted = WireAnswer & { readonly text: string };

async function post(
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | string,
  of: ReceiverParts = parts,
): Promise<Posted> {
  const bytes = typeof body === 'string' ? utf8Encode(body) : body;
  const route = bodyRoutes(of).find((r) => r.path === path);
  assert.ok(route, path);
  const answer = await route.receive({
    contentType: headers['content-type'],
    header: (name) => headers[name],
    declaredBytes: bytes.length,
    nowMs: NOW,
    readBody: async (maxBytes) => {
      if (bytes.length > maxBytes) throw new TriliteError('too_large', 'request body too large');
      return bytes;
    },
  });
  return { ...answer, text: Buffer.from(answer.body).toString() };
}

const stored = () => storage.logBatches.flatMap(entriesOf);
const lines = () => stored().map((e) => e.line);

beforeEach(() => storage.reset());

const PUSH = '/loki/api/v1/push';
const LEGACY = '/api/prom/push';
const OTLP = '/otlp/v1/logs';
const JSON_TYPE = { 'content-type': 'application/json' };
const PROTOBUF_TYPE = { 'content-type': 'application/x-protobuf' };

const json = (...values: readonly unknown[]): string =>
  JSON.stringify({ streams: [{ stream: { app: 'x' }, values }] });

function message(write: (out: ProtoWriter) => void): Uint8Array {
  const out = new ProtoWriter();
  write(out);
  return out.take();
}

const text = (out: ProtoWriter, field: number, value: string) => out.bytesField(field, utf8Encode(value));

/** A push of one entry, with everything in it that is not looked at. */
function protobuf(line: string): Uint8Array {
  const entry = message((e) => {
    e.bytesField(
      1,
      message((t) => t.uint32Field(1, NOW / 1000)),
    );
    text(e, 2, line);
    e.bytesField(
      4,
      message((p) => text(p, 1, 'parsed')),
    );
  });
  const stream = message((s) => {
    text(s, 1, '{app="x"}');
    s.bytesField(2, entry);
    s.uint32Field(3, 4711);
  });
  return message((out) => {
    out.bytesField(1, stream);
    text(out, 2, 'a format');
    text(out, 9, 'unknown');
  });
}

describe('content types of a push', () => {
  for (const type of [
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;',
  ]) {
    it(`${type} is JSON`, async () => {
      assert.equal((await post(PUSH, { 'content-type': type }, json([NS, 'a']))).status, 204);
      assert.deepEqual(lines(), ['a']);
    });
  }

  for (const type of [
    'application/x-protobuf',
    'text/plain',
    'json',
    'a/b; c="d; e"; f=g',
    'application/jsonx',
  ]) {
    it(`${type} is snappy protobuf`, async () => {
      assert.equal((await post(PUSH, { 'content-type': type }, snappy(protobuf('a')))).status, 204);
      assert.deepEqual(lines(), ['a']);
    });
  }

  const none: readonly (readonly [type: string, message: string])[] = [
    ['', 'no media type'],
    [' ; a=b', 'no media type'],
    ['/json', 'no media type'],
    ['a b', 'expected slash after first token'],
    ['application/', 'expected token after slash'],
    ['a/b/c', 'unexpected content after media subtype'],
    ['application/json,text/plain', 'unexpected content after media subtype'],
    ['application/json; a', 'invalid media parameter'],
    ['application/json; a=', 'invalid media parameter'],
    ['application/json; a="b', 'invalid media parameter'],
    ['application/json;; a=b', 'invalid media parameter'],
    ['application/json; a=b; A=c', 'duplicate parameter name'],
  ];
  for (const [type, words] of none) {
    it(`${JSON.stringify(type)} is none`, async () => {
      const answer = await post(PUSH, { 'content-type': type }, json([NS, 'a']));
      assert.deepEqual([answer.status, answer.text], [400, `mime: ${words}\n`]);
      assert.deepEqual(lines(), []);
    });
  }
});

describe('codings of a push', () => {
  const bodies = [
    [PUSH, JSON_TYPE, utf8Encode(json([NS, 'a']))],
    [LEGACY, PROTOBUF_TYPE, snappy(protobuf('a'))],
    [PUSH, PROTOBUF_TYPE, snappy(protobuf('a'))],
  ] as const;
  for (const [path, type, body] of bodies) {
    it(`may stand around ${type['content-type']} at ${path}`, async () => {
      for (const [coding, packed] of [
        ['', body],
        ['snappy', body],
        ['gzip', gzipSync(body)],
        ['deflate', deflateRawSync(body)],
      ] as const) {
        storage.reset();
        const answer = await post(path, { ...type, 'content-encoding': coding }, packed);
        assert.deepEqual([answer.status, lines()], [204, ['a']], coding);
      }
    });
  }

  it('are these alone, and looked at before the type', async () => {
    for (const coding of ['br', 'zstd', 'GZIP', 'identity', 'gzip, gzip']) {
      const answer = await post(PUSH, { 'content-type': '', 'content-encoding': coding }, json([NS, 'a']));
      assert.deepEqual([answer.status, answer.text], [400, `Content-Encoding "${coding}" not supported\n`]);
    }
    const zlib = await post(
      PUSH,
      { ...JSON_TYPE, 'content-encoding': 'deflate' },
      deflateSync(json([NS, 'a'])),
    );
    assert.equal(zlib.status, 400, 'DEFLATE has no header');
  });

  it('have a limit, as has what comes of them', async () => {
    const large = await post(PUSH, JSON_TYPE, new Uint8Array(64 * 1024 * 1024 + 1));
    assert.equal(large.status, 413);
    const bomb = gzipSync(Buffer.alloc(257 * 1024 * 1024));
    assert.equal((await post(PUSH, { ...JSON_TYPE, 'content-encoding': 'gzip' }, bomb)).status, 413);
  });
});

describe('a push', () => {
  it('of empty streams is accepted, one without streams is not', async () => {
    assert.equal((await post(PUSH, JSON_TYPE, json())).status, 204);
    assert.equal((await post(PUSH, JSON_TYPE, '{"streams":[{}]}')).status, 204);
    for (const body of ['{}', '{"streams":[]}', '{"streams":null}', '{"other":1}', 'null']) {
      const answer = await post(PUSH, JSON_TYPE, body);
      const words = 'error at least one valid stream is required for ingestion\n';
      assert.deepEqual(
        [answer.status, answer.text, answer.contentType],
        [422, words, 'text/plain; charset=utf-8'],
        body,
      );
    }
    assert.equal((await post(PUSH, PROTOBUF_TYPE, snappy(new Uint8Array(0)))).status, 422);
  });

  it('with labels that cannot be read is refused as a whole', async () => {
    const streams = [
      { stream: { app: 'x' }, values: [[NS, 'good']] },
      { stream: { 'a-b': 'x' }, values: [[NS, 'bad']] },
    ];
    const answer = await post(PUSH, JSON_TYPE, JSON.stringify({ streams }));
    const words = "couldn't parse labels: 1:3: parse error: unexpected character inside braces: '-'\n";
    assert.deepEqual([answer.status, answer.text, lines()], [400, words, []]);
  });

  it('is stored without what is wrong by itself, which is told once for each reason', async () => {
    const future = `${Date.UTC(2100, 0, 1)}000000`;
    const values = [
      [NS, 'good'],
      [future, 'a'],
      [future, 'b'],
      [NS, 'l'.repeat(262_145)],
    ];
    const answer = await post(PUSH, JSON_TYPE, json(...values));
    const stream = '{app="x", service_name="x"}';
    assert.equal(answer.status, 400);
    assert.equal(
      answer.text,
      `2 errors like: entry for stream '${stream}' has timestamp too new: 2100-01-01T00:00:00Z; ` +
        `1 errors like: max entry size '262144' bytes exceeded for stream '${stream}' while adding an entry with length '262145' bytes\n`,
    );
    assert.deepEqual(lines(), ['good']);
  });

  it('with a metadata name that means nothing fails as a whole, but not before its form is looked at', async () => {
    const answer = await post(PUSH, JSON_TYPE, json([NS, 'good'], [NS, 'x', { 日本: 'v' }]));
    const words = 'normalization for label name "日本" resulted in invalid name "_"\n';
    assert.deepEqual([answer.status, answer.text, lines()], [500, words, []]);
    assert.equal((await post(PUSH, JSON_TYPE, json([NS, 'x', { 日本: 'v' }], [NS, 5]))).status, 400);
  });

  it('has label strings of 16 MiB at most', async () => {
    const labels = `{a="${'x'.repeat(2 ** 24)}"}`;
    const body = JSON.stringify({ streams: [{ labels, entries: [] }] });
    const answer = await post(LEGACY, JSON_TYPE, body);
    const words = 'request body too large: stream labels size 17 MB exceeds limit of 17 MB\n';
    assert.deepEqual([answer.status, answer.text], [413, words]);
  });

  it('may have labels that are no text', async () => {
    const body = `{"streams":[{"stream":{"n":5.50,"t":true},"values":null,"more":1},{"stream":{"n":1},"values":[null,["${NS}","x"]]}],"x":{}}`;
    assert.equal((await post(PUSH, JSON_TYPE, body)).status, 204);
    assert.deepEqual(stored()[0]!.labels, { n: '1', service_name: 'unknown_service' });
  });

  it('has its long lines cut where that is wanted', async () => {
    const logLimits = { ...DEFAULT_LOG_LIMITS, lineMaxBytes: 5, lineTruncate: true };
    const answer = await post(PUSH, JSON_TYPE, json([NS, 'info and more'], [NS, 'short']), {
      ...parts,
      logLimits: () => logLimits,
    });
    assert.deepEqual([answer.status, lines()], [204, ['info ', 'short']]);
    assert.deepEqual(stored()[0]!.metadata, [['detected_level', 'info']]);
  });
});

describe('a push above a rate', () => {
  const always =
    <T>(value: T) =>
    () =>
      value;
  const limited = (limits: object): ReceiverParts => ({
    ...parts,
    logAdmission: always(logAdmission({ ...NO_LOG_RATE_LIMITS, ...limits })),
  });

  it('is refused as a whole: 429, for JSON, protobuf and OTLP', async () => {
    const of = limited({ ingestionRate: 1, ingestionBurst: 1 });
    const pushed = await post(PUSH, JSON_TYPE, json([NS, 'a line']), of);
    assert.equal(pushed.status, 429);
    assert.match(pushed.text, /^ingestion rate limit exceeded for user fake \(limit: 1 bytes\/sec\).*\n$/);
    assert.equal((await post(PUSH, PROTOBUF_TYPE, snappy(protobuf('a line')), of)).status, 429);
    const otlp = await post(OTLP, JSON_TYPE, logs({ body: { stringValue: 'a line' } }), of);
    assert.deepEqual([otlp.status, otlp.contentType], [429, 'application/octet-stream']);
    // Over OTLP a sender is told what will never do.
    assert.equal(
      (await post('/v1/logs', JSON_TYPE, logs({ body: { stringValue: 'a line' } }), of)).status,
      413,
    );
    assert.deepEqual(lines(), []);
  });

  it('is stored but for what is behind, which OTLP counts', async () => {
    const of = limited({ outOfOrderMs: 1000 });
    const answer = await post(PUSH, JSON_TYPE, json([NS, 'new'], [`${NOW - 2000}000000`, 'late']), of);
    assert.equal(answer.status, 400);
    assert.match(answer.text, /total ignored: 1 out of 2 for stream: \{app="x", service_name="x"\}\n$/);
    const late = { timeUnixNano: `${NOW - 2000}000000`, body: { stringValue: 'late too' } };
    const counted = await post('/v1/logs', JSON_TYPE, logs({ timeUnixNano: NS }, late), of);
    assert.equal(counted.status, 200);
    assert.equal(JSON.parse(counted.text).partialSuccess.rejectedLogRecords, '1');
    assert.deepEqual(lines(), ['new', '']);
    assert.match(telemetry.print(), /refused_entries_total\{receiver="loki_push",reason="out_of_order"\} 1/);
  });
});

// ----------------------------------------------------------------------------------------------------- OTLP

const record = (fields: object) => ({ timeUnixNano: NS, ...fields });
const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

function logs(...records: readonly object[]): string {
  return JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: records.map(record) }] }] });
}

/** An LZ4 frame of one block that is not compressed. */
function lz4(body: Uint8Array): Uint8Array {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length + 0x8000_0000);
  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0]), size, body, Buffer.alloc(4)]);
}

describe("types and codings of Loki's OTLP path", () => {
  it('are these, to the letter', async () => {
    const body = utf8Encode(logs({ body: { stringValue: 'a' } }));
    for (const [coding, packed] of [
      ['', body],
      ['gzip', gzipSync(body)],
      ['zstd', zstdCompressSync(body)],
      ['lz4', lz4(body)],
    ] as const) {
      storage.reset();
      const answer = await post(OTLP, { ...JSON_TYPE, 'content-encoding': coding }, packed);
      assert.deepEqual([answer.status, lines()], [204, ['a']], coding);
    }
    for (const coding of ['deflate', 'snappy', 'br', 'GZIP']) {
      const answer = await post(OTLP, { ...JSON_TYPE, 'content-encoding': coding }, body);
      const words = `unsupported content encoding ${coding}: only gzip, lz4 and zstd are supported`;
      assert.deepEqual([answer.status, answer.text.slice(2)], [400, words]);
    }
    for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/protobuf', '']) {
      const answer = await post(OTLP, { 'content-type': type }, body);
      assert.deepEqual(
        [answer.status, answer.text.slice(2)],
        [400, `content type: ${type} is not supported`],
      );
      assert.equal(answer.contentType, 'application/octet-stream');
    }
    assert.equal((await post(OTLP, PROTOBUF_TYPE, new Uint8Array(0))).status, 422);
  });
});

describe('an OTLP resource', () => {
  const LABELS = [
    'service.name',
    'service.namespace',
    'service.instance.id',
    'deployment.environment',
    'deployment.environment.name',
    'cloud.region',
    'cloud.availability_zone',
    'k8s.cluster.name',
    'k8s.namespace.name',
    'k8s.pod.name',
    'k8s.container.name',
    'container.name',
    'k8s.replicaset.name',
    'k8s.deployment.name',
    'k8s.statefulset.name',
    'k8s.daemonset.name',
    'k8s.cronjob.name',
    'k8s.job.name',
  ];

  const withAttributes = (attributes: readonly object[]) =>
    JSON.stringify({
      resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords: [record({})] }] }],
    });

  it('is labels by these attributes, metadata by others', async () => {
    // All of them would be above the limit of labels.
    for (const names of [LABELS.slice(0, 9), ['service.name', ...LABELS.slice(9)]]) {
      storage.reset();
      const attributes = [...names, 'host.name', 'app'].map((key) => attribute(key, `of ${key}`));
      assert.equal((await post(OTLP, JSON_TYPE, withAttributes(attributes))).status, 204);
      const [entry] = stored();
      const expected = names.map((name) => [name.replaceAll('.', '_'), `of ${name}`]);
      assert.deepEqual(entry!.labels, Object.fromEntries(expected));
      assert.deepEqual(entry!.metadata, [
        ['app', 'of app'],
        ['detected_level', 'unknown'],
        ['host_name', 'of host.name'],
      ]);
    }
  });

  it('without a service has it from the first label that names one', async () => {
    const names: readonly (readonly [attributes: readonly string[], service: string])[] = [
      [[], 'unknown_service'],
      [['k8s.job.name'], 'of k8s.job.name'],
      [['k8s.job.name', 'k8s.container.name'], 'of k8s.container.name'],
      [['k8s.job.name', 'k8s.container.name', 'container.name'], 'of container.name'],
      [['app', 'k8s.pod.name'], 'unknown_service'],
    ];
    for (const [given, service] of names) {
      storage.reset();
      await post(OTLP, JSON_TYPE, withAttributes(given.map((key) => attribute(key, `of ${key}`))));
      assert.equal(stored()[0]!.labels.service_name, service, given.join());
    }
  });

  it('whose labels cannot be read is refused by itself', async () => {
    const bad = { resource: { attributes: [attribute('cloud.region', '\ufffd')] } };
    const scopeLogs = [{ logRecords: [record({ body: { stringValue: 'a' } })] }];
    const body = { resourceLogs: [{ ...bad, scopeLogs }, { scopeLogs }] };
    const answer = await post(OTLP, JSON_TYPE, JSON.stringify(body));
    assert.equal(answer.status, 400);
    assert.match(
      answer.text,
      /error parsing labels '\{cloud_region="\ufffd", service_name="unknown_service"\}' with error: 1:15: parse error: invalid UTF-8 rune$/,
    );
    assert.deepEqual(lines(), ['a']);
  });
});

describe('an OTLP record', () => {
  it('has no metadata of fields that are empty, and its scope behind its own', async () => {
    const body = {
      resourceLogs: [
        {
          scopeLogs: [
            {
              scope: {
                name: 'lib',
                attributes: [attribute('scope_name', 'not this'), attribute('x.y', 'scope')],
              },
              logRecords: [
                record({
                  body: {
                    kvlistValue: {
                      values: [
                        { key: 'b', value: { bytesValue: '' } },
                        { key: 'a', value: {} },
                      ],
                    },
                  },
                  attributes: [
                    attribute('x.y', 'record'),
                    { key: 'e', value: {} },
                    { key: 'r', value: { bytesValue: 'AQI=' } },
                  ],
                  severityNumber: 0,
                  severityText: '',
                  flags: 0,
                  traceId: '00000000000000000000000000000000',
                  spanId: '',
                  eventName: '',
                }),
              ],
            },
          ],
        },
      ],
    };
    assert.equal((await post(OTLP, JSON_TYPE, JSON.stringify(body))).status, 204);
    assert.deepEqual(stored()[0]!.metadata, [
      ['detected_level', 'unknown'],
      ['r', 'AQI='],
      ['scope_name', 'lib'],
      ['x_y', 'scope'],
    ]);
    assert.equal(lines()[0], '{"a":null,"b":null}');
  });

  it('with a name that means nothing fails the request, which may be sent again', async () => {
    const answer = await post(OTLP, JSON_TYPE, logs({ attributes: [attribute('日本', 'v')] }));
    assert.deepEqual([answer.status, lines()], [503, []]);
    assert.match(answer.text, /normalization for label name "日本" resulted in invalid name "_"$/);
  });
});
