/** Random requests to all of Loki's ways in, as they go over the wire. All of it follows from a seed. */

import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { compress } from 'snappyjs';
import { Random, seedOf } from '../../../src/bench/random.ts';
import { jsonBody, legacyBody, MARK, protobufBody, type Times } from './loki-bodies.ts';
import { otlpBody } from './otlp-body.ts';

export interface PushRequest {
  readonly number: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** What was packed, to be shown. */
  readonly text: string;
  /** Selects what the request brought. */
  readonly selector: string;
}

const JSON_TYPES = [
  'application/json',
  'application/json',
  'Application/JSON; charset=utf-8',
  'application/json;x',
] as const;
const PROTOBUF_TYPES = [
  'application/x-protobuf',
  'application/x-protobuf',
  'text/plain',
  'application/x-protobuf; a=b',
] as const;
const ODD_TYPES = [
  '',
  ';;;',
  'json',
  'a/b/c',
  'application/',
  '/json',
  'text/plain;',
  'application/json,text/plain',
  'application/json; a',
  'application/json; a=b; a=c',
] as const;

type Packed = readonly [encoding: string | undefined, body: Uint8Array];

function packed(random: Random, body: Uint8Array): Packed {
  const kind = random.int(40);
  if (kind < 3) return ['gzip', gzipSync(body)];
  if (kind < 6) return ['deflate', deflateRawSync(body)];
  if (kind < 8) return ['snappy', body];
  if (kind > 8) return [undefined, body];
  return random.pick<Packed>([
    ['br', body],
    ['zstd', body],
    ['GZIP', gzipSync(body)],
    ['gzip', body],
    ['deflate', deflateSync(body)],
    ['deflate', body],
    ['gzip, gzip', body],
    ['identity', body],
    [' gzip ', gzipSync(body)],
  ]);
}

function otlpPacked(random: Random, body: Uint8Array): Packed {
  const kind = random.int(20);
  if (kind < 2) return ['gzip', gzipSync(body)];
  if (kind < 4) return ['zstd', zstdCompressSync(body)];
  if (kind > 4) return [undefined, body];
  return random.pick<Packed>([
    ['br', body],
    ['deflate', body],
    ['snappy', body],
    ['gzip', body],
    ['zstd', body],
    ['lz4', body],
    ['GZIP', gzipSync(body)],
  ]);
}

export class PushGenerator {
  readonly #seed: number;
  readonly #times: Times;

  constructor(seed: number, times: Times) {
    this.#seed = seed;
    this.#times = times;
  }

  request(number: number): PushRequest {
    const random = new Random(seedOf(this.#seed, number));
    const mark = `r${this.#seed}_${number}`;
    const kind = random.int(20);
    if (kind < 4) return this.#otlp(random, number, mark);
    const selector = `{${MARK}="${mark}"}`;
    if (kind < 10) {
      const body = protobufBody(random, mark, this.#times);
      const snappy = random.chance(0.01) ? body : compress(body);
      const type = random.pick(random.chance(0.03) ? ODD_TYPES : PROTOBUF_TYPES);
      const path = random.chance(0.1) ? '/api/prom/push' : '/loki/api/v1/push';
      return wire({ number, path, type, packed: packed(random, snappy), text: shown(body), selector });
    }
    const type = random.pick(random.chance(0.02) ? ODD_TYPES : JSON_TYPES);
    const legacy = kind < 13;
    const text = (legacy ? legacyBody : jsonBody)(random, mark, this.#times);
    const path = legacy ? '/api/prom/push' : '/loki/api/v1/push';
    return wire({ number, path, type, packed: packed(random, Buffer.from(text)), text, selector });
  }

  #otlp(random: Random, number: number, mark: string): PushRequest {
    const text = JSON.stringify(otlpBody(random, mark, this.#times));
    const type = random.chance(0.05)
      ? random.pick([
          'text/plain',
          'application/json; charset=utf-8',
          '',
          'application/protobuf',
          'APPLICATION/JSON',
        ])
      : 'application/json';
    const selector = `{service_instance_id="${mark}"}`;
    const body = otlpPacked(random, Buffer.from(text));
    return wire({ number, path: '/otlp/v1/logs', type, packed: body, text, selector });
  }
}

function wire(of: {
  readonly number: number;
  readonly path: string;
  readonly type: string;
  readonly packed: Packed;
  readonly text: string;
  readonly selector: string;
}): PushRequest {
  const [encoding, body] = of.packed;
  const headers = {
    ...(of.type !== '' && { 'content-type': of.type }),
    ...(encoding !== undefined && { 'content-encoding': encoding }),
  };
  return { number: of.number, path: of.path, headers, body, text: of.text, selector: of.selector };
}

/** Protobuf with its texts to be read. */
function shown(body: Uint8Array): string {
  return JSON.stringify(Buffer.from(body).toString('utf8'));
}
