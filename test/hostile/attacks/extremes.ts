/** Well-formed requests without measure: a million series, labels of megabytes, times at both ends, names that are none. */

import { compress } from 'snappyjs';
import { ByteWriter } from '../../../src/base/bytes.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../../support/remote-write.ts';
import { type Attack, repeat, type Strike } from '../attack.ts';
import { request } from '../send.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

function label(out: ByteWriter, name: string, value: string): void {
  const inner = new ByteWriter(64);
  inner.varint(10);
  inner.text(name);
  inner.varint(18);
  inner.text(value);
  out.varint(10);
  out.block(inner.view());
}

/** `count` series of one sample each, of labels that nobody had before. */
function newSeries(count: number, prefix: string): Uint8Array {
  const out = new ByteWriter(count * 64);
  for (let i = 0; i < count; i++) {
    const series = new ByteWriter(96);
    label(series, '__name__', 'hostile_series');
    label(series, 'n', `${prefix}${i}`);
    const sample = new ByteWriter(24);
    sample.varint(9);
    sample.f64(i);
    sample.varint(16);
    sample.varint(Date.now());
    series.varint(18);
    series.block(sample.view());
    out.varint(10);
    out.block(series.view());
  }
  return compress(out.take());
}

const names = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, 'v']));

const WRITES: readonly ((s: Strike) => Uint8Array)[] = [
  ({ random }) => newSeries(random.pick([5000, 50_000]), `${random.int(0, 1e9)}-`),
  () => remoteWriteBody([{ labels: { __name__: 'hostile', ...names(100_000) }, samples: [[Date.now(), 1]] }]),
  ({ random }) =>
    remoteWriteBody([
      { labels: { __name__: 'x'.repeat(random.pick([65_536, 4_000_000])) }, samples: [[Date.now(), 1]] },
    ]),
  ({ random }) =>
    remoteWriteBody([
      {
        labels: { __name__: 'hostile', a: 'v'.repeat(random.pick([65_536, 8_000_000])) },
        samples: [[Date.now(), 1]],
      },
    ]),
  () =>
    remoteWriteBody([
      {
        labels: { __name__: 'hostile', 'a\u0000b': '\u0000', '': 'x', 'ü-é': '\ufffd' },
        samples: [[Date.now(), 1]],
      },
    ]),
  ({ random }) =>
    remoteWriteBody([
      {
        labels: { __name__: 'hostile' },
        samples: [[random.pick([0, 1, 2 ** 53, 8.64e15, 9.2e18]), Number.NaN]],
      },
    ]),
  () =>
    remoteWriteBody([
      {
        labels: { __name__: 'hostile_many' },
        samples: Array.from({ length: 200_000 }, (_, i) => [Date.now() - i, i] as [number, number]),
      },
    ]),
  () =>
    remoteWriteBody(
      Array.from({ length: 1000 }, () => ({
        labels: { __name__: 'hostile_twice' },
        samples: [[Date.now(), 1]] as [number, number][],
      })),
    ),
];

const now = (i = 0) => String(BigInt(Date.now()) * 1_000_000n + BigInt(i));

const PUSHES: readonly ((s: Strike) => unknown)[] = [
  ({ random }) => ({
    streams: Array.from({ length: 20_000 }, () => ({
      stream: { app: 'hostile', n: String(random.int(0, 1e9)) },
      values: [[now(), 'x']],
    })),
  }),
  () => ({ streams: [{ stream: names(50_000), values: [[now(), 'x']] }] }),
  () => ({ streams: [{ stream: { app: 'hostile' }, values: [[now(), 'x'.repeat(20_000_000)]] }] }),
  () => ({
    streams: [
      { stream: { app: 'hostile' }, values: Array.from({ length: 100_000 }, (_, i) => [now(i), '']) },
    ],
  }),
  () => ({ streams: [{ stream: { app: 'hostile' }, values: [[now(), 'x', names(20_000)]] }] }),
  ({ random }) => ({
    streams: [
      {
        stream: { app: 'hostile' },
        values: [[random.pick(['-1', '0', '9223372036854775807', '9223372036854775808', 'NaN', '']), 'x']],
      },
    ],
  }),
  () => ({ streams: [{ stream: { app: 'v'.repeat(5_000_000) }, values: [[now(), 'x']] }] }),
  () => ({
    streams: [
      { stream: { 'a\u0000': 'b', __proto__x: 'c', 'a"b{}': '\ud800' }, values: [[now(), '\ud800\u0000']] },
    ],
  }),
];

function spans({ random }: Strike): string {
  const attributes = (n: number, size: number) =>
    Array.from({ length: n }, (_, i) => ({ key: `k${i}`, value: { stringValue: 'v'.repeat(size) } }));
  const span = (i: number) => ({
    traceId: random.pick(['00000000000000000000000000000001', random.bytes(16).toString('hex')]),
    spanId: (i + 1).toString(16).padStart(16, '0'),
    parentSpanId: i.toString(16).padStart(16, '0'),
    name: 'n'.repeat(random.pick([1, 10_000])),
    startTimeUnixNano: random.pick([now(), '0', '18446744073709551615']),
    endTimeUnixNano: random.pick([now(), '0', '18446744073709551615']),
    attributes: attributes(random.pick([0, 50]), 20),
    kind: random.pick([0, 5, 99, -1]),
  });
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributes(random.pick([1, 2000]), random.pick([1, 2000])) },
        scopeSpans: [{ spans: Array.from({ length: random.pick([1, 5000]) }, (_, i) => span(i)) }],
      },
    ],
  });
}

export const extremes: Attack = {
  name: 'extremes',
  strike: (strike) =>
    repeat(strike, 2, async () => {
      const { random } = strike;
      await request(strike, {
        path: '/api/v1/write',
        headers: REMOTE_WRITE_HEADERS,
        body: random.pick(WRITES)(strike),
      });
      await request(strike, {
        path: '/loki/api/v1/push',
        headers: JSON_TYPE,
        body: JSON.stringify(random.pick(PUSHES)(strike)),
      });
      await request(strike, { path: '/v1/traces', headers: JSON_TYPE, body: spans(strike) });
    }),
};

/** Remote read: of everything, of a thousand queries at once. */
function readRequest({ random }: Strike): Uint8Array {
  const out = new ByteWriter(1024);
  const matcher = new ByteWriter(64);
  matcher.varint(8);
  matcher.varint(2);
  matcher.varint(18);
  matcher.text('__name__');
  matcher.varint(26);
  matcher.text(random.pick(['.+', '.*', '(a{1000}){1000}', '(x+x+)+y', '[']));
  const query = new ByteWriter(128);
  query.varint(16);
  query.varint(Date.now());
  query.varint(26);
  query.block(matcher.view());
  for (let i = 0; i < random.pick([1, 1000]); i++) {
    out.varint(10);
    out.block(query.view());
  }
  if (random.next() < 0.5) for (const type of [16, 1]) out.varint(type);
  return compress(out.take());
}

export const remoteReads: Attack = {
  name: 'remote-read',
  strike: (strike) =>
    repeat(strike, 3, async () => {
      const headers = {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-read-version': '0.1.0',
      };
      await request(strike, { path: '/api/v1/read', headers, body: readRequest(strike) });
    }),
};
