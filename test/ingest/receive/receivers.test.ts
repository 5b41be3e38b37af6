/** Every way in: what is stored, what is answered, in whose words, and when. */

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { compress as snappy } from 'snappyjs';
import { ByteReader, ByteWriter, utf8Encode } from '../../../src/base/bytes.ts';
import { SILENT } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { MemoryLimiter } from '../../../src/ingest/memory.ts';
import { bodyRoutes } from '../../../src/ingest/receive/http.ts';
import { ReceiverTelemetry } from '../../../src/ingest/receive/receiver-telemetry.ts';
import type { WireAnswer } from '../../../src/ingest/receive/wire.ts';
import { directIntake } from '../../../src/ingest/span-intake.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { DEFAULT_LOG_LIMITS } from '../../../src/model/limits.ts';
import { DEFAULT_OTLP_SETTINGS, otlpOptionsByPath } from '../../../src/model/otlp-options.ts';
import { FakeStorage } from './fake-storage.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;

const storage = new FakeStorage();
const telemetry = new Telemetry();
const memory = new MemoryLimiter(1_000_000);
const parts = {
  storage,
  spans: directIntake(storage.traces),
  memory,
  otlp: otlpOptionsByPath(DEFAULT_OTLP_SETTINGS),
  maxAgeMs: { metrics: 0, logs: 0, traces: 0 },
  logLimits: () => DEFAULT_LOG_LIMITS,
  telemetry,
  counts: new ReceiverTelemetry(telemetry),
  log: SILENT,
};
const routes = bodyRoutes(parts);

async function post(
  path: string,
  headers: Record<string, string>,
  body: Uint8Array | string,
  of = routes,
): Promise<WireAnswer & { text: string }> {
  const bytes = typeof body === 'string' ? utf8Encode(body) : body;
  const route = of.find((r) => r.path === path);
  assert.ok(route, path);
  const answer = await route.receive({
    contentType: headers['content-type'],
    header: (name) => headers[name],
    declaredBytes: bytes.length,
    nowMs: NOW,
    readBody: async () => bytes,
  });
  return { ...answer, text: Buffer.from(answer.body).toString() };
}

beforeEach(() => storage.reset());

// ------------------------------------------------------------------------------------ remote-write requests

function message(...fields: readonly (readonly [tag: number, value: Uint8Array | number])[]): Uint8Array {
  const out = new ByteWriter();
  for (const [tag, value] of fields) {
    out.varint(tag);
    if (typeof value !== 'number') out.block(value);
    else if (tag % 8 === 1) out.f64(value);
    else out.varint(value);
  }
  return out.take();
}

const label = (name: string, value: string) => message([0x0a, utf8Encode(name)], [0x12, utf8Encode(value)]);

function series(name: string, samples: readonly (readonly [t: number, v: number])[]): Uint8Array {
  return message(
    [0x0a, label('__name__', name)],
    ...samples.map(([t, v]) => [0x12, message([0x09, v], [0x10, t])] as const),
  );
}

function write1(...all: readonly Uint8Array[]): Uint8Array {
  return snappy(message(...all.map((s) => [0x0a, s] as const)));
}

/** One series `up`; symbols are written once. */
function write2(samples: readonly (readonly [t: number, v: number])[]): Uint8Array {
  const refs = new ByteWriter();
  refs.varint(1);
  refs.varint(2);
  const one = message(
    [0x0a, refs.take()],
    ...samples.map(([t, v]) => [0x12, message([0x09, v], [0x10, t])] as const),
  );
  const symbols = ['', '__name__', 'up'].map((s) => [0x22, utf8Encode(s)] as const);
  return snappy(message(...symbols, [0x2a, one]));
}

const V1 = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
const V2 = { ...V1, 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request' };

describe('remote-write 1.0', () => {
  it('is stored whole and answered with 204', async () => {
    const answer = await post(
      '/api/v1/write',
      V1,
      write1(
        series('up', [
          [NOW, 1],
          [NOW + 1, 2],
        ]),
      ),
    );
    assert.equal(answer.status, 204);
    const { batch, options } = storage.metricBatches[0]!;
    assert.equal(options.mode, 'atomic');
    assert.deepEqual([...batch.values.subarray(0, batch.sampleCount)], [1, 2]);
    assert.equal(batch.labels(0)!.get('__name__'), 'up');
  });

  it('is acknowledged only when it is durable', async () => {
    const durable = Promise.withResolvers<void>();
    storage.durable = durable.promise;
    let answered = false;
    const pending = post('/api/v1/write', V1, write1(series('up', [[NOW, 1]]))).then((a) => {
      answered = true;
      return a;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(answered, false);
    durable.resolve();
    assert.equal((await pending).status, 204);
  });

  it('is refused whole for one sample that is too far ahead', async () => {
    const body = write1(
      series('up', [
        [NOW, 1],
        [NOW + 11 * MINUTE, 2],
      ]),
    );
    const answer = await post('/api/v1/write', V1, body);
    assert.equal(answer.status, 400);
    assert.equal(answer.text, 'out of bounds: timestamp is too far in the future\n');
    assert.equal(storage.metricBatches.length, 0);
  });

  it('is refused in the words of the storage', async () => {
    storage.refused = [{ item: 0, reason: 'duplicate_timestamp', message: 'duplicate sample for timestamp' }];
    const answer = await post('/api/v1/write', V1, write1(series('up', [[NOW, 1]])));
    assert.equal(answer.status, 400);
    assert.equal(answer.text, 'duplicate sample for timestamp\n');
  });

  const refused: readonly (readonly [name: string, Record<string, string>, Uint8Array, number, RegExp])[] = [
    ['another type', { 'content-type': 'text/plain' }, write1(), 415, /expected application\/x-protobuf/],
    [
      'another message',
      { ...V1, 'content-type': 'application/x-protobuf;proto=x.Y' },
      write1(),
      415,
      /unknown type for remote write protobuf message x\.Y/,
    ],
    ['another coding', { ...V1, 'content-encoding': 'gzip' }, write1(), 415, /only snappy is acceptable/],
    ['broken snappy', V1, utf8Encode('not snappy at all'), 400, /snappy/],
    ['a broken message', V1, snappy(Uint8Array.of(0xff, 0xff, 0xff, 0x0f, 1, 2, 3)), 400, /./],
  ];
  for (const [name, headers, body, status, text] of refused) {
    it(`is refused for ${name}`, async () => {
      const answer = await post('/api/v1/write', headers, body);
      assert.equal(answer.status, status);
      assert.match(answer.text, text);
      assert.equal(storage.metricBatches.length, 0);
    });
  }

  it('waits when memory is short, and gives back what it took', async () => {
    const one = memory.reserve(200_000);
    const answer = await post('/api/v1/write', V1, write1(series('up', [[NOW, 1]])).slice());
    assert.equal(answer.status, 204, 'a small request fits');
    const other = memory.reserve(40_000);
    const refusedAnswer = await post('/api/v1/write', V1, new Uint8Array(200_000));
    assert.equal(refusedAnswer.status, 503);
    assert.equal(refusedAnswer.headers!['Retry-After'], '5');
    one.release();
    other.release();
    assert.equal(memory.inFlightBytes, 0);
  });

  it('tells nothing of what went wrong inside', async () => {
    storage.failure = new Error('disk /secret is broken');
    const answer = await post('/api/v1/write', V1, write1(series('up', [[NOW, 1]])));
    assert.equal(answer.status, 500);
    assert.equal(answer.text, 'internal error\n');
    storage.failure = new TriliteError('overloaded', 'the head is full');
    assert.equal((await post('/api/v1/write', V1, write1(series('up', [[NOW, 1]])))).status, 503);
  });
});

describe('remote-write 2.0', () => {
  const written = (answer: WireAnswer, what: string) =>
    answer.headers?.[`X-Prometheus-Remote-Write-${what}-Written`];

  it('says how much was written', async () => {
    const answer = await post(
      '/api/v1/write',
      V2,
      write2([
        [NOW, 1],
        [NOW + 1, 2],
      ]),
    );
    assert.equal(answer.status, 204);
    assert.equal(written(answer, 'Samples'), '2');
    assert.equal(written(answer, 'Histograms'), '0');
    assert.equal(storage.metricBatches[0]!.options.mode, 'partial');
  });

  it('stores the good part', async () => {
    const answer = await post(
      '/api/v1/write',
      V2,
      write2([
        [NOW, 1],
        [NOW + 11 * MINUTE, 2],
      ]),
    );
    assert.equal(answer.status, 400);
    assert.equal(
      answer.text,
      'out of bounds: timestamp is too far in the future for series {__name__="up"}\n',
    );
    assert.equal(written(answer, 'Samples'), '1');
    assert.equal(storage.metricBatches[0]!.batch.sampleCount, 1);
  });

  it('names the series of what storage refuses', async () => {
    storage.refused = [{ item: 1, reason: 'too_old', message: 'too old sample' }];
    const body = write2([
      [NOW, 1],
      [NOW + 1, 2],
    ]);
    const answer = await post('/api/v1/write', V2, body);
    assert.deepEqual([answer.status, answer.text], [400, 'too old sample for series {__name__="up"}\n']);
    assert.equal(written(answer, 'Samples'), '1');
  });

  it('has the headers on a failure too', async () => {
    const answer = await post('/api/v1/write', V2, utf8Encode('no'));
    assert.equal(answer.status, 400);
    assert.equal(written(answer, 'Samples'), '0');
    const coding = await post('/api/v1/write', { ...V2, 'content-encoding': 'gzip' }, write2([[NOW, 1]]));
    assert.deepEqual([coding.status, written(coding, 'Exemplars')], [415, '0']);
    storage.failure = new TriliteError('overloaded', 'the head is full');
    const full = await post('/api/v1/write', V2, write2([[NOW, 1]]));
    assert.deepEqual([full.status, written(full, 'Samples'), written(full, 'Histograms')], [503, '0', '0']);
  });
});

// --------------------------------------------------------------------------------------------------- OTLP

const JSON_TYPE = { 'content-type': 'application/json' };
const PROTOBUF_TYPE = { 'content-type': 'application/x-protobuf' };

function traces(traceId: string): string {
  const span = {
    traceId,
    spanId: '00f067aa0ba902b7',
    name: 's',
    startTimeUnixNano: `${NOW}000000`,
    endTimeUnixNano: `${NOW}000000`,
  };
  return JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ spans: [span] }] }] });
}

function gauge(timeMs: number, resourceAttributes: Readonly<Record<string, string>> = {}): string {
  const gauge = { dataPoints: [{ timeUnixNano: `${timeMs}000000`, asDouble: 1 }] };
  const attributes = Object.entries(resourceAttributes).map(([key, stringValue]) => ({
    key,
    value: { stringValue },
  }));
  const scopeMetrics = [{ metrics: [{ name: 'g', gauge }] }];
  return JSON.stringify({ resourceMetrics: [{ resource: { attributes }, scopeMetrics }] });
}

function delta(): string {
  const sum = {
    aggregationTemporality: 1,
    isMonotonic: true,
    dataPoints: [{ timeUnixNano: `${NOW}000000`, asInt: '1' }],
  };
  return JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'd', sum }] }] }] });
}

const GOOD_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('OTLP over HTTP', () => {
  it('answers in the encoding of the request', async () => {
    const json = await post(
      '/v1/traces',
      { 'content-type': 'application/json; charset=utf-8' },
      traces(GOOD_ID),
    );
    assert.deepEqual(
      [json.status, json.contentType, json.text],
      [200, 'application/json', '{"partialSuccess":{}}'],
    );
    assert.equal(storage.spanBatches[0]!.spanCount, 1);
    const protobuf = await post('/v1/traces', PROTOBUF_TYPE, '');
    assert.equal(protobuf.contentType, 'application/x-protobuf');
    assert.deepEqual([...protobuf.body], [0x0a, 0]);
  });

  it('takes gzip', async () => {
    const answer = await post(
      '/v1/metrics',
      { ...JSON_TYPE, 'content-encoding': 'gzip' },
      gzipSync(gauge(NOW)),
    );
    assert.equal(answer.status, 200);
    assert.equal(storage.metricBatches[0]!.batch.sampleCount, 1);
  });

  it('refuses the request for an invalid ID', async () => {
    const json = await post('/v1/traces', JSON_TYPE, traces('00000000000000000000000000000000'));
    assert.equal(json.status, 400);
    assert.equal(JSON.parse(json.text).code, 3);
    assert.equal(storage.spanBatches.length, 0);
  });

  it('counts what is refused in the partial success', async () => {
    const answer = await post('/v1/metrics', JSON_TYPE, gauge(NOW + 11 * MINUTE));
    assert.equal(answer.status, 200);
    const { rejectedDataPoints, errorMessage } = JSON.parse(answer.text).partialSuccess;
    assert.equal(rejectedDataPoints, '1');
    assert.match(errorMessage, /too far in the future/);
    const untranslatable = await post('/v1/metrics', JSON_TYPE, delta());
    assert.equal(JSON.parse(untranslatable.text).partialSuccess.rejectedDataPoints, '1');
  });

  it('adds deltas up where it is told to; those sent twice are refused, or on Prometheus’ path passed over', async () => {
    const adding = bodyRoutes({
      ...parts,
      otlp: otlpOptionsByPath({ ...DEFAULT_OTLP_SETTINGS, delta: 'cumulative' }),
    });
    const first = await post('/v1/metrics', JSON_TYPE, delta(), adding);
    assert.deepEqual([first.status, first.text], [200, '{"partialSuccess":{}}']);
    const again = await post('/v1/metrics', JSON_TYPE, delta(), adding);
    assert.equal(JSON.parse(again.text).partialSuccess.rejectedDataPoints, '1');
    const silent = await post('/api/v1/otlp/v1/metrics', JSON_TYPE, delta(), adding);
    assert.deepEqual([silent.status, silent.text], [200, '']);
    assert.deepEqual(
      storage.metricBatches.map(({ batch }) => batch.sampleCount),
      [1, 0, 0],
    );
  });

  it('keeps what identifies a resource on target_info, but on Prometheus’ path, unless the configuration says', async () => {
    const infoOf = async (path: string, of = routes) => {
      storage.reset();
      await post(path, JSON_TYPE, gauge(NOW, { 'service.name': 'shop', version: '1' }), of);
      const { batch } = storage.metricBatches[0]!;
      const all = Array.from({ length: batch.seriesCount }, (_, i) => batch.labels(i)!.toObject());
      return all.find((labels) => labels.__name__ === 'target_info');
    };
    const plain = { __name__: 'target_info', job: 'shop', version: '1' };
    const keeping = { ...plain, service_name: 'shop' };
    assert.deepEqual(await infoOf('/v1/metrics'), keeping);
    assert.deepEqual(await infoOf('/api/v1/otlp/v1/metrics'), plain);
    for (const keepIdentifyingResourceAttributes of [true, false]) {
      const settings = { ...DEFAULT_OTLP_SETTINGS, keepIdentifyingResourceAttributes };
      const told = bodyRoutes({ ...parts, otlp: otlpOptionsByPath(settings) });
      const want = keepIdentifyingResourceAttributes ? keeping : plain;
      assert.deepEqual(await infoOf('/v1/metrics', told), want);
      assert.deepEqual(await infoOf('/api/v1/otlp/v1/metrics', told), want);
    }
  });

  it('refuses what is no request', async () => {
    const type = await post('/v1/logs', { 'content-type': 'text/plain' }, '{}');
    assert.deepEqual([type.status, type.contentType], [415, 'text/plain']);
    assert.match(type.text, /^415 unsupported media type/);
    for (const body of ['', '{"resourceSpans":[']) {
      const answer = await post('/v1/traces', JSON_TYPE, body);
      assert.equal(answer.status, 400, body);
      assert.equal(JSON.parse(answer.text).code, 3);
    }
    const coding = await post('/v1/traces', { ...JSON_TYPE, 'content-encoding': 'br' }, '{}');
    assert.equal(coding.status, 400);
    assert.match(coding.text, /unsupported Content-Encoding: br/);
    const broken = await post('/v1/traces', { ...PROTOBUF_TYPE, 'content-encoding': 'gzip' }, 'no gzip');
    assert.equal(broken.status, 400);
    const reader = new ByteReader(broken.body);
    assert.deepEqual([reader.u8(), reader.varint(), reader.u8()], [0x08, 3, 0x12]);
  });

  it('asks to try again when memory is short', async () => {
    const other = memory.reserve(240_000);
    const answer = await post('/v1/logs', PROTOBUF_TYPE, new Uint8Array(100_000));
    other.release();
    assert.equal(answer.status, 429);
    assert.equal(answer.headers!['Retry-After'], '5');
    assert.ok(Buffer.from(answer.body).includes('google.rpc.RetryInfo'));
  });
});

describe("Prometheus' OTLP path", () => {
  const path = '/api/v1/otlp/v1/metrics';

  it('answers 200 without a body', async () => {
    const answer = await post(path, JSON_TYPE, gauge(NOW));
    assert.deepEqual([answer.status, answer.text], [200, '']);
    assert.equal(storage.metricBatches[0]!.options.mode, 'atomic');
    assert.equal((await post(path, JSON_TYPE, '{"resourceMetrics":[]}')).status, 200);
  });

  it('fails the whole request for what it cannot translate', async () => {
    const answer = await post(path, JSON_TYPE, delta());
    assert.equal(answer.status, 500);
    assert.match(answer.text, /invalid temporality and type combination for metric "d"/);
    assert.equal(storage.metricBatches.length, 0);
  });

  it('answers bad requests in plain text', async () => {
    const type = await post(path, { 'content-type': 'text/plain' }, '');
    assert.equal(type.status, 400);
    assert.equal(
      type.text,
      'unsupported content type: text/plain, supported: [application/json, application/x-protobuf]\n',
    );
    assert.equal((await post(path, JSON_TYPE, '{bad')).status, 400);
    const future = await post(path, JSON_TYPE, gauge(NOW + 11 * MINUTE));
    assert.deepEqual(
      [future.status, future.text],
      [400, 'out of bounds: timestamp is too far in the future\n'],
    );
  });
});

// --------------------------------------------------------------------------------------------------- Loki

function push(...values: readonly (readonly unknown[])[]): string {
  return JSON.stringify({ streams: [{ stream: { app: 'x' }, values }] });
}

describe('Loki push', () => {
  const path = '/loki/api/v1/push';

  it('is stored and answered with 204', async () => {
    const answer = await post(path, JSON_TYPE, push([`${NOW}000001`, 'a line']));
    assert.equal(answer.status, 204);
    const batch = storage.logBatches[0]!;
    assert.equal(batch.streams[0]!.get('app'), 'x');
    assert.equal(
      Buffer.from(batch.bytes.subarray(batch.lineStart[0], batch.lineEnd[0])).toString(),
      'a line',
    );
    assert.deepEqual([batch.timeMs[0], batch.timeNs[0]], [NOW, 1]);
  });

  it('undoes gzip and raw DEFLATE', async () => {
    const body = utf8Encode(push([`${NOW}000000`, 'a']));
    for (const [coding, packed] of [
      ['gzip', gzipSync(body)],
      ['deflate', deflateRawSync(body)],
    ] as const) {
      assert.equal((await post(path, { ...JSON_TYPE, 'content-encoding': coding }, packed)).status, 204);
    }
    assert.equal(storage.logBatches.length, 2);
  });

  it('takes snappy protobuf under any other type, also at the old path', async () => {
    const entry = message([0x0a, message([0x08, NOW / 1000])], [0x12, utf8Encode('l')]);
    const body = snappy(message([0x0a, message([0x0a, utf8Encode('{a="b"}')], [0x12, entry])]));
    assert.equal((await post(path, { 'content-type': 'text/x' }, body)).status, 204);
    assert.equal((await post('/api/prom/push', PROTOBUF_TYPE, body)).status, 204);
    assert.equal(storage.logBatches[1]!.streams[0]!.get('a'), 'b');
  });

  it('stores the good part of a request with bad items and answers 400', async () => {
    const body = push([`${NOW}000000`, 'good'], [`${Date.UTC(2100, 0, 1)}000000`, 'future']);
    const answer = await post(path, JSON_TYPE, body);
    assert.equal(answer.status, 400);
    assert.equal(
      answer.text,
      `entry for stream '{app="x", service_name="x"}' has timestamp too new: 2100-01-01T00:00:00Z\n`,
    );
    assert.equal(storage.logBatches[0]!.count, 1);
  });

  const refused: readonly (readonly [name: string, Record<string, string>, string, number, RegExp])[] = [
    ['no streams', JSON_TYPE, '{}', 422, /^error at least one valid stream is required for ingestion\n$/],
    ['no media type', { 'content-type': ';;;' }, '{}', 400, /^mime: no media type\n$/],
    ['no type at all', {}, '{}', 400, /^mime: no media type\n$/],
    ['a broken body', JSON_TYPE, '{', 400, /./],
    ['an empty body', JSON_TYPE, '', 400, /./],
    ['broken snappy', PROTOBUF_TYPE, 'garbage', 400, /snappy/],
    [
      'another coding',
      { ...JSON_TYPE, 'content-encoding': 'br' },
      '{}',
      400,
      /^Content-Encoding "br" not supported\n$/,
    ],
  ];
  for (const [name, headers, body, status, text] of refused) {
    it(`refuses ${name}`, async () => {
      const answer = await post(path, headers, body);
      assert.equal(answer.status, status);
      assert.match(answer.text, text);
      assert.equal(storage.logBatches.length, 0);
    });
  }

  it('asks to try again when memory is short', async () => {
    const other = memory.reserve(240_000);
    const answer = await post(path, JSON_TYPE, push([`${NOW}000000`, 'a'.repeat(10_000)]));
    other.release();
    assert.equal(answer.status, 429);
    assert.equal(answer.headers!['Retry-After'], '5');
  });
});

describe("Loki's OTLP path", () => {
  const path = '/otlp/v1/logs';

  function logs(): string {
    const record = { timeUnixNano: `${NOW}000000`, body: { stringValue: 'a line' } };
    return JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });
  }

  it('answers 204', async () => {
    assert.equal((await post(path, JSON_TYPE, logs())).status, 204);
    assert.equal(storage.logBatches[0]!.count, 1);
  });

  it('answers failures with a Status that has a message alone', async () => {
    const none = await post(path, JSON_TYPE, '{"resourceLogs":[]}');
    assert.deepEqual([none.status, none.contentType], [422, 'application/octet-stream']);
    assert.equal(none.text, '\u00129error at least one valid stream is required for ingestion');
    const type = await post(path, { 'content-type': 'text/plain' }, 'x');
    assert.deepEqual([type.status, type.text], [400, '\u0012)content type: text/plain is not supported']);
    assert.equal((await post(path, JSON_TYPE, '{')).status, 400);
    storage.failure = new Error('broken');
    assert.equal((await post(path, JSON_TYPE, logs())).status, 503);
  });
});

describe('the counts', () => {
  it('tell receivers and reasons apart', async () => {
    await post('/api/v1/write', V1, write1(series('up', [[NOW, 1]])));
    const text = telemetry.print();
    assert.match(text, /trilite_receiver_accepted_samples_total\{receiver="remote_write"\} [1-9]/);
    assert.match(
      text,
      /trilite_receiver_refused_samples_total\{receiver="remote_write_2",reason="too_far_in_future"\} 1/,
    );
    assert.match(
      text,
      /trilite_receiver_refused_entries_total\{receiver="loki_push",reason="too_far_in_future"\} 1/,
    );
    assert.match(text, /trilite_receiver_accepted_spans_total\{receiver="otlp_http_traces"\} [1-9]/);
    assert.match(
      text,
      /trilite_receiver_failed_requests_total\{receiver="loki_push",reason="overloaded"\} 1/,
    );
    assert.match(
      text,
      /trilite_receiver_failed_requests_total\{receiver="otlp_http_logs",reason="unsupported"\} 1/,
    );
  });
});
