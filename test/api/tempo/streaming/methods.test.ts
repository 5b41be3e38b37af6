/** `tempopb.StreamingQuerier` of a real server: on its two ports, with its errors, cancelled, and from another client. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { getJson, postBody } from '../../../support/http-api.ts';
import { eventually } from '../../../support/poll.ts';
import { runProgram, skipUnless } from '../../../support/program.ts';
import {
  decodeResponse,
  encodeRequest,
  type Message,
  SERVICE,
  StreamingClient,
} from '../../../support/streaming-client.ts';
import { type TemporaryServer, temporaryServer } from '../../../support/temporary-server.ts';

const START_S = 1_767_268_800;
const START_NS = `${START_S}000000000`;
const END_NS = `${START_S + 3600}000000000`;
const RANGE = { start: START_S, end: START_S + 3600 };
const TRACES = 3000;

const VENV =
  process.env.TRILITE_TEST_PYTHON_VENV ?? path.join(import.meta.dirname, '../../../clients/python/.venv');

/** Traces of one span each, with a text that is long enough to make large answers. */
function spans(from: number, to: number): string {
  const list = Array.from({ length: to - from }, (_, i) => {
    const n = from + i;
    const startNs = BigInt(START_NS) + BigInt(n) * 1_000_000_000n;
    return {
      traceId: n.toString(16).padStart(32, '0'),
      spanId: n.toString(16).padStart(16, '0'),
      name: `GET /${n % 3}`,
      kind: 2,
      startTimeUnixNano: String(startNs),
      endTimeUnixNano: String(startNs + 2_000_000n),
      attributes: [
        { key: 'n', value: { intValue: String(n) } },
        { key: 'note', value: { stringValue: `${n} `.padEnd(1000, 'x') } },
      ],
    };
  });
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: list }] }] });
}

const listOf = (messages: readonly Message[], field: string) =>
  messages.flatMap((message) => (message[field] ?? []) as Message[]);

describe('StreamingQuerier', { timeout: 100_000 }, () => {
  let own: TemporaryServer;
  let client: StreamingClient;
  before(async () => {
    own = await temporaryServer(undefined, ['--retention', '0']);
    client = new StreamingClient(own.server.grpc);
    await postBody(
      `${own.server.base}/v1/traces`,
      { 'content-type': 'application/json' },
      spans(1, TRACES + 1),
    );
  });
  after(async () => {
    client?.close();
    await own?.dispose();
  });

  it('answers on the gRPC port and on the HTTP port what the HTTP endpoint answers', async () => {
    const { base, grpc } = own.server;
    const q = '{ span.n > 2990 }';
    const found = await getJson<{ traces: Message[] }>(base, '/api/search', { ...RANGE, q, limit: 20 });
    for (const address of [grpc, new URL(base).host]) {
      const each = new StreamingClient(address);
      const { code, messages } = await each.call('Search', { ...RANGE, Query: q, Limit: 20 });
      each.close();
      assert.equal(code, 0);
      assert.deepEqual(listOf(messages, 'traces'), found.traces);
      const { completedJobs, totalJobs } = messages.at(-1)!.metrics as Message;
      assert.ok((totalJobs as number) > 0);
      assert.equal(completedJobs, totalJobs);
    }
  });

  it('has no spans where tags are asked for, as of old', async () => {
    const { messages } = await client.call('Search', { ...RANGE, Tags: { name: 'GET /1' }, Limit: 1 });
    const [trace] = listOf(messages, 'traces');
    assert.deepEqual(Object.keys(trace!).sort(), [
      'durationMs',
      'rootServiceName',
      'rootTraceName',
      'startTimeUnixNano',
      'traceID',
    ]);
  });

  it('answers tags and values', async () => {
    const names = await client.call('SearchTags', { ...RANGE, scope: 'span' });
    assert.deepEqual(listOf(names.messages, 'tagNames'), ['n', 'note']);
    const scopes = await client.call('SearchTagsV2', { scope: 'resource' });
    assert.deepEqual(listOf(scopes.messages, 'scopes'), [{ name: 'resource', tags: ['service.name'] }]);
    const texts = await client.call('SearchTagValues', { tagName: 'name' });
    assert.deepEqual(listOf(texts.messages, 'tagValues'), ['GET /0', 'GET /1', 'GET /2']);
    const values = await client.call('SearchTagValuesV2', { tagName: 'name', query: '{ span.n = 7 }' });
    assert.deepEqual(listOf(values.messages, 'tagValues'), [{ type: 'string', value: 'GET /1' }]);
    assert.ok(names.messages[0]!.metrics);
  });

  it('answers metrics over a range and at once', async () => {
    const times = { start: START_NS, end: END_NS };
    const query = '{ } | count_over_time() by (name)';
    const range = await client.call('MetricsQueryRange', { ...times, query, step: '3600000000000' });
    const series = listOf(range.messages, 'series');
    assert.equal(series.length, 3);
    const points = series.flatMap((one) => one.samples as { value?: number; timestampMs: string }[]);
    assert.equal(
      points.reduce((sum, p) => sum + (p.value ?? 0), 0),
      TRACES,
    );
    const instant = await client.call('MetricsQueryInstant', { ...times, query: '{ } | count_over_time()' });
    assert.deepEqual(listOf(instant.messages, 'series'), [
      { labels: [{ key: '__name__', value: { stringValue: 'count_over_time' } }], value: TRACES },
    ]);
    const few = await client.call('MetricsQueryRange', {
      ...times,
      query,
      step: '3600000000000',
      maxSeries: 2,
    });
    assert.equal(listOf(few.messages, 'series').length, 2);
    assert.equal(few.messages.at(-1)!.status, 1);
    assert.match(String(few.messages.at(-1)!.message), /2 of 3 series/);
  });

  it('ends calls that cannot be answered with a code and a reason', async () => {
    const times = { start: START_NS, end: END_NS };
    const refused: readonly [method: string, request: Message, code: number, details: RegExp][] = [
      ['Search', { Query: '{ bad' }, 3, /^invalid TraceQL query: parse error at line 1, col 3/],
      ['Search', { start: 5, end: 4 }, 3, /start must be before end/],
      ['SearchTags', { scope: 'nope' }, 3, /invalid scope: nope/],
      ['SearchTagValuesV2', { tagName: 'foo' }, 3, /valid tagName/],
      ['MetricsQueryRange', { query: '{ } | rate()', start: 9, end: 5 }, 3, /end must be greater than start/],
      ['MetricsQueryRange', { ...times, query: '{ } | rate()', step: 1 }, 3, /step of 1ns is too small/],
      ['MetricsQueryRange', { ...times, query: '{ } |' }, 2, /^compiling query: /],
      ['MetricsQueryInstant', { ...times, query: '{ }' }, 2, /^not a metrics query$/],
      ['MetricsQueryInstant', { query: '{ } | rate()' }, 3, /end must be greater than start/],
    ];
    for (const [method, request, code, details] of refused) {
      const answer = await client.call(method, request);
      assert.equal(answer.code, code, `${method} ${JSON.stringify(request)}: ${answer.details}`);
      assert.match(answer.details, details);
      assert.deepEqual(answer.messages, []);
    }
  });

  it('cuts a large answer into messages of at most 1 MiB', async () => {
    const Query = '{ } | select(span.note)';
    const { code, messages } = await client.call('Search', { ...RANGE, Query, Limit: TRACES });
    assert.equal(code, 0);
    const ids = listOf(messages, 'traces').map((trace) => trace.traceID);
    assert.equal(new Set(ids).size, TRACES);
    // 3 MB of notes, each of them twice.
    assert.ok(messages.length >= 6, `${messages.length} messages`);
    for (const message of messages) assert.ok(message.metrics);
    const values = await client.call('SearchTagValuesV2', { tagName: 'span.note' });
    assert.equal(new Set(listOf(values.messages, 'tagValues').map((v) => v.value)).size, TRACES);
    assert.ok(values.messages.length >= 3);
  });

  it('ends the query of a client that leaves in the middle of its answer', async () => {
    const Query = '{ } | select(span.note)';
    const request = { ...RANGE, Query, Limit: TRACES };
    const answer = await client.call('Search', request, { onMessage: () => true });
    assert.equal(answer.code, 1);
    const running = async () =>
      /^trilite_queries_running (\d+)/m.exec(await (await fetch(`${own.server.base}/metrics`)).text())![1];
    await eventually(async () => assert.equal(await running(), '0'));
  });

  it('is seen in the metrics of queries', async () => {
    const text = await (await fetch(`${own.server.base}/metrics`)).text();
    assert.match(text, /trilite_query_duration_seconds_count\{service="tempo-stream\.search"\} [1-9]/);
    assert.match(
      text,
      /trilite_query_failures_total\{service="tempo-stream\.search",reason="bad_data"\} [1-9]/,
    );
  });

  const skip = skipUnless(
    existsSync(path.join(VENV, 'ready')),
    `no Python environment in ${VENV}: run test/clients/python/setup.sh`,
  );
  it('answers the client of gRPC for Python, on both ports', { skip }, async () => {
    const request = encodeRequest('SearchTagValues', { tagName: 'name' });
    for (const address of [own.server.grpc, new URL(own.server.base).host]) {
      const printed = await runProgram(path.join(VENV, 'bin/python'), [
        path.join(import.meta.dirname, 'call.py'),
        address,
        `/${SERVICE}/SearchTagValues`,
        request.toString('hex'),
      ]);
      const messages = printed
        .trim()
        .split('\n')
        .map((hex) => decodeResponse('SearchTagValues', Buffer.from(hex, 'hex')));
      assert.deepEqual(listOf(messages, 'tagValues'), ['GET /0', 'GET /1', 'GET /2']);
    }
  });
});
