/** Messages that are gathered and decompressed are counted; calls reset before their turn do no harm. */

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import zlib from 'node:zlib';
import { Listeners } from '../../../src/api/listeners.ts';
import { SILENT } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { MemoryLimiter } from '../../../src/ingest/memory.ts';
import { createGrpcServer } from '../../../src/ingest/receive/grpc.ts';
import { ReceiverTelemetry } from '../../../src/ingest/receive/receiver-telemetry.ts';
import { directIntake } from '../../../src/ingest/span-intake.ts';
import { DEFAULT_LOG_LIMITS } from '../../../src/model/limits.ts';
import { DEFAULT_OTLP_SETTINGS, otlpOptionsByPath } from '../../../src/model/otlp-options.ts';
import { callHeaders, FRAME, frame } from '../../hostile/attacks/http2.ts';
import { OPEN_GATE } from '../../support/open-gate.ts';
import { eventually } from '../../support/poll.ts';
import { FakeStorage } from './fake-storage.ts';

const MIB = 1024 ** 2;
const LOGS = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
const storage = new FakeStorage();
const telemetry = new Telemetry();
const memory = new MemoryLimiter(40 * MIB);
const server = createGrpcServer(
  {
    storage,
    spans: directIntake(storage.traces),
    memory,
    otlp: otlpOptionsByPath(DEFAULT_OTLP_SETTINGS),
    maxAgeMs: { metrics: 0, logs: 0, traces: 0 },
    logLimits: () => DEFAULT_LOG_LIMITS,
    telemetry,
    counts: new ReceiverTelemetry(telemetry),
    log: SILENT,
  },
  OPEN_GATE,
);
const listeners = new Listeners({
  handler: (_request, response) => response.end(),
  grpc: async () => server,
  log: SILENT,
});
let session: http2.ClientHttp2Session;
let port: number;

before(async () => {
  ({ port } = await listeners.grpc({ host: '127.0.0.1', port: 0 }));
  session = http2.connect(`http://127.0.0.1:${port}`);
});
after(() => {
  session.destroy();
  server.close();
  listeners.stopAccepting();
  listeners.destroy();
});

function message(payload: Uint8Array, { compressed = false, declared = payload.length } = {}): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed ? 1 : 0;
  head.writeUInt32BE(declared, 1);
  return Buffer.concat([head, payload]);
}

function open(headers: http2.OutgoingHttpHeaders = {}, path = LOGS): http2.ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => {});
  stream.resume();
  return stream;
}

/** Resolves with `grpc-status`. */
function statusOf(stream: http2.ClientHttp2Stream): Promise<number> {
  return new Promise((resolve) => {
    const hear = (headers: http2.IncomingHttpHeaders) => {
      if (headers['grpc-status'] !== undefined) resolve(Number(headers['grpc-status']));
    };
    stream.on('response', hear);
    stream.on('trailers', hear);
    stream.on('close', () => resolve(-1));
  });
}

describe('a gRPC message', () => {
  it('is counted while it is gathered, and given back when its call ends', async () => {
    const stream = open();
    stream.write(message(Buffer.alloc(MIB), { declared: 8 * MIB }));
    await eventually(async () => assert.ok(memory.inFlightBytes >= 4 * MIB));
    stream.close();
    await eventually(async () => assert.equal(memory.inFlightBytes, 0));
    const second = open();
    const refused = statusOf(second);
    second.write(message(Buffer.alloc(12 * MIB), { declared: 13 * MIB }));
    assert.equal(await refused, 3, 'more than there is at all');
  });

  it('is refused in the way that asks to come again where others have the memory', async () => {
    const holding = Array.from({ length: 2 }, () => {
      const stream = open();
      stream.write(message(Buffer.alloc(4 * MIB), { declared: 6 * MIB }));
      return stream;
    });
    await eventually(async () => assert.ok(memory.inFlightBytes >= 32 * MIB));
    const stream = open();
    const status = statusOf(stream);
    stream.write(message(Buffer.alloc(4 * MIB), { declared: 6 * MIB }));
    assert.equal(await status, 8);
    for (const held of holding) held.close();
    await eventually(async () => assert.equal(memory.inFlightBytes, 0));
  });

  it('is counted as it is decompressed', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(60 * MIB));
    for (const encoding of ['gzip', 'deflate']) {
      const stream = open({ 'grpc-encoding': encoding });
      const status = statusOf(stream);
      stream.end(
        message(encoding === 'gzip' ? bomb : zlib.deflateSync(Buffer.alloc(60 * MIB)), { compressed: true }),
      );
      assert.equal(await status, 3);
    }
    await eventually(async () => assert.equal(memory.inFlightBytes, 0));
  });

  it('is taken compressed and plain', async () => {
    for (const [headers, body] of [
      [{}, message(Buffer.alloc(0))],
      [{ 'grpc-encoding': 'gzip' }, message(zlib.gzipSync(Buffer.alloc(0)), { compressed: true })],
      [{ 'grpc-encoding': 'gzip' }, message(Buffer.alloc(0))],
    ] as const) {
      const stream = open(headers);
      const status = statusOf(stream);
      stream.end(body);
      assert.equal(await status, 0);
    }
  });

  it('that cannot be decompressed is its sender’s fault', async () => {
    const stream = open({ 'grpc-encoding': 'gzip' });
    const status = statusOf(stream);
    stream.end(message(Buffer.from('no gzip'), { compressed: true }));
    assert.equal(await status, 3);
  });
});

describe('a call', () => {
  it('that is reset before its turn leaves the server as it was', async () => {
    // Header and reset of many streams in one packet, as no client's library sends them.
    const socket = connect(port, '127.0.0.1');
    socket.resume();
    socket.on('error', () => {});
    const pieces = [Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(FRAME.settings, 0, 0)];
    for (let i = 0; i < 200; i++) {
      const path = i % 2 ? '/no.Such/Method' : LOGS;
      pieces.push(
        frame(FRAME.headers, 4, 2 * i + 1, callHeaders(path)),
        frame(FRAME.reset, 0, 2 * i + 1, Buffer.alloc(4)),
      );
    }
    await new Promise<void>((resolve) => socket.write(Buffer.concat(pieces), () => resolve()));
    const stream = open();
    const status = statusOf(stream);
    stream.end(message(Buffer.alloc(0)));
    assert.equal(await status, 0);
    socket.destroy();
  });

  it('with a deadline that is none is refused', async () => {
    for (const timeout of ['x', '', '5']) {
      const status = statusOf(open({ 'grpc-timeout': timeout }));
      assert.equal(await status, 13);
    }
  });
});
