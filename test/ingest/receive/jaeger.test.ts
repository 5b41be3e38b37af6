/** Jaeger's ways in: the collector's endpoint, the agent's datagrams, the gRPC services. */

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { after, before, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Client, credentials } from '@grpc/grpc-js';
import { Listeners } from '../../../src/api/listeners.ts';
import { utf8Encode } from '../../../src/base/bytes.ts';
import { SILENT } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { MemoryLimiter } from '../../../src/ingest/memory.ts';
import { createGrpcServer } from '../../../src/ingest/receive/grpc.ts';
import { bodyRoutes } from '../../../src/ingest/receive/http.ts';
import { bindJaegerUdp, type UdpPort } from '../../../src/ingest/receive/jaeger-udp.ts';
import { ReceiverTelemetry } from '../../../src/ingest/receive/receiver-telemetry.ts';
import { directIntake } from '../../../src/ingest/span-intake.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { DEFAULT_LOG_LIMITS } from '../../../src/model/limits.ts';
import { DEFAULT_OTLP_SETTINGS, otlpOptionsByPath } from '../../../src/model/otlp-options.ts';
import { OPEN_GATE } from '../../support/open-gate.ts';
import { eventually } from '../../support/poll.ts';
import { jaegerRoot, type PlainBatch, postSpans, thriftBatch } from '../decode/jaeger/batches.ts';
import { binary, call } from '../decode/jaeger/thrift-writer.ts';
import { FakeStorage } from './fake-storage.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };

const storage = new FakeStorage();
const telemetry = new Telemetry();
const warnings: string[] = [];
const parts = {
  storage,
  spans: directIntake(storage.traces),
  memory: new MemoryLimiter(1_000_000),
  otlp: otlpOptionsByPath(DEFAULT_OTLP_SETTINGS),
  maxAgeMs: { metrics: 0, logs: 0, traces: 0 },
  logLimits: () => DEFAULT_LOG_LIMITS,
  telemetry,
  counts: new ReceiverTelemetry(telemetry),
  log: { ...SILENT, warn: (message: string) => void warnings.push(message) },
};

function batchOf(spans: number, tagBytes = 0): PlainBatch {
  const span = {
    high: 1n,
    low: 2n,
    parentId: 0n,
    name: 'op',
    references: [],
    start: 1767268800000000n,
    duration: 5n,
    tags: [{ key: 'text', value: { string: 'x'.repeat(tagBytes) } }],
    logs: [],
    process: undefined,
  };
  const process = { name: 'shop', tags: [] };
  return { process, spans: Array.from({ length: spans }, (_, i) => ({ ...span, spanId: BigInt(i + 1) })) };
}

/** The value of one of this server's counters; 0 where it does not stand. */
function count(name: string, labels: string): number {
  const line = telemetry
    .print()
    .split('\n')
    .find((l) => l.startsWith(`${name}{${labels}}`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

beforeEach(() => storage.reset());

describe("POST /api/traces of Jaeger's collector", () => {
  const THRIFT = { 'content-type': 'application/x-thrift' };
  const [route] = bodyRoutes(parts).filter(({ path }) => path === '/api/traces');

  async function post(headers: Record<string, string>, body: Uint8Array) {
    const answer = await route!.receive({
      contentType: headers['content-type'],
      header: (name) => headers[name],
      declaredBytes: body.length,
      nowMs: 0,
      readBody: async () => body,
    });
    return { ...answer, text: Buffer.from(answer.body).toString() };
  }

  it('is answered with 202 and nothing once the spans are durable', async () => {
    const types = [
      'application/x-thrift',
      'application/vnd.apache.thrift.binary',
      'Application/X-Thrift; a=b',
    ];
    for (const type of types) {
      storage.reset();
      const answer = await post({ 'content-type': type }, binary(thriftBatch(batchOf(3))));
      assert.deepEqual([answer.status, answer.text], [202, '']);
      assert.equal(storage.spanBatches[0]!.spanCount, 3);
    }
    storage.durable = Promise.reject(new TriliteError('overloaded', 'the disk is full'));
    storage.durable.catch(() => {});
    assert.equal((await post(THRIFT, binary(thriftBatch(batchOf(1))))).status, 429);
    const gzip = { ...THRIFT, 'content-encoding': 'gzip' };
    storage.reset();
    assert.equal((await post(gzip, gzipSync(binary(thriftBatch(batchOf(2)))))).status, 202);
    assert.equal(storage.spanBatches[0]!.spanCount, 2);
  });

  it("refuses in the collector's words", async () => {
    const good = binary(thriftBatch(batchOf(1)));
    const refusals = [
      ['application/json', good, /^Unsupported content type: application\/json\n$/],
      ['', good, /^Cannot parse content type: mime: no media type\n$/],
      ['application/x-<b>', good, /^Cannot parse content type: mime: /],
      [
        'application/x-thrift',
        good.subarray(0, -1),
        /^Unable to process request body: invalid Jaeger thrift: /,
      ],
      ['application/x-thrift', new Uint8Array(0), /^Unable to process request body: /],
      ['application/x-thrift', utf8Encode('{}'), /^Unable to process request body: /],
    ] as const;
    for (const [type, body, text] of refusals) {
      const answer = await post({ 'content-type': type }, body);
      assert.equal(answer.status, 400);
      assert.match(answer.text, text);
      assert.equal(answer.contentType, 'text/plain; charset=utf-8');
      assert.equal(answer.headers!['X-Content-Type-Options'], 'nosniff');
    }
    const markup = await post({ 'content-type': 'application/x&y' }, good);
    assert.equal(markup.text, 'Unsupported content type: application/x&amp;y\n');
    assert.equal(storage.spanBatches.length, 0);
    assert.equal(parts.memory.inFlightBytes, 0);
  });

  it('asks to try again when there is no room', async () => {
    storage.failure = new TriliteError('overloaded', 'the head is full');
    const answer = await post(THRIFT, binary(thriftBatch(batchOf(1))));
    assert.deepEqual([answer.status, answer.text], [429, 'the head is full\n']);
    assert.equal(answer.headers!['Retry-After'], '5');
  });
});

describe("the agent's datagrams", () => {
  let port: UdpPort;
  const socket = createSocket('udp4');
  const send = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) =>
      socket.send(bytes, port.address.port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
    );
  const failed = (reason: string) =>
    count('trilite_receiver_failed_requests_total', `receiver="jaeger_udp",reason="${reason}"`);

  before(async () => {
    port = await bindJaegerUdp(ANY_PORT, parts);
  });
  after(async () => {
    await port.close();
    socket.close();
  });

  it('are taken in both protocols on one port, up to the largest there are', async () => {
    const batches = [batchOf(1), batchOf(2), batchOf(1, 64_000)];
    for (const protocol of ['compact', 'binary'] as const) {
      for (const [i, batch] of batches.entries()) {
        storage.reset();
        const datagram = call(protocol, thriftBatch(batch));
        assert.ok(i < 2 || datagram.length > 64_000);
        await send(datagram);
        await eventually(async () => assert.equal(storage.spanBatches[0]?.spanCount, batch.spans.length));
      }
    }
    assert.equal(count('trilite_receiver_accepted_spans_total', 'receiver="jaeger_udp"'), 8);
    assert.equal(parts.memory.inFlightBytes, 0);
  });

  it('are dropped and counted where they cannot be read, and told of once', async () => {
    const good = call('compact', thriftBatch(batchOf(1)));
    const bad = [
      good.subarray(0, good.length / 2),
      utf8Encode('hello'),
      new Uint8Array(0),
      call('binary', thriftBatch(batchOf(1)), { name: 'emitZipkinBatch' }),
      call('compact', thriftBatch({ ...batchOf(1), spans: [{ ...batchOf(1).spans[0]!, spanId: 0n }] })),
    ];
    warnings.length = 0;
    for (const datagram of bad) await send(datagram);
    await eventually(async () => assert.equal(failed('bad_data'), bad.length));
    assert.deepEqual(warnings, ['dropped Jaeger datagrams']);
    await send(good);
    await eventually(async () => assert.equal(storage.spanBatches.length, 1));
  });

  it('are dropped and counted where there is no memory for them', async () => {
    const held = parts.memory.reserve(240_000);
    await send(call('compact', thriftBatch(batchOf(1, 20_000))));
    await eventually(async () => assert.equal(failed('overloaded'), 1));
    held.release();
    storage.failure = new TriliteError('overloaded', 'the head is full');
    await send(call('compact', thriftBatch(batchOf(1))));
    await eventually(async () => assert.equal(failed('overloaded'), 2));
    assert.equal(storage.spanBatches.length, 0);
    assert.equal(parts.memory.inFlightBytes, 0);
  });

  it('are durable, those that came, when the port is closed', async () => {
    const own = await bindJaegerUdp(ANY_PORT, parts);
    let finish = () => {};
    storage.durable = new Promise((resolve) => {
      finish = resolve;
    });
    const datagram = call('compact', thriftBatch(batchOf(1)));
    await new Promise((resolve) => socket.send(datagram, own.address.port, '127.0.0.1', resolve));
    await eventually(async () => assert.equal(storage.spanBatches.length, 1));
    let isClosed = false;
    const closed = own.close().then(() => {
      isClosed = true;
    });
    await new Promise(setImmediate);
    assert.equal(isClosed, false);
    finish();
    await closed;
    await assert.rejects(bindJaegerUdp(port.address, parts), { code: 'EADDRINUSE' });
  });
});

describe("Jaeger's gRPC services", () => {
  const server = createGrpcServer(parts, OPEN_GATE);
  const listeners = new Listeners({
    handler: (_, response) => response.end(),
    grpc: async () => server,
    log: SILENT,
  });
  const POST_SPANS = '/jaeger.api_v2.CollectorService/PostSpans';
  const STRATEGY = '/jaeger.api_v2.SamplingManager/GetSamplingStrategy';
  let client: Client;

  before(async () => {
    const { host, port } = await listeners.grpc(ANY_PORT);
    client = new Client(`${host}:${port}`, credentials.createInsecure());
  });
  after(() => {
    client.close();
    listeners.stopAccepting();
    server.close();
    listeners.destroy();
  });

  function ask(path: string, body: Uint8Array): Promise<Buffer> {
    const identity = (bytes: Buffer) => bytes;
    return new Promise((resolve, reject) =>
      client.makeUnaryRequest(path, identity, identity, Buffer.from(body), (error, answer) =>
        error ? reject(error) : resolve(answer!),
      ),
    );
  }

  it('take spans and answer with an empty message', async () => {
    assert.equal((await ask(POST_SPANS, postSpans(batchOf(4)))).length, 0);
    assert.equal(storage.spanBatches[0]!.spanCount, 4);
    assert.equal((await ask(POST_SPANS, new Uint8Array(0))).length, 0);
  });

  it('refuse what does not decode and spans without ids, and ask to try again', async () => {
    await assert.rejects(ask(POST_SPANS, utf8Encode('\xff\xff')), { code: 3 });
    const nameless = { ...batchOf(1), spans: [{ ...batchOf(1).spans[0]!, low: 0n, high: 0n }] };
    await assert.rejects(ask(POST_SPANS, postSpans(nameless)), { code: 3 });
    storage.failure = new TriliteError('overloaded', 'the head is full');
    await assert.rejects(ask(POST_SPANS, postSpans(batchOf(1))), { code: 8, details: 'the head is full' });
  });

  it('have every trace sampled', async () => {
    const type = (name: string) => jaegerRoot.lookupType(`jaeger.api_v2.${name}`);
    const request = type('SamplingStrategyParameters').encode({ serviceName: 'shop' }).finish();
    const answer = type('SamplingStrategyResponse').decode(await ask(STRATEGY, request));
    assert.deepEqual(answer.toJSON(), { probabilisticSampling: { samplingRate: 1 } });
  });
});
