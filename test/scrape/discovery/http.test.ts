/** HTTP discovery against a server whose answers the tests choose. */

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { httpDiscovery } from '../../../src/scrape/discovery/http.ts';
import { DEFAULT_SCRAPE_CONFIG } from '../../../src/scrape/scrape-config.ts';
import { freePort } from '../../support/free-port.ts';
import { settle } from '../manual-clock.ts';
import { Watched } from './watch-harness.ts';

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

let server: Server;
let url: string;
let answer: Answer;
let watched: Watched;
const requests: IncomingMessage[] = [];

beforeEach(async () => {
  requests.length = 0;
  server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(answer.status ?? 200, answer.headers ?? { 'Content-Type': 'application/json' });
    // An answer that is shorter than it says is one that was cut.
    if (answer.headers?.['Content-Length']) response.write(answer.body, () => response.destroy());
    else response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sd?x=1`;
  watched = new Watched();
});

afterEach(async () => {
  watched.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await settle();
  assert.equal(watched.clock.pending, 0, 'nothing is left running');
});

const REFRESH_MS = 90_500;

function follow(at = url): void {
  const config = { url: at, refreshIntervalMs: REFRESH_MS, client: DEFAULT_SCRAPE_CONFIG.client };
  watched.start(httpDiscovery(config, watched.refreshParts('http'), watched.telemetry));
}

/** Until the refresh that is due, or under way, has ended. */
async function refreshed(): Promise<void> {
  const done = () =>
    watched.metric('prometheus_sd_refresh_duration_histogram_seconds_count{mechanism="http"}')!;
  const before = done();
  await watched.clock.advance(REFRESH_MS);
  await watched.until(() => done() > before, 'a refresh');
}

const groups = (...all: object[]) => ({ body: JSON.stringify(all) });

describe('HTTP discovery', () => {
  it('asks as the original does and labels groups with the URL', async () => {
    answer = groups({ targets: ['a:1', 'b:2'], labels: { env: 'x' } }, { targets: ['c'] });
    follow();
    await watched.targetsAre(['a:1', 'b:2', 'c']);
    assert.deepEqual(watched.groups, [
      { targets: ['a:1', 'b:2'], labels: { env: 'x', __meta_url: url } },
      { targets: ['c'], labels: { __meta_url: url } },
    ]);
    const { headers, method } = requests[0]!;
    assert.equal(method, 'GET');
    assert.equal(headers['x-prometheus-refresh-interval-seconds'], '90.5');
    assert.equal(headers.accept, 'application/json');
    assert.match(headers['user-agent']!, /^Prometheus\//);
  });

  it('forgets groups that are in the answer no more, and every one where there is none', async () => {
    answer = groups({ targets: ['a'] }, { targets: ['b'] });
    follow();
    await watched.targetsAre(['a', 'b']);
    answer = groups({ targets: ['b'] });
    await refreshed();
    assert.deepEqual(watched.targets, ['b']);
    answer = groups();
    await refreshed();
    assert.deepEqual(watched.targets, []);
    assert.deepEqual(watched.errors, []);
  });

  it('takes a compressed answer and a charset', async () => {
    answer = {
      headers: { 'Content-Type': 'Application/JSON; charset="utf-8"', 'Content-Encoding': 'gzip' },
      body: gzipSync('[{"targets": ["z"]}]'),
    };
    follow();
    await watched.targetsAre(['z']);
  });

  const wrong: readonly (readonly [Answer, RegExp])[] = [
    [{ status: 500, body: '' }, /^server returned HTTP status 500 Internal Server Error$/],
    [{ status: 204, body: '' }, /^server returned HTTP status 204 No Content$/],
    [{ headers: { 'Content-Type': 'text/plain' }, body: '[]' }, /^unsupported content type "text\/plain"$/],
    [{ headers: {}, body: '[]' }, /^unsupported content type ""$/],
    [
      { headers: { 'Content-Type': 'application/json; charset=latin1' }, body: '[]' },
      /^unsupported content type/,
    ],
    [{ body: '' }, /^the answer is no JSON/],
    [{ body: '[{"targets": ["a"]' }, /^the answer is no JSON/],
    [{ body: '{"targets": ["a"]}' }, /^expected a list of target groups/],
    [{ body: '[null]' }, /^nil target group item found$/],
    [{ body: '[{"targets": ["a"], "extra": 1}]' }, /^group 0: unknown field "extra"/],
    [
      { headers: { 'Content-Type': 'application/json', 'Content-Length': '99' }, body: '[]' },
      /^Get "http.*": /,
    ],
    [{ body: Buffer.alloc(33 * 1024 * 1024, ' ') }, /^the answer is larger than 32 MiB$/],
  ];
  for (const [bad, why] of wrong) {
    it(`keeps what it has where the answer is wrong: ${why.source}`, async () => {
      answer = groups({ targets: ['kept'] });
      follow();
      await watched.targetsAre(['kept']);
      answer = bad;
      await refreshed();
      assert.deepEqual(watched.targets, ['kept']);
      assert.match(watched.errors[0]!, why);
      assert.equal(watched.metric('prometheus_sd_http_failures_total'), 1);
      assert.equal(watched.metric('prometheus_sd_refresh_failures_total{mechanism="http",config="j"}'), 1);
      answer = groups({ targets: ['new'] });
      await refreshed();
      assert.deepEqual(watched.targets, ['new']);
    });
  }

  it('tells what the network says, and comes again', async () => {
    const port = await freePort();
    follow(`http://127.0.0.1:${port}/`);
    await watched.until(() => watched.errors.length > 0, 'an error');
    assert.equal(
      watched.errors[0],
      `Get "http://127.0.0.1:${port}/": dial tcp 127.0.0.1:${port}: connect: connection refused`,
    );
    assert.deepEqual(watched.updates, []);
    await refreshed();
    assert.equal(watched.errors.length, 2);
  });

  it('gives up an answer that does not come within the interval', async () => {
    server.removeAllListeners('request');
    server.on('request', (request) => void requests.push(request));
    follow();
    await watched.until(() => requests.length === 1, 'the request');
    await watched.clock.advance(REFRESH_MS);
    await watched.until(() => watched.errors.length > 0, 'an error');
    assert.match(watched.errors[0]!, /context deadline exceeded$/);
  });
});
