/** Clients of the configuration: what other servers get, and what becomes of what they refuse. */

import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { decompressSnappy } from '../../src/base/snappy.ts';
import { decodeLokiPush } from '../../src/ingest/decode/loki-push.ts';
import { isOwnUrl } from '../../src/local-tail.ts';
import { DEFAULT_LOG_LIMITS } from '../../src/model/limits.ts';
import { eventually } from '../support/poll.ts';
import { metric, TailFolder } from './tail-harness.ts';

interface Pushed {
  readonly headers: IncomingHttpHeaders;
  readonly streams: readonly string[];
  readonly lines: readonly string[];
}

/** A server that takes pushes and answers with the statuses it is given, then with 204. */
class FakeLoki {
  readonly requests: Pushed[] = [];
  statuses: number[] = [];
  #server: Server | undefined;
  port = 0;

  async start(): Promise<void> {
    this.#server = createServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const body = decompressSnappy(Buffer.concat(pieces));
      const limits = { ...DEFAULT_LOG_LIMITS, discoverServiceName: false, detectLevel: false };
      const { batch } = decodeLokiPush(body, Date.now(), limits);
      const lines = Array.from({ length: batch.count }, (_, i) =>
        Buffer.from(batch.bytes.subarray(batch.lineStart[i]!, batch.lineEnd[i]!)).toString(),
      );
      this.requests.push({
        headers: request.headers,
        streams: batch.streams.map((s) => s.pairs.join(' ')),
        lines,
      });
      response.statusCode = this.statuses.shift() ?? 204;
      response.end(response.statusCode === 204 ? undefined : 'no\n');
    });
    await new Promise<void>((resolve) => this.#server!.listen(0, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server!.close(resolve));
  }

  /** Of the requests that were answered well. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/loki/api/v1/push`;
  }
}

let folder: TailFolder;
let loki: FakeLoki;
beforeEach(async () => {
  folder = new TailFolder();
  loki = new FakeLoki();
  await loki.start();
});
afterEach(async () => {
  await folder.remove();
  await loki.stop();
});

const jobs = `
scrape_configs:
  - job_name: app
    static_configs: [{labels: {job: app, __path__: PATH/app.log}}]
`;
const client = (more = '') =>
  `{url: "${loki.url}", batchwait: 20ms, backoff_config: {min_period: 5ms, max_period: 10ms}${more}}`;

describe('a client', () => {
  it('gets snappy protobuf with its labels, tenant, headers and credentials', async () => {
    folder.write('app.log', 'one\ntwo\n');
    const more =
      ', tenant_id: t1, external_labels: {dc: x, job: y}, headers: {x-more: z}, basic_auth: {username: u, password: p}';
    const running = await folder.start(`clients: [${client(more)}]\n${jobs}`);
    await eventually(async () => assert.equal(loki.requests.length, 1));
    const [{ headers, streams, lines }] = loki.requests as [Pushed];
    assert.deepEqual(lines, ['one', 'two']);
    // A label of the entry's own wins over one of the client.
    assert.deepEqual(streams, [`dc x filename ${folder.at('app.log')} job app`]);
    assert.equal(headers['content-type'], 'application/x-protobuf');
    assert.equal(headers['x-scope-orgid'], 't1');
    assert.equal(headers['x-more'], 'z');
    assert.equal(headers.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
    const name = loki.url;
    await eventually(async () =>
      assert.equal(metric(running.telemetry, `trilite_tail_sent_entries_total{client="${name}"}`), 2),
    );
    assert.deepEqual(folder.recorder.entries, []);
  });

  it('is tried again after 429, 5xx and a failing network; positions wait', async () => {
    loki.statuses = [429, 500, 503];
    const path = folder.write('app.log', 'one\n');
    const running = await folder.start(`clients: [${client()}]\n${jobs}`);
    await eventually(async () => assert.equal(loki.requests.length, 4));
    for (const { lines } of loki.requests) assert.deepEqual(lines, ['one']);
    await loki.stop();
    appendFileSync(path, 'two\n');
    await eventually(async () =>
      assert.ok(metric(running.telemetry, 'trilite_tail_failures_total{operation="push"}') > 3),
    );
    await running.stop();
    assert.match(readFileSync(folder.positionsFile, 'utf8'), /app\.log: "4"/);
    // The next start sends what did not arrive, and nothing twice.
    loki = new FakeLoki();
    await loki.start();
    await folder.start(`clients: [${client()}]\n${jobs}`);
    appendFileSync(path, 'three\n');
    await eventually(async () =>
      assert.deepEqual(
        loki.requests.flatMap((r) => r.lines),
        ['two', 'three'],
      ),
    );
  });

  it('that refuses for good loses what it refused, and gets the rest', async () => {
    loki.statuses = [400];
    const path = folder.write('app.log', 'bad\n');
    const running = await folder.start(`clients: [${client()}]\n${jobs}`);
    const dropped = `trilite_tail_dropped_entries_total{client="${loki.url}",reason="refused"}`;
    await eventually(async () => assert.equal(metric(running.telemetry, dropped), 1));
    appendFileSync(path, 'good\n');
    await eventually(async () => assert.deepEqual(loki.requests.at(-1)?.lines, ['good']));
  });

  it('that is this server appends directly, beside one that is not', async () => {
    folder.write('app.log', 'level=warn one\n');
    const own = '{url: "http://localhost:9/loki/api/v1/push", external_labels: {via: own}}';
    await folder.start(`clients: [${own}, ${client()}]\n${jobs}`, { isOwn: (url) => url.port === '9' });
    await eventually(async () => {
      assert.deepEqual(folder.recorder.lines(), ['level=warn one']);
      assert.deepEqual(loki.requests[0]?.lines, ['level=warn one']);
    });
    const [entry] = folder.recorder.entries;
    assert.equal(entry!.labels.via, 'own');
    assert.equal(entry!.labels.service_name, 'app');
    assert.equal(entry!.metadata.detected_level, 'warn');
  });
});

describe('an own URL', () => {
  const own = (url: string, ...listening: string[]) =>
    isOwnUrl(
      new URL(url),
      listening.map((text) => ({
        host: text.slice(0, text.lastIndexOf(':')),
        port: Number(text.split(':').at(-1)),
      })),
    );
  it('is any name of this machine at a port of this server', () => {
    for (const host of ['localhost', '127.0.0.1', '127.0.1.1', '[::1]', '0.0.0.0']) {
      assert.ok(own(`http://${host}:3100/loki/api/v1/push`, '127.0.0.1:3100'), host);
    }
    assert.ok(own('http://127.0.0.1/loki/api/v1/push', '0.0.0.0:80'));
    assert.ok(!own('http://localhost:3101/loki/api/v1/push', '127.0.0.1:3100'));
    assert.ok(!own('https://localhost:3100/loki/api/v1/push', '127.0.0.1:3100'));
    assert.ok(!own('http://loki:3100/loki/api/v1/push', '127.0.0.1:3100', '0.0.0.0:4318'));
  });
});
