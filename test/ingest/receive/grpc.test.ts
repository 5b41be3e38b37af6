/** OTLP over gRPC, with a real client: on the port of its own and on an HTTP port. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { type ListenAddress, Listeners } from '../../../src/api/listeners.ts';
import { ByteReader, utf8Encode } from '../../../src/base/bytes.ts';
import { SILENT } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { otlpJsonToProtobuf } from '../../../src/ingest/decode/otlp-json.ts';
import { MemoryLimiter } from '../../../src/ingest/memory.ts';
import { createGrpcServer } from '../../../src/ingest/receive/grpc.ts';
import { ReceiverTelemetry } from '../../../src/ingest/receive/receiver-telemetry.ts';
import { directIntake } from '../../../src/ingest/span-intake.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { DEFAULT_LOG_LIMITS } from '../../../src/model/limits.ts';
import { DEFAULT_OTLP_SETTINGS, otlpOptionsByPath } from '../../../src/model/otlp-options.ts';
import { tenantAppenders } from '../../../src/storage/tenant/tenant-appender.ts';
import { OPEN_GATE } from '../../support/open-gate.ts';
import { FakeStorage } from './fake-storage.ts';

const storage = new FakeStorage();
const telemetry = new Telemetry();
const memory = new MemoryLimiter(400 * 1024 * 1024);
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
const server = createGrpcServer(parts, OPEN_GATE);
const listeners = new Listeners({
  handler: (_request, response) => response.end('http'),
  grpc: async () => server,
  log: SILENT,
});
let http: ListenAddress;
let grpc: ListenAddress;
const clients: Client[] = [];

before(async () => {
  http = await listeners.http({ host: '127.0.0.1', port: 0 });
  grpc = await listeners.grpc({ host: '127.0.0.1', port: 0 });
});
after(() => {
  for (const client of clients) client.close();
  listeners.stopAccepting();
  server.close();
  listeners.destroy();
});

const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const METRICS = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';
const LOGS = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

function clientOf(address: ListenAddress, options: Record<string, number> = {}): Client {
  const client = new Client(`${address.host}:${address.port}`, credentials.createInsecure(), {
    'grpc.max_send_message_length': 128 * 1024 * 1024,
    ...options,
  });
  clients.push(client);
  return client;
}

function call(client: Client, path: string, body: Uint8Array, metadata = new Metadata()): Promise<Buffer> {
  const identity = (bytes: Buffer) => bytes;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      identity,
      identity,
      Buffer.from(body),
      metadata,
      (error: ServiceError | null, answer) => (error ? reject(error) : resolve(answer!)),
    );
  });
}

function traces(traceId: string): Uint8Array {
  const span = { traceId, spanId: '00f067aa0ba902b7', name: 's' };
  return otlpJsonToProtobuf(
    'traces',
    utf8Encode(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })),
  );
}

const GOOD = traces('4bf92f3577b34da6a3ce929d0e0e4736');

describe('gRPC', () => {
  it('is served on a port of its own and on every HTTP port', async () => {
    for (const address of [grpc, http]) {
      storage.reset();
      assert.deepEqual([...(await call(clientOf(address), TRACES, GOOD))], [0x0a, 0]);
      assert.equal(storage.spanBatches[0]!.spanCount, 1);
    }
    const response = await fetch(`http://127.0.0.1:${http.port}/`);
    assert.equal(await response.text(), 'http');
  });

  it('takes empty requests of every signal, and gzip', async () => {
    const client = clientOf(grpc, { 'grpc.default_compression_algorithm': 2 });
    for (const path of [TRACES, METRICS, LOGS]) {
      assert.deepEqual([...(await call(client, path, new Uint8Array(0)))], [0x0a, 0]);
    }
    storage.reset();
    await call(client, TRACES, GOOD);
    assert.equal(storage.spanBatches[0]!.spanCount, 1);
  });

  it('takes the tenant from the call, where they are told apart', async () => {
    const tenants = createGrpcServer({ ...parts, tenants: tenantAppenders(storage) }, OPEN_GATE);
    const own = new Listeners({
      handler: (_, response) => response.end(),
      grpc: async () => tenants,
      log: SILENT,
    });
    try {
      const client = clientOf(await own.grpc({ host: '127.0.0.1', port: 0 }));
      const resourceLogs = [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '1' }] }] }];
      const body = otlpJsonToProtobuf('logs', utf8Encode(JSON.stringify({ resourceLogs })));
      const as = (tenant: string) => {
        const metadata = new Metadata();
        metadata.set('x-scope-orgid', tenant);
        return call(client, LOGS, body, metadata);
      };
      storage.reset();
      await as('a');
      await call(client, LOGS, body);
      assert.deepEqual(
        storage.logBatches.map((b) => b.streams[0]!.get('__tenant_id__')),
        ['a', ''],
      );
      await assert.rejects(as('a|b'), { code: 3, details: 'multiple org IDs present' });
    } finally {
      own.stopAccepting();
      tenants.close();
      own.destroy();
    }
  });

  it('refuses what does not decode and invalid IDs', async () => {
    const client = clientOf(grpc);
    await assert.rejects(call(client, TRACES, utf8Encode('\xff\xff')), { code: 3 });
    await assert.rejects(call(client, TRACES, traces('00000000000000000000000000000000')), { code: 3 });
    await assert.rejects(call(client, '/no.such.Service/Export', GOOD), { code: 12 });
  });

  it('takes messages up to the limit of HTTP bodies and no larger', async () => {
    const client = clientOf(grpc);
    // An unknown field of many bytes: tag, length, bytes.
    const padded = (size: number) =>
      Buffer.concat([Buffer.from([0x7a, ...varint(size)]), Buffer.alloc(size)]);
    assert.ok(await call(client, TRACES, padded(8 * 1024 * 1024)));
    await assert.rejects(call(client, TRACES, padded(65 * 1024 * 1024)), { code: 8 });
  });

  it('asks to try again when there is no room', async () => {
    storage.failure = new TriliteError('overloaded', 'the head is full');
    const error = await call(clientOf(grpc), TRACES, GOOD).then(
      () => assert.fail('refused'),
      (e: ServiceError) => e,
    );
    storage.reset();
    assert.equal(error.code, 8);
    const details = (error.metadata as Metadata).get('grpc-status-details-bin')[0] as Buffer;
    const reader = new ByteReader(details);
    assert.deepEqual(
      [reader.u8(), reader.varint(), reader.u8(), reader.text()],
      [0x08, 8, 0x12, 'the head is full'],
    );
    assert.ok(details.includes('type.googleapis.com/google.rpc.RetryInfo'));
    assert.equal(memory.inFlightBytes, 0);
  });
});

function varint(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push((rest % 128) | 0x80);
  }
}
