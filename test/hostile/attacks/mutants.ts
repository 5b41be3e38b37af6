/** Good requests with some bytes changed, cut or doubled: what a fuzzer sends, over the wire. */

import { LOKI_PUSH_HEADERS, lokiPushBody } from '../../support/loki-push.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../../support/remote-write.ts';
import { type Attack, pause, repeat, type Strike } from '../attack.ts';
import type { Random } from '../random.ts';
import { connect, request } from '../send.ts';

export function mutated(body: Uint8Array, random: Random): Buffer {
  let out = Buffer.from(body);
  for (let i = random.int(1, 6); i > 0; i--) {
    const at = random.int(0, Math.max(0, out.length - 1));
    switch (random.int(0, 3)) {
      case 0:
        out[at] = random.int(0, 255);
        break;
      case 1:
        out = out.subarray(0, at);
        break;
      case 2:
        out = Buffer.concat([out.subarray(0, at), random.bytes(random.int(1, 9)), out.subarray(at)]);
        break;
      default:
        out = Buffer.concat([out.subarray(0, at), out]);
    }
  }
  return Buffer.from(out);
}

const JSON_TYPE = { 'content-type': 'application/json' };
const now = () => `${Date.now()}000000`;

const GOOD: readonly (() => readonly [
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
])[] = [
  () => [
    '/api/v1/write',
    REMOTE_WRITE_HEADERS,
    remoteWriteBody([{ labels: { __name__: 'hostile_mutant', a: 'b' }, samples: [[Date.now(), 1]] }]),
  ],
  () => [
    '/loki/api/v1/push',
    LOKI_PUSH_HEADERS,
    lokiPushBody('{app="hostile"}', [{ ns: BigInt(now()), line: 'mutant', metadata: { a: 'b' } }]),
  ],
  () => [
    '/loki/api/v1/push',
    JSON_TYPE,
    Buffer.from(`{"streams":[{"stream":{"app":"hostile"},"values":[["${now()}","mutant",{"a":"b"}]]}]}`),
  ],
  () => [
    '/v1/logs',
    JSON_TYPE,
    Buffer.from(
      `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"${now()}","body":{"stringValue":"x"}}]}]}]}`,
    ),
  ],
  () => [
    '/v1/traces',
    JSON_TYPE,
    Buffer.from(
      `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"x","startTimeUnixNano":"${now()}"}]}]}]}`,
    ),
  ],
  () => [
    '/v1/metrics',
    JSON_TYPE,
    Buffer.from(
      `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"hostile_otlp","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"${now()}","count":"3","sum":1,"bucketCounts":["1","2"],"explicitBounds":[1]}]}}]}]}]}`,
    ),
  ],
  () => [
    '/api/v2/spans',
    JSON_TYPE,
    Buffer.from(`[{"traceId":"1","id":"2","name":"x","timestamp":${Date.now()}000,"tags":{"a":"b"}}]`),
  ],
  () => [
    '/api/v2/alerts',
    JSON_TYPE,
    Buffer.from('[{"labels":{"alertname":"hostile"},"annotations":{"a":"b"}}]'),
  ],
];

export const mutants: Attack = {
  name: 'mutants',
  strike: (strike) =>
    repeat(strike, 8, async () => {
      const [path, headers, body] = strike.random.pick(GOOD)();
      await request(strike, { path, headers, body: mutated(body, strike.random) });
    }),
};

/** A request as bytes, changed anywhere, its first line and headers too. */
export const rawMutants: Attack = {
  name: 'raw-mutants',
  strike: (strike: Strike) =>
    repeat(strike, 8, async () => {
      const socket = await connect(strike);
      const body = 'query=up';
      const text = `POST /api/v1/query?time=1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nAccept-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      if (!socket.destroyed) socket.write(mutated(Buffer.from(text), strike.random));
      await pause(strike, 100);
      strike.tell(socket.destroyed ? 'closed' : 'left');
      socket.destroy();
    }),
};
