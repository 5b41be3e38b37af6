/** Questions in the three languages to a server that runs in this process, and answers in plain shapes. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from '../../src/client/client.ts';
import { HttpTransport } from '../../src/client/http-transport.ts';
import { UnreachableError } from '../../src/client/transport.ts';
import { TriliteError } from '../../src/model/errors.ts';
import { guardedServer } from '../support/guarded-server.ts';

const TRACE = '5b8efff798038103d269b633813fc60c';
const nowMs = Math.floor(Date.now() / 1000) * 1000;
const ns = (afterMs: number) => `${nowMs + afterMs}000000`;

describe('the client', () => {
  let server: Awaited<ReturnType<typeof guardedServer>>;
  let base: string;
  let client: Client;

  const post = async (path: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.text()}`);
  };

  before(async () => {
    server = await guardedServer('');
    base = `http://127.0.0.1:${server.running.http[0]!.port}`;
    client = new Client(new HttpTransport({ url: new URL(`${base}/`) }));
    await post('/loki/api/v1/push', {
      streams: [
        {
          stream: { app: 'a' },
          values: [
            [ns(0), 'x=1 one', { trace_id: TRACE }],
            [ns(2), 'three'],
          ],
        },
        { stream: { app: 'b' }, values: [[ns(1), 'two']] },
      ],
    });
    const attributes = [
      { key: 'http.status_code', value: { intValue: '200' } },
      { key: 'large', value: { intValue: '9007199254740993' } },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { boolValue: true }] } } },
      { key: 'map', value: { kvlistValue: { values: [{ key: 'k', value: { doubleValue: 1.5 } }] } } },
    ];
    const span = (spanId: string, more: object) => ({
      traceId: TRACE,
      spanId,
      name: 'GET /',
      startTimeUnixNano: ns(0),
      endTimeUnixNano: ns(500),
      ...more,
    });
    await post('/v1/traces', {
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
          scopeSpans: [
            {
              scope: { name: 'lib', version: '2' },
              spans: [
                span('eee19b7ec3c1b175', {
                  parentSpanId: 'eee19b7ec3c1b174',
                  name: 'child',
                  startTimeUnixNano: ns(1),
                }),
                span('eee19b7ec3c1b174', {
                  kind: 2,
                  attributes,
                  status: { code: 2, message: 'oh' },
                  events: [
                    { name: 'e', timeUnixNano: ns(1), attributes: [{ key: 'n', value: { intValue: '-1' } }] },
                  ],
                  links: [{ traceId: `${TRACE.slice(0, 31)}d`, spanId: 'eee19b7ec3c1b175' }],
                }),
              ],
            },
          ],
        },
      ],
    });
    await post('/v1/metrics', {
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'temperature',
                  gauge: {
                    dataPoints: [
                      {
                        timeUnixNano: ns(0),
                        asDouble: 1.5,
                        attributes: [{ key: 'room', value: { stringValue: 'hall' } }],
                      },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
    });
  });
  after(async () => {
    client.close();
    await server.running.stop();
  });

  it('reads vectors, matrices, scalars and strings', async () => {
    const vector = await client.promql('temperature', { timeMs: nowMs });
    assert.deepEqual(vector, {
      kind: 'vector',
      samples: [{ labels: { __name__: 'temperature', room: 'hall' }, timeMs: nowMs, value: 1.5 }],
      warnings: [],
      infos: [],
    });
    const range = await client.promqlRange('temperature / 0', {
      startMs: nowMs,
      endMs: nowMs + 1000,
      stepMs: 1000,
    });
    assert.ok(range.kind === 'matrix');
    const points = [nowMs, nowMs + 1000].map((timeMs) => ({ timeMs, value: Number.POSITIVE_INFINITY }));
    assert.deepEqual(range.series, [{ labels: { room: 'hall' }, points, histograms: [] }]);
    const scalar = await client.promql('scalar(vector(1))', {
      timeMs: nowMs,
    });
    assert.deepEqual(scalar, { kind: 'scalar', timeMs: nowMs, value: 1, warnings: [], infos: [] });
    const text = await client.promql('"hello"', { timeMs: nowMs });
    assert.deepEqual(text, { kind: 'string', timeMs: nowMs, text: 'hello', warnings: [], infos: [] });
  });

  it('reads lines over all streams in one order, with what is known of each', async () => {
    const range = { startMs: nowMs - 1000, endMs: nowMs + 1000 };
    const forward = await client.logql('{app=~"a|b"} | logfmt x', { ...range, direction: 'forward' });
    assert.ok(forward.kind === 'entries');
    assert.deepEqual(
      forward.entries.map(({ line }) => line),
      ['x=1 one', 'two', 'three'],
    );
    const { timeNs, structuredMetadata, parsed } = forward.entries[0]!;
    assert.deepEqual(
      [timeNs, structuredMetadata, parsed],
      [BigInt(ns(0)), { trace_id: TRACE, detected_level: 'unknown' }, { x: '1' }],
    );
    const backward = await client.logql('{app=~"a|b"}', range);
    assert.ok(backward.kind === 'entries');
    assert.deepEqual(
      backward.entries.map(({ line }) => line),
      ['three', 'two', 'x=1 one'],
    );
    const count = await client.logql('sum(count_over_time({app=~"a|b"}[1m]))', { timeMs: nowMs + 1000 });
    assert.ok(count.kind === 'vector');
    assert.equal(count.samples[0]!.value, 3);
  });

  it('reads what a search finds, numbers out of spans, and whole traces', async () => {
    const found = await client.traceql('{ span.http.status_code = 200 }');
    assert.ok(found.kind === 'traces');
    const [trace] = found.traces;
    assert.equal(trace!.traceId, TRACE);
    assert.deepEqual(trace!.spanSets[0]!.spans[0]!.attributes, { 'http.status_code': 200 });
    assert.deepEqual(trace!.services, { shop: { spans: 2, errors: 1 } });
    const rate = await client.traceql('{} | count_over_time() by (name)', {
      startMs: nowMs - 60_000,
      endMs: nowMs + 60_000,
      stepMs: 60_000,
    });
    assert.ok(rate.kind === 'matrix');
    const sums = rate.series.map(({ labels, points }) => [
      labels.name,
      points.reduce((sum, p) => sum + p.value, 0),
    ]);
    assert.deepEqual(sums.sort(), [
      ['GET /', 1],
      ['child', 1],
    ]);
    const whole = await client.trace(TRACE);
    const [root, child] = whole!.spans;
    assert.deepEqual([root!.name, child!.name, child!.parentSpanId], ['GET /', 'child', root!.spanId]);
    assert.deepEqual(root!.attributes, {
      'http.status_code': 200,
      large: 9007199254740993n,
      list: ['a', true],
      map: { k: 1.5 },
    });
    assert.deepEqual([root!.kind, root!.status, root!.statusMessage], ['server', 'error', 'oh']);
    assert.deepEqual(root!.events, [{ timeNs: BigInt(ns(1)), name: 'e', attributes: { n: -1 } }]);
    assert.deepEqual(root!.links[0]!.spanId, 'eee19b7ec3c1b175');
    assert.deepEqual(root!.resource, { 'service.name': 'shop' });
    assert.equal(await client.trace('1'.repeat(32)), undefined);
  });

  it('fails in the server’s words', async () => {
    const fails = (asked: Promise<unknown>, kind: string, message: RegExp) =>
      assert.rejects(asked, (error) => {
        assert.ok(error instanceof TriliteError);
        assert.equal(error.kind, kind);
        assert.match(error.message, message);
        return true;
      });
    await fails(client.promql('sum('), 'bad_data', /parse error/);
    await fails(client.logql('{'), 'bad_data', /parse error/);
    await fails(client.traceql('{'), 'bad_data', /parse error/);
    const nobody = new Client(new HttpTransport({ url: new URL('http://127.0.0.1:9/') }));
    await assert.rejects(nobody.promql('1'), UnreachableError);
    nobody.close();
  });
});
