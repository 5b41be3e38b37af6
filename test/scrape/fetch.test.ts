import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../src/base/clock.ts';
import { acceptHeader, HttpFetcher } from '../../src/scrape/fetch.ts';
import { DEFAULT_SCRAPE_CONFIG, type ScrapeConfig } from '../../src/scrape/scrape-config.ts';

let server: http.Server;
let base = '';
let seen: http.IncomingHttpHeaders = {};

before(async () => {
  server = http.createServer((request, response) => {
    seen = request.headers;
    if (request.url === '/loop') return void response.writeHead(302, { location: '/loop' }).end();
    if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('m 1\n');
      return void setImmediate(() => response.destroy());
    }
    if (request.url === '/bomb') {
      response.setHeader('content-encoding', 'gzip');
      return void response.end(gzipSync(Buffer.alloc(1 << 20)));
    }
    if (request.url === '/broken') {
      response.setHeader('content-encoding', 'gzip');
      return void response.end('not gzip');
    }
    response.setHeader('content-type', 'text/plain');
    response.end('m 1\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

async function get(path: string, changes: Partial<ScrapeConfig> = {}) {
  const fetcher = new HttpFetcher({ ...DEFAULT_SCRAPE_CONFIG, ...changes }, systemClock);
  try {
    return await fetcher.fetch(base + path, 10_000);
  } finally {
    fetcher.close();
  }
}

test('asks as the original does', async () => {
  const { body, contentType } = await get('/metrics');
  assert.equal(Buffer.from(body).toString(), 'm 1\n');
  assert.equal(contentType, 'text/plain');
  assert.equal(
    acceptHeader(DEFAULT_SCRAPE_CONFIG),
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,' +
      'application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,' +
      'text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
  );
  const proto = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
  assert.equal(
    acceptHeader({
      scrapeProtocols: ['PrometheusProto', 'PrometheusText1.0.0'],
      nameEscaping: 'underscores',
    }),
    `${proto};q=0.6,text/plain;version=1.0.0;escaping=underscores;q=0.5,*/*;q=0.4`,
  );
  assert.equal(seen['accept-encoding'], 'gzip');
  assert.equal(seen['x-prometheus-scrape-timeout-seconds'], '10');
});

test('credentials and headers of the configuration', async () => {
  const basicAuth = { username: { value: 'u' }, password: { value: 'p' } };
  await get('/', { client: { followRedirects: true, httpHeaders: { 'X-A': ['1'] }, basicAuth } });
  assert.equal(seen.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
  assert.equal(seen['x-a'], '1');
  const authorization = { type: 'Bearer', credentials: { value: 't' } };
  await get('/', { client: { followRedirects: true, httpHeaders: {}, authorization } });
  assert.equal(seen.authorization, 'Bearer t');
});

test('what goes wrong is told', async () => {
  await assert.rejects(get('/loop'), /stopped after 10 redirects/);
  const stay = { client: { followRedirects: false, httpHeaders: {} } };
  await assert.rejects(get('/loop', stay), /^TriliteError: server returned HTTP status 302 Found$/);
  await assert.rejects(
    get('/bomb', { bodySizeLimitBytes: 1000 }),
    /^TriliteError: body size limit exceeded$/,
  );
  await assert.rejects(get('/cut'), /^TriliteError: unexpected EOF$/);
  await assert.rejects(get('/broken'), /^TriliteError: gzip: invalid header$/);
  const wrong = { authorization: { type: 'Bearer', credentials: { file: '/none' } } };
  await assert.rejects(
    get('/', { client: { followRedirects: true, httpHeaders: {}, ...wrong } }),
    /^TriliteError: Get "http:\/\/127.0.0.1:\d+\/": unable to read authorization credentials: unable to read file \/none: open \/none: no such file or directory$/,
  );
  await assert.rejects(get('/', { bodySizeLimitBytes: 4 }), /body size limit exceeded/);
});
