/** Clients that say who they are by a certificate, over HTTP and over gRPC: with a TLS server of the test's own before ours. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:https';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { Client, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';
import { Gate } from '../../src/access/gate.ts';
import { HttpServer } from '../../src/api/server.ts';
import { SILENT } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { MemoryLimiter } from '../../src/ingest/memory.ts';
import { createGrpcServer, type GrpcServer } from '../../src/ingest/receive/grpc.ts';
import { ReceiverTelemetry } from '../../src/ingest/receive/receiver-telemetry.ts';
import { directIntake } from '../../src/ingest/span-intake.ts';
import { DEFAULT_LOG_LIMITS } from '../../src/model/limits.ts';
import { DEFAULT_OTLP_SETTINGS, otlpOptionsByPath } from '../../src/model/otlp-options.ts';
import { FakeStorage } from '../ingest/receive/fake-storage.ts';
import { Authority, type Pair } from '../support/certificates.ts';

const telemetry = new Telemetry();
const rights = { scopes: ['ingest'] as const, tenants: undefined };
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const UNAUTHENTICATED = 16;

describe('a client with a certificate', () => {
  const own = new Authority('ours');
  const foreign = new Authority('theirs');
  const certificates: Record<string, Pair | undefined> = {};
  let grpc: GrpcServer;
  let httpsPort: number;
  let grpcPort: number;
  const servers: NetServer[] = [];

  before(async () => {
    const settings = {
      users: [{ username: 'u', password: { value: 'p' }, ...rights }],
      tokens: [],
      certificates: ['collector.internal', 'spiffe://x/agent'].map((subject) => ({ subject, ...rights })),
      anonymous: [],
    };
    const gate = await Gate.of(settings, { telemetry, log: SILENT, environment: () => undefined });
    const serverPair = own.issue('server', { commonName: 'server', names: 'DNS:localhost,IP:127.0.0.1' });
    certificates.common = own.issue('common', { commonName: 'collector.internal' });
    certificates.alternative = own.issue('alternative', {
      commonName: 'x',
      names: 'DNS:a.test,URI:spiffe://x/agent',
    });
    certificates.unknown = own.issue('unknown', { commonName: 'other' });
    certificates.foreign = foreign.issue('foreign', { commonName: 'collector.internal' });
    certificates.none = undefined;
    // Those that nobody verified are let through, as some servers are told to: the gate has to tell them apart.
    const tls = {
      ...{ cert: serverPair.cert, key: serverPair.key, ca: own.pair.cert },
      ...{ requestCert: true, rejectUnauthorized: false },
    };
    const http = new HttpServer({
      gate,
      surfaces: [],
      bodyRoutes: [
        {
          access: 'ingest',
          methods: ['POST'],
          path: '/v1/traces',
          surface: 'otlp',
          receive: async () => ({ status: 200, contentType: '', body: new Uint8Array(0) }),
        },
      ],
      runner: { run: async () => assert.fail() },
      queryTimeoutMs: 0,
      telemetry,
      log: SILENT,
      now: () => 0,
    });
    await http.ready();
    const storage = new FakeStorage();
    grpc = createGrpcServer(
      {
        storage,
        spans: directIntake(storage.traces),
        memory: new MemoryLimiter(400 * 1024 * 1024),
        otlp: otlpOptionsByPath(DEFAULT_OTLP_SETTINGS),
        maxAgeMs: { metrics: 0, logs: 0, traces: 0 },
        logLimits: () => DEFAULT_LOG_LIMITS,
        telemetry,
        counts: new ReceiverTelemetry(telemetry),
        log: SILENT,
      },
      gate,
    );
    const https = createServer(tls, http.handler);
    const h2 = createTlsServer({ ...tls, ALPNProtocols: ['h2'] }, (socket) => grpc.injectConnection(socket));
    [httpsPort, grpcPort] = (await Promise.all([https, h2].map(listen))) as [number, number];
    servers.push(https, h2);
  });

  after(() => {
    for (const server of servers) server.close();
    grpc?.close();
    own.remove();
    foreign.remove();
  });

  async function listen(server: NetServer): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  function post(pair: Pair | undefined, headers = {}): Promise<number> {
    return new Promise((resolve, reject) => {
      const options = {
        method: 'POST',
        port: httpsPort,
        path: '/v1/traces',
        headers,
        agent: false,
        ca: own.pair.cert,
      };
      const client = pair ? { cert: pair.cert, key: pair.key } : {};
      request({ host: '127.0.0.1', ...options, ...client }, (answer) => {
        answer.resume();
        resolve(answer.statusCode!);
      })
        .on('error', reject)
        .end();
    });
  }

  function call(pair: Pair | undefined, headers: Record<string, string> = {}): Promise<number> {
    const buffer = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
    const channel = credentials.createSsl(Buffer.from(own.pair.cert), buffer(pair?.key), buffer(pair?.cert));
    const client = new Client(`localhost:${grpcPort}`, channel);
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    const same = (bytes: Buffer) => bytes;
    const stream = client.makeUnaryRequest(EXPORT, same, same, Buffer.alloc(0), metadata, () => {});
    return new Promise<number>((resolve) =>
      stream.on('status', ({ code }: StatusObject) => resolve(code)),
    ).finally(() => client.close());
  }

  test('is known by its common name or an alternative one', async () => {
    for (const name of ['common', 'alternative']) {
      assert.equal(await post(certificates[name]), 200, name);
      assert.equal(await call(certificates[name]), 0, name);
    }
  });

  test('is not known without one, by one that has no rights, and by one that nobody verified', async () => {
    for (const name of ['none', 'unknown', 'foreign']) {
      assert.equal(await post(certificates[name]), 401, name);
      assert.equal(await call(certificates[name]), UNAUTHENTICATED, name);
    }
  });

  test('may have credentials beside it, which then count alone', async () => {
    const good = { authorization: `Basic ${btoa('u:p')}` };
    const bad = { authorization: `Basic ${btoa('u:x')}` };
    assert.equal(await post(certificates.unknown, good), 200);
    assert.equal(await call(certificates.unknown, good), 0);
    assert.equal(await post(certificates.common, bad), 401);
    assert.equal(await call(certificates.common, bad), UNAUTHENTICATED);
  });

  test('is told to be cross-site like a password', async () => {
    assert.equal(await post(certificates.common, { origin: 'https://evil.test' }), 403);
  });
});
