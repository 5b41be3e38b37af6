/** Following logs over the WebSocket: what is refused, what comes, by whatever way it came in, and how it ends. */

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { getJson, postBody } from '../../support/http-api.ts';
import { LOKI_PUSH_HEADERS, lokiPushBody } from '../../support/loki-push.ts';
import { eventually } from '../../support/poll.ts';
import { openTail, refusedUpgrade, UPGRADE_HEADERS } from '../../support/tail-client.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

const PATH = '/loki/api/v1/tail';
const CATEGORIZE = { 'x-loki-response-encoding-flags': 'categorize-labels' };
const JSON_TYPE = { 'content-type': 'application/json' };

let temporary: TemporaryServer;
let base: string;

before(async () => {
  temporary = await temporaryServer();
  base = temporary.server.base;
});
after(() => temporary.dispose());

let lastNs = BigInt(Date.now()) * 1_000_000n;
/** Now, and later than the last one. */
function nextNs(): bigint {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastNs = now > lastNs ? now : lastNs + 1n;
  return lastNs;
}

type Pairs = Readonly<Record<string, string>>;

function push(stream: Pairs, lines: readonly string[], metadata: Pairs = {}, to = base): Promise<void> {
  const values = lines.map((line) => [String(nextNs()), line, metadata]);
  return postBody(`${to}/loki/api/v1/push`, JSON_TYPE, JSON.stringify({ streams: [{ stream, values }] }));
}

async function tailsOpen(): Promise<number> {
  const text = await (await fetch(`${base}/metrics`)).text();
  return Number(/^trilite_log_tails (\d+)$/m.exec(text)?.[1]);
}

describe('a request for a tail is refused', () => {
  const asks = (parameters: Pairs) => refusedUpgrade(`${base}${PATH}?${new URLSearchParams(parameters)}`);

  test('over HTTP, in the words of the original, before the WebSocket stands', async () => {
    const query = '{app="x"}';
    const cases: [Pairs, RegExp][] = [
      [{ query, delay_for: '6' }, /^delay_for can't be greater than 5$/],
      [{ query, delay_for: '-1' }, /^delay_for value -1 is out of range \[0, 4294967295\]$/],
      [{ query, delay_for: 'x' }, /^strconv.Atoi: parsing "x": invalid syntax$/],
      [{ query, limit: '0' }, /^limit must be a positive value$/],
      [{ query, start: 'x' }, /^could not parse 'start' parameter/],
      [{ query: '{app="x' }, /^parse error at line 1, col 6: literal not terminated$/],
      [{ query: '{app=~".*"}' }, /^parse error : queries require at least one regexp or equality matcher/],
      [{ query: '{app="x"} |~ "("' }, /^parse error : stage/],
      [{}, /^parse error : syntax error: unexpected \$end$/],
      // What is wrong with the query is told first.
      [{ delay_for: '6' }, /^parse error/],
    ];
    for (const [parameters, message] of cases) {
      const { status, body, headers } = await asks(parameters);
      assert.equal(status, 400, JSON.stringify(parameters));
      assert.match(body, message);
      assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
    }
  });

  test('without an upgrade, or with half of one', async () => {
    for (const path of [PATH, '/api/prom/tail']) {
      const answer = await fetch(`${base}${path}?query={app="x"}`);
      assert.deepEqual([answer.status, await answer.text()], [400, 'Bad Request\n']);
      assert.equal(answer.headers.get('sec-websocket-version'), '13');
    }
    assert.equal(
      await (await fetch(`${base}${PATH}?query={app=`)).text().then((t) => t.slice(0, 11)),
      'parse error',
    );
    assert.equal((await fetch(`${base}${PATH}`, { method: 'PUT' })).status, 405);
    const { 'Sec-WebSocket-Key': _key, ...half } = UPGRADE_HEADERS;
    const { status, body } = await refusedUpgrade(
      `${base}${PATH}?query=${encodeURIComponent('{app="x"}')}`,
      half,
    );
    assert.deepEqual([status, body], [400, 'Bad Request\n']);
  });

  test('in the WebSocket: metric queries, and more than ten tails', async () => {
    const metric = await openTail(base, { query: 'rate({app="x"}[1m])' });
    const { code, reason } = await metric.closed;
    assert.deepEqual([code, reason], [1011, 'only log selector is supported']);
    const tails = await Promise.all(
      Array.from({ length: 10 }, () => openTail(base, { query: '{app="ten"}' })),
    );
    const eleventh = await (await openTail(base, { query: '{app="ten"}' })).closed;
    assert.equal(eleventh.code, 1011);
    assert.match(eleventh.reason, /max concurrent tail requests limit exceeded, count > limit \(11 > 10\)$/);
    tails.pop()!.close();
    await eventually(async () => assert.equal(await tailsOpen(), 9));
    tails.push(await openTail(base, { query: '{app="ten"}' }));
    await push({ app: 'ten' }, ['for each']);
    await Promise.all(tails.map((tail) => tail.hasLines(1)));
    for (const tail of tails) tail.close();
    await eventually(async () => assert.equal(await tailsOpen(), 0));
  });
});

describe('a tail', () => {
  test('has an object for each entry, the backlog first, no more than the limit', async () => {
    await push({ app: 'frames', pod: 'a' }, ['one', 'two'], { trace: 't' });
    await push({ app: 'frames', pod: 'b' }, ['three']);
    const tail = await openTail(base, { query: '{app="frames"}', limit: 2 });
    await tail.hasLines(2);
    await push({ app: 'frames', pod: 'a' }, ['four'], { trace: 't' });
    await tail.hasLines(3);
    tail.close();
    assert.deepEqual(tail.lines(), ['two', 'three', 'four']);
    const [first, second] = tail.frames();
    const labels = (pod: string) => ({ app: 'frames', pod, service_name: 'frames' });
    assert.deepEqual(
      first!.streams.map(({ stream }) => stream),
      [labels('a'), labels('b')],
    );
    assert.deepEqual(
      second!.streams.map(({ stream }) => stream),
      [labels('a')],
    );
    assert.deepEqual(Object.keys(first!), ['streams']);
    for (const { values } of first!.streams) assert.equal(values[0]!.length, 2);
  });

  test('begins at `start`, an hour ago unless it says otherwise', async () => {
    const old = [[String(nextNs() - 2n * 3_600_000_000_000n), 'two hours ago']];
    const streams = [{ stream: { app: 'start' }, values: old }];
    await postBody(`${base}/loki/api/v1/push`, JSON_TYPE, JSON.stringify({ streams }));
    await push({ app: 'start' }, ['now']);
    const short = await openTail(base, { query: '{app="start"}' });
    await short.hasLines(1);
    const long = await openTail(base, { query: '{app="start"}', start: 0 });
    await long.hasLines(2);
    assert.deepEqual(short.lines(), ['now']);
    assert.deepEqual(long.lines(), ['two hours ago', 'now']);
    const none = await openTail(base, { query: '{app="start"}', start: String(nextNs() + 1_000_000_000n) });
    await push({ app: 'start' }, ['live']);
    await none.hasLines(1);
    assert.deepEqual(none.lines(), ['live']);
    for (const tail of [short, long, none]) tail.close();
  });

  test('tells labels apart where it is asked to, and repeats the flags', async () => {
    const tail = await openTail(base, { query: '{app="apart"} | logfmt' }, CATEGORIZE);
    await push({ app: 'apart' }, ['level=info app=x'], { trace: 't' });
    await tail.hasLines(1);
    tail.close();
    const [frame] = tail.frames();
    assert.deepEqual(frame!.encodingFlags, ['categorize-labels']);
    assert.deepEqual(frame!.streams[0]!.stream, { app: 'apart', service_name: 'apart' });
    assert.deepEqual(frame!.streams[0]!.values[0]!.slice(1), [
      'level=info app=x',
      {
        structuredMetadata: { detected_level: 'info', trace: 't' },
        parsed: { app_extracted: 'x', level: 'info' },
      },
    ]);
  });

  test('of the older API has labels as text and times in RFC 3339', async () => {
    const tail = await openTail(base, { query: '{app="older"}' }, {}, '/api/prom/tail');
    const entries = [{ ns: 1_767_268_800_000_000_005n, line: 'line', metadata: {} }];
    await postBody(`${base}/api/prom/push`, LOKI_PUSH_HEADERS, lokiPushBody('{app="older"}', entries));
    await eventually(async () => assert.equal(tail.texts.length, 1));
    tail.close();
    assert.deepEqual(JSON.parse(tail.texts[0]!), {
      streams: [
        {
          labels: '{app="older", service_name="older"}',
          entries: [{ ts: '2026-01-01T12:00:00.000000005Z', line: 'line' }],
        },
      ],
      dropped_entries: null,
    });
  });

  test('holds entries back for `delay_for`', async () => {
    const tail = await openTail(base, { query: '{app="delay"}', delay_for: 3 });
    const at = nextNs();
    const value = (ns: bigint, line: string) =>
      JSON.stringify({
        streams: [{ stream: { app: 'delay', line }, values: [[String(ns), line]] }],
      });
    await postBody(`${base}/loki/api/v1/push`, JSON_TYPE, value(at, 'second'));
    await postBody(`${base}/loki/api/v1/push`, JSON_TYPE, value(at - 1000n, 'first'));
    await tail.hasLines(2);
    tail.close();
    assert.deepEqual(tail.lines(), ['first', 'second']);
  });

  test('shows what comes in by every protocol', async () => {
    const tail = await openTail(base, { query: '{service_name="every"}' });
    const record = (body: string) =>
      [
        {
          resource: { attributes: { 'service.name': 'every' }, asyncAttributesPending: false },
          instrumentationScope: { name: 'test' },
          hrTime: [Math.floor(Date.now() / 1000), 0],
          hrTimeObserved: [Math.floor(Date.now() / 1000), 0],
          body,
          attributes: {},
          droppedAttributesCount: 0,
        },
      ] as never;
    await push({ service_name: 'every' }, ['loki json']);
    const entries = [{ ns: nextNs(), line: 'loki protobuf', metadata: {} }];
    await postBody(
      `${base}/loki/api/v1/push`,
      LOKI_PUSH_HEADERS,
      lokiPushBody('{service_name="every"}', entries),
    );
    const json = JsonLogsSerializer.serializeRequest(record('otlp json'))!;
    await postBody(`${base}/v1/logs`, JSON_TYPE, json);
    const protobuf = { 'content-type': 'application/x-protobuf' };
    const over = (body: string) => ProtobufLogsSerializer.serializeRequest(record(body))!;
    await postBody(`${base}/v1/logs`, protobuf, over('otlp protobuf'));
    await postBody(`${base}/otlp/v1/logs`, protobuf, over('otlp loki'));
    await sendOverGrpc(temporary.server.grpc, over('otlp grpc'));
    await tail.hasLines(6);
    tail.close();
    const expected = ['loki json', 'loki protobuf', 'otlp json', 'otlp protobuf', 'otlp loki', 'otlp grpc'];
    assert.deepEqual(tail.lines().toSorted(), expected.toSorted());
  });

  test('that begins while entries come shows each of them once', async () => {
    const count = 1200;
    let sent = 0;
    const sender = async () => {
      while (sent < count) {
        const i = sent++;
        // Late ones and early ones, in several streams.
        const ns = nextNs() + BigInt(((i * 7919) % 600) - 300) * 1_000_000_000n;
        const streams = [
          { stream: { app: 'once', part: String(i % 5) }, values: [[String(ns), `line ${i}`]] },
        ];
        await postBody(`${base}/loki/api/v1/push`, JSON_TYPE, JSON.stringify({ streams }));
      }
    };
    const senders = Array.from({ length: 8 }, sender);
    const tails = [];
    for (let at = 0; at < count; at += 200) {
      await eventually(async () => assert.ok(sent >= at));
      tails.push(await openTail(base, { query: '{app="once"} |= "line"', limit: 5000 }));
    }
    await Promise.all(senders);
    const expected = Array.from({ length: count }, (_, i) => `line ${i}`).sort();
    for (const tail of tails) {
      await tail.hasLines(count);
      assert.deepEqual([...tail.lines()].sort(), expected);
      tail.close();
    }
    await fetch(`${base}/flush`, { method: 'POST' });
    const flushed = await openTail(base, { query: '{app="once"}', limit: 5000 });
    await flushed.hasLines(count);
    flushed.close();
  });
});

/** One request without a library: HTTP/2 with prior knowledge. */
async function sendOverGrpc(address: string, message: Uint8Array): Promise<void> {
  const http2 = await import('node:http2');
  const session = http2.connect(`http://${address}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  stream.end(frame);
  stream.resume();
  const status = await new Promise((resolve, reject) => {
    stream.on('trailers', (trailers) => resolve(trailers['grpc-status']));
    stream.on('error', reject);
  });
  session.close();
  assert.equal(status, '0');
}

/** A WebSocket that is opened and then not read; what it is sent can be read later. */
function slowTail(query: string, to = base) {
  const { hostname, port } = new URL(to);
  const socket = connect({ host: hostname, port: Number(port) });
  const headers = Object.entries({ Host: `${hostname}:${port}`, ...UPGRADE_HEADERS });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`GET ${PATH}?query=${encodeURIComponent(query)} HTTP/1.1\r\n${lines}\r\n`);
  return socket;
}

describe('a client', () => {
  test('that does not read loses entries and is told which; ingest goes on', async () => {
    const socket = slowTail('{app="slow"}');
    await eventually(async () => assert.equal(await tailsOpen(), 1));
    const line = 'x'.repeat(2000);
    for (let i = 0; i < 30; i++) await push({ app: 'slow' }, Array(1000).fill(line));
    const query = 'sum(count_over_time({app="slow"}[10m]))';
    const counted = await getJson<{ data: { result: { value: [number, string] }[] } }>(
      base,
      '/loki/api/v1/query',
      { query },
    );
    assert.equal(counted.data.result[0]!.value[1], '30000');
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (data) => {
      text += data;
    });
    await eventually(async () => {
      // Told with the next frame that there is room for.
      await push({ app: 'slow' }, ['after']);
      assert.ok(text.includes('"dropped_entries":['));
    });
    assert.match(text, /:\[\{"timestamp":"\d+","labels":\{"app":"slow","service_name":"slow"\}\},/);
    socket.destroy();
    await eventually(async () => assert.equal(await tailsOpen(), 0));
  });

  test('that goes away ends its tail, however it goes', async () => {
    const closes = await openTail(base, { query: '{app="gone"}' });
    const breaks = slowTail('{app="gone"}');
    await eventually(async () => assert.equal(await tailsOpen(), 2));
    closes.close();
    assert.equal((await closes.closed).wasClean, true);
    breaks.resetAndDestroy();
    await eventually(async () => assert.equal(await tailsOpen(), 0));
    await push({ app: 'gone' }, ['nobody listens']);
  });
});

describe('a server that stops', () => {
  test('ends its tails and exits with 0', async () => {
    const other = await temporaryServer();
    try {
      await push({ app: 'stop' }, ['here'], {}, other.server.base);
      const tails = await Promise.all(
        Array.from({ length: 3 }, () => openTail(other.server.base, { query: '{app="stop"}' })),
      );
      await Promise.all(tails.map((tail) => tail.hasLines(1)));
      // One that takes nothing does not hold the server up.
      const stuck = slowTail('{app="stop"}', other.server.base);
      stuck.on('error', () => {});
      for (let i = 0; i < 10; i++) {
        await push({ app: 'stop' }, Array(1000).fill('x'.repeat(2000)), {}, other.server.base);
      }
      assert.equal(await other.server.stop('SIGTERM'), 0);
      // Broken off and not closed: stock clients come again only then.
      for (const tail of tails) assert.equal((await tail.closed).code, 1006);
      assert.doesNotMatch(other.server.stderr(), /too long/);
    } finally {
      await other.dispose();
    }
  });
});
