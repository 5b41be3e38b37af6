/** gRPC calls whose messages or metadata lie: lengths, compression, deadlines, binary headers. */

import http2 from 'node:http2';
import net from 'node:net';
import zlib from 'node:zlib';
import { type Attack, repeat, type Strike } from '../attack.ts';

const PATHS = [
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  '/jaeger.api_v2.CollectorService/PostSpans',
  '/tempopb.StreamingQuerier/Search',
  '/tempopb.StreamingQuerier/MetricsQueryRange',
];
const CALL_MAX_MS = 3000;

function message(flag: number, payload: Uint8Array, declared = payload.length): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(declared, 1);
  return Buffer.concat([head, payload]);
}

function openSession(strike: Strike): http2.ClientHttp2Session {
  const port = strike.random.pick([strike.target.grpc, strike.target.http]);
  const session = http2.connect(`http://127.0.0.1:${port}`, {
    createConnection: () => net.connect({ host: '127.0.0.1', port, localAddress: strike.from }),
  });
  session.on('error', () => {});
  return session;
}

function call(
  strike: Strike,
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body: Buffer,
): Promise<void> {
  return new Promise((resolve) => {
    let told = 'no answer';
    let stream: http2.ClientHttp2Stream;
    try {
      stream = session.request({
        ':method': 'POST',
        ':path': strike.random.pick(PATHS),
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      });
    } catch {
      strike.tell('not sent');
      return resolve();
    }
    const hear = (got: http2.IncomingHttpHeaders) => {
      if (got['grpc-status'] !== undefined) told = `grpc ${got['grpc-status']}`;
      else if (Number(got[':status'] ?? 200) !== 200) told = `http ${got[':status']}`;
    };
    const timer = setTimeout(() => stream.close(8), CALL_MAX_MS);
    stream.on('response', hear);
    stream.on('trailers', hear);
    stream.on('error', () => {});
    stream.on('close', () => {
      clearTimeout(timer);
      strike.tell(told);
      resolve();
    });
    stream.resume();
    stream.end(body);
  });
}

const bomb = zlib.gzipSync(Buffer.alloc(60 * 1024 * 1024));
const farther = zlib.gzipSync(Buffer.alloc(200 * 1024 * 1024));

type Made = readonly [headers: http2.OutgoingHttpHeaders, body: Buffer];
const MAKERS: readonly ((strike: Strike) => Made)[] = [
  ({ random }) => [{}, message(0, random.bytes(10), random.pick([11, 1e6, 2 ** 26, 2 ** 32 - 1]))],
  ({ random }) => [{}, message(random.int(2, 255), random.bytes(100))],
  ({ random }) => [{ 'grpc-encoding': 'gzip' }, message(1, random.bytes(100))],
  () => [{ 'grpc-encoding': 'gzip' }, message(1, bomb)],
  () => [{ 'grpc-encoding': 'gzip' }, message(1, farther)],
  ({ random }) => [
    { 'grpc-encoding': random.pick(['br', 'zstd', 'identity', '', 'gzip,gzip']) },
    message(1, random.bytes(100)),
  ],
  ({ random }) => [
    { 'grpc-timeout': random.pick(['x', '', '99999999H', '1n', '-5S', '0m', '123456789S', '1']) },
    message(0, Buffer.alloc(0)),
  ],
  ({ random }) => [
    { [random.pick(['x-bin', 'grpc-trace-bin'])]: random.pick(['!!!', 'é', 'a'.repeat(30_000)]) },
    message(0, random.bytes(3)),
  ],
  ({ random }) => [
    { 'x-scope-orgid': random.pick(['a'.repeat(20_000), '../..', 'a|b']) },
    message(0, Buffer.alloc(0)),
  ],
  ({ random }) => [
    { 'content-type': random.pick(['text/plain', 'application/grpc+json', 'application/grpc-web', '']) },
    message(0, Buffer.alloc(0)),
  ],
  ({ random }) => [
    {
      ':path': random.pick([
        '/',
        '//',
        '/a/b/c',
        `/${'a'.repeat(20_000)}`,
        '/opentelemetry.proto.collector.logs.v1.LogsService/',
      ]),
    },
    message(0, Buffer.alloc(0)),
  ],
  ({ random }) => [{ ':method': random.pick(['GET', 'PUT', 'CONNECT']) }, Buffer.alloc(0)],
  () => [{}, Buffer.concat(Array.from({ length: 1000 }, () => message(0, Buffer.alloc(0))))],
  ({ random }) => [{}, message(0, random.bytes(random.int(1, 2000)))],
  () => [{}, message(0, Buffer.alloc(30 * 1024 * 1024))],
];

export const grpcMessages: Attack = {
  name: 'grpc-messages',
  strike: (strike) =>
    repeat(strike, 2, async () => {
      const session = openSession(strike);
      const end = () => session.destroy();
      strike.signal.addEventListener('abort', end, { once: true });
      const calls = Array.from({ length: strike.random.int(1, 24) }, () => {
        const [headers, body] = strike.random.pick(MAKERS)(strike);
        return call(strike, session, headers, body);
      });
      await Promise.all(calls);
      strike.signal.removeEventListener('abort', end);
      session.destroy();
    }),
};

/** Large messages of many calls at once on one connection, of which none ends. */
export const grpcAssembly: Attack = {
  name: 'grpc-assembly',
  strike: (strike) =>
    repeat(strike, 1, async () => {
      const session = openSession(strike);
      const end = () => session.destroy();
      strike.signal.addEventListener('abort', end, { once: true });
      const part = message(0, Buffer.alloc(16 * 1024 * 1024), 60 * 1024 * 1024);
      await Promise.all(Array.from({ length: 60 }, () => call(strike, session, {}, part)));
      strike.signal.removeEventListener('abort', end);
      session.destroy();
    }),
};
