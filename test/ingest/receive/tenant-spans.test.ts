/** Whose spans are, by the way that they come: every protocol that has headers names a tenant, datagrams cannot. */

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { Listeners } from '../../../src/api/listeners.ts';
import { SILENT } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { otlpJsonToProtobuf } from '../../../src/ingest/decode/otlp-json.ts';
import { MemoryLimiter } from '../../../src/ingest/memory.ts';
import { createGrpcServer } from '../../../src/ingest/receive/grpc.ts';
import { bodyRoutes } from '../../../src/ingest/receive/http.ts';
import { bindJaegerUdp } from '../../../src/ingest/receive/jaeger-udp.ts';
import { ReceiverTelemetry } from '../../../src/ingest/receive/receiver-telemetry.ts';
import { tenantIntake } from '../../../src/ingest/span-intake.ts';
import { DEFAULT_LOG_LIMITS } from '../../../src/model/limits.ts';
import { DEFAULT_OTLP_SETTINGS, otlpOptionsByPath } from '../../../src/model/otlp-options.ts';
import { tenantAppenders } from '../../../src/storage/tenant/tenant-appender.ts';
import { OPEN_GATE } from '../../support/open-gate.ts';
import { spansRequest } from '../../support/otlp-spans.ts';
import { eventually } from '../../support/poll.ts';
import { type PlainBatch, postSpans, thriftBatch } from '../decode/jaeger/batches.ts';
import { binary, call } from '../decode/jaeger/thrift-writer.ts';
import { decode } from '../decode/otlp-arbitrary.ts';
import { FakeStorage } from './fake-storage.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };

const storage = new FakeStorage();
const telemetry = new Telemetry();
const tenants = tenantAppenders(storage);
const asked: string[] = [];
const parts = {
  storage,
  tenants,
  spans: tenantIntake((tenant) => {
    asked.push(tenant);
    return tenants(tenant).traces;
  }),
  memory: new MemoryLimiter(1_000_000),
  otlp: otlpOptionsByPath(DEFAULT_OTLP_SETTINGS),
  maxAgeMs: { metrics: 0, logs: 0, traces: 0 },
  logLimits: () => DEFAULT_LOG_LIMITS,
  telemetry,
  counts: new ReceiverTelemetry(telemetry),
  log: SILENT,
};

const OTLP = spansRequest([
  {
    service: 'shop',
    traceId: 'ab'.repeat(16),
    id: '00000000000000a1',
    name: 'op',
    startMs: 1_767_268_800_000,
  },
]);
const ZIPKIN = JSON.stringify([
  { traceId: 'ab'.repeat(16), id: '00000000000000a1', timestamp: 1_767_268_800_000_000 },
]);
const JAEGER: PlainBatch = {
  process: { name: 'shop', tags: [] },
  spans: [
    {
      high: 1n,
      low: 2n,
      spanId: 1n,
      parentId: 0n,
      name: 'op',
      references: [],
      start: 1_767_268_800_000_000n,
      duration: 5n,
      tags: [],
      logs: [],
      process: undefined,
    },
  ],
};

/** Whose the stored spans say that they are. */
function owners(): string[] {
  return storage.spanBatches.map(({ bytes, resourceStart, resourceEnd }) => {
    const resource = decode('Resource', bytes.subarray(resourceStart[0], resourceEnd[0]));
    const attributes = resource.attributes as { key: string; value: { stringValue: string } }[];
    return attributes.find(({ key }) => key === '__tenant_id__')?.value.stringValue ?? '';
  });
}

beforeEach(() => {
  storage.reset();
  asked.length = 0;
});

describe('spans that come over HTTP', () => {
  const cases: readonly (readonly [path: string, type: string, body: Uint8Array])[] = [
    ['/v1/traces', 'application/json', Buffer.from(OTLP)],
    ['/api/v2/spans', 'application/json', Buffer.from(ZIPKIN)],
    ['/api/traces', 'application/x-thrift', binary(thriftBatch(JAEGER))],
  ];
  for (const [path, type, body] of cases) {
    it(`are of the tenant that the header names: ${path}`, async () => {
      const route = bodyRoutes(parts).find((r) => r.path === path)!;
      const post = (tenant?: string) =>
        route.receive({
          contentType: type,
          header: (name) => (name === 'x-scope-orgid' ? tenant : name === 'content-type' ? type : undefined),
          declaredBytes: body.length,
          nowMs: 1_767_268_801_000,
          readBody: async () => body,
        });
      assert.ok((await post('a')).status < 300);
      assert.ok((await post()).status < 300);
      assert.ok((await post('b.c')).status < 300);
      assert.deepEqual(asked, ['a', 'fake', 'b.c']);
      assert.deepEqual(owners(), ['a', '', 'b.c']);
      assert.equal((await post('a|b')).status, 400);
      assert.equal((await post('a/b')).status, 400);
      assert.equal(storage.spanBatches.length, 3);
    });
  }
});

describe('spans that come over gRPC', () => {
  const grpc = createGrpcServer(parts, OPEN_GATE);
  const listeners = new Listeners({ handler: (_, r) => r.end(), grpc: async () => grpc, log: SILENT });
  let client: Client;
  before(async () => {
    const { port } = await listeners.grpc(ANY_PORT);
    client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  });
  after(() => {
    client.close();
    listeners.stopAccepting();
    grpc.close();
    listeners.destroy();
  });

  const sendTo = (path: string, body: Uint8Array, tenant?: string) =>
    new Promise<unknown>((resolve, reject) => {
      const metadata = new Metadata();
      if (tenant !== undefined) metadata.set('x-scope-orgid', tenant);
      const same = (bytes: Buffer) => bytes;
      client.makeUnaryRequest(path, same, same, Buffer.from(body), metadata, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });

  const cases: readonly (readonly [string, Uint8Array])[] = [
    [
      '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      otlpJsonToProtobuf('traces', Buffer.from(OTLP)),
    ],
    ['/jaeger.api_v2.CollectorService/PostSpans', postSpans(JAEGER)],
  ];
  for (const [path, body] of cases) {
    it(`are of the tenant that the call names: ${path}`, async () => {
      await sendTo(path, body, 'a');
      await sendTo(path, body);
      assert.deepEqual(owners(), ['a', '']);
      await assert.rejects(sendTo(path, body, 'a|b'), { code: 3, details: 'multiple org IDs present' });
      assert.equal(storage.spanBatches.length, 2);
    });
  }
});

describe('spans that come in datagrams', () => {
  it("are the default tenant's", async () => {
    const port = await bindJaegerUdp(ANY_PORT, parts);
    const socket = createSocket('udp4');
    try {
      socket.send(call('compact', thriftBatch(JAEGER)), port.address.port, '127.0.0.1');
      await eventually(async () => assert.equal(storage.spanBatches.length, 1));
      assert.deepEqual([asked, owners()], [['fake'], ['']]);
    } finally {
      socket.close();
      await port.close();
    }
  });
});
