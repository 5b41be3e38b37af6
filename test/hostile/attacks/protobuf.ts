/** Protobuf, Thrift and mutants: nested far, groups, varints without an end, lengths beyond the end, flipped bits. */

import dgram from 'node:dgram';
import { compress } from 'snappyjs';
import { type Attack, pause, repeat, type Strike } from '../attack.ts';
import { request } from '../send.ts';

function varint(value: number): number[] {
  const out: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) out.push((value % 128) | 0x80);
  out.push(value);
  return out;
}

function field(number: number, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(payload.length)]), payload]);
}

/** Messages within each other by the numbers of their fields, `depth` times; built from the inside in one buffer. */
export function nestedFields(numbers: readonly number[], depth: number, core: Uint8Array): Buffer {
  const heads: number[][] = [];
  let length = core.length;
  for (let i = 0; i < depth; i++) {
    for (const number of numbers) {
      const head = [...varint(number * 8 + 2), ...varint(length)];
      heads.push(head);
      length += head.length;
    }
  }
  return Buffer.concat([Buffer.from(heads.reverse().flat()), core]);
}

const TEXT = field(1, Buffer.from('x'));

/** An AnyValue of arrays, or of lists of pairs, within each other. */
function deepValue({ random }: Strike): Buffer {
  const depth = random.pick([60, 101, 1000, 10_000]);
  return nestedFields(
    random.pick([
      [1, 5],
      [2, 1, 6],
    ]),
    depth,
    TEXT,
  );
}

function fixed64(number: number): Buffer {
  const out = Buffer.alloc(9);
  out[0] = number * 8 + 1;
  out.writeBigUInt64LE(BigInt(Date.now()) * 1_000_000n, 1);
  return out;
}

const attribute = (value: Uint8Array) => Buffer.concat([field(1, Buffer.from('k')), field(2, value)]);

function logs(value: Uint8Array): Buffer {
  return nestedFields([2, 2, 1], 1, Buffer.concat([fixed64(1), field(5, value)]));
}

function resource(value: Uint8Array): Buffer {
  return field(1, field(1, field(1, attribute(value))));
}

function shapeless({ random }: Strike): Buffer {
  return random.pick([
    () => Buffer.alloc(200_000, 0x0b),
    () => Buffer.alloc(200_000, 0x0a),
    () => Buffer.alloc(100, 0xff),
    () => Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    () => Buffer.from([0x0a, ...new Array(20).fill(0x80), 1]),
    () => Buffer.concat(Array.from({ length: 50_000 }, () => Buffer.from([0x0a, 0]))),
    () => nestedFields([1], 20_000, Buffer.alloc(0)),
    () => nestedFields([2, 2, 2, 5], 300, Buffer.from('deep')),
    () => random.bytes(random.int(1, 4000)),
    () => Buffer.alloc(300_000, 0x7b),
    () => Buffer.from([0, 0, 0]),
  ])();
}

const PROTOBUF = { 'content-type': 'application/x-protobuf' };

export const protobufBombs: Attack = {
  name: 'protobuf-bombs',
  strike: (strike) =>
    repeat(strike, 6, async () => {
      const { random } = strike;
      const body = random.pick([
        shapeless,
        shapeless,
        (s: Strike) => logs(deepValue(s)),
        (s: Strike) => resource(deepValue(s)),
      ])(strike);
      const path = random.pick([
        '/v1/logs',
        '/v1/traces',
        '/v1/metrics',
        '/otlp/v1/logs',
        '/api/v1/otlp/v1/metrics',
        '/api/v2/spans',
        '/api/v1/write',
        '/loki/api/v1/push',
        '/api/v1/read',
      ]);
      const packed = path === '/api/v1/write' || path === '/loki/api/v1/push' || path === '/api/v1/read';
      const type =
        random.next() < 0.3 && path === '/api/v1/write'
          ? { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request' }
          : PROTOBUF;
      await request(strike, {
        path,
        headers: packed ? { ...type, 'content-encoding': 'snappy' } : type,
        body: packed ? Buffer.from(compress(body)) : body,
      });
    }),
};

/** A thrift body that begins as a batch does: structs within structs, lists that say they are endless, strings beyond the end. */
function thrift({ random }: Strike, compact: boolean): Buffer {
  const sizes = random.pick([0x7fffffff, 0xffffffff, 1_000_000]);
  const big = Buffer.alloc(4);
  big.writeUInt32BE(sizes);
  if (compact) {
    return random.pick([
      () =>
        Buffer.concat([
          Buffer.from([0x82, 0x81, 1]),
          Buffer.from([9, ...Buffer.from('emitBatch')]),
          Buffer.alloc(40_000, 0x1c),
        ]),
      () =>
        Buffer.concat([
          Buffer.from([
            0x82,
            0x81,
            1,
            9,
            ...Buffer.from('emitBatch'),
            0x1c,
            0x19,
            0xfc,
            0xff,
            0xff,
            0xff,
            0xff,
            0x0f,
          ]),
        ]),
      () => Buffer.from([0x82, 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      () => random.bytes(random.int(1, 1400)),
    ])();
  }
  return random.pick([
    () => Buffer.concat(Array.from({ length: 15_000 }, () => Buffer.from([12, 0, 1]))),
    () => Buffer.concat([Buffer.from([15, 0, 2, 12]), big]),
    () =>
      Buffer.concat([
        Buffer.from([15, 0, 2, 15]),
        big,
        Buffer.concat(
          Array.from({ length: 5000 }, () => Buffer.concat([Buffer.from([15]), Buffer.from([0, 0, 0, 1])])),
        ),
      ]),
    () => Buffer.concat([Buffer.from([11, 0, 1]), big]),
    () => Buffer.concat([Buffer.from([13, 0, 9, 2, 2]), big]),
    () => Buffer.concat([Buffer.from([15, 0, 2, 2]), Buffer.from([0, 0x0f, 0xff, 0xff])]),
    () => random.bytes(random.int(1, 4000)),
  ])();
}

export const thriftBombs: Attack = {
  name: 'thrift-bombs',
  strike: (strike) =>
    repeat(strike, 4, async () => {
      const port = strike.random.pick([strike.target.http, strike.target.jaegerThrift]);
      const headers = {
        'content-type': strike.random.pick(['application/x-thrift', 'application/vnd.apache.thrift.binary']),
      };
      await request(strike, { path: '/api/traces', headers, body: thrift(strike, false), port });
    }),
};

export const datagramFloods: Attack = {
  name: 'datagram-floods',
  strike: async (strike) => {
    const socket = dgram.createSocket('udp4');
    socket.on('error', () => {});
    while (!strike.signal.aborted) {
      for (let i = 0; i < 50; i++) {
        const body = thrift(strike, strike.random.next() < 0.7).subarray(0, 60_000);
        socket.send(body, strike.target.jaegerUdp, '127.0.0.1', () => {});
        strike.tell('datagram');
      }
      await pause(strike, 5);
    }
    socket.close();
  },
};
