/** The web page over HTTP: its document at every view's path, its files by name, what both say to caches and browsers. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { pageRoutes } from '../../src/api/page-routes.ts';
import type { ServiceRequest } from '../../src/query/service.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

describe('the page over HTTP', () => {
  let own: TemporaryServer;
  let base: string;
  let page: string;

  before(async () => {
    own = await temporaryServer('scrape_configs: []\n', ['--jaeger-http', '127.0.0.1:0']);
    base = own.server.base;
    page = await (await fetch(base)).text();
  });
  after(() => own?.dispose());

  test('one document stands at the paths of all views', async () => {
    for (const path of [
      '/graph?g0.expr=up',
      '/targets',
      '/alerts',
      '/rules',
      '/search',
      '/config',
      '/tsdb-status',
    ]) {
      const answer = await fetch(base + path);
      assert.equal(answer.status, 200, path);
      assert.equal(await answer.text(), page);
      assert.equal(answer.headers.get('cache-control'), 'no-cache');
      assert.match(answer.headers.get('content-security-policy')!, /script-src 'self'/);
    }
    const deep = await (await fetch(`${base}/trace/abc`)).text();
    assert.match(page, /<base href="\.\/">/);
    assert.match(deep, /<base href="\.\.\/">/);
  });

  test('its files are there as the document names them, compressed for those who take it', async () => {
    const names = [...page.matchAll(/(?:href|src)="(ui\/[^"]+)"/g)].map((match) => match[1]!);
    assert.ok(names.length >= 3);
    for (const name of names) {
      const packed = await fetch(`${base}/${name}`, { headers: { 'Accept-Encoding': 'gzip' } });
      const plain = await fetch(`${base}/${name}`, { headers: { 'Accept-Encoding': 'identity' } });
      assert.equal(packed.status, 200, name);
      assert.equal(await packed.text(), await plain.text());
      assert.equal(plain.headers.get('content-encoding'), null);
      assert.match(plain.headers.get('cache-control')!, /immutable/);
    }
  });

  test('only reading is asked of it', async () => {
    assert.equal((await fetch(`${base}/graph`, { method: 'HEAD' })).status, 200);
    for (const path of ['/graph', '/trace/abc'])
      assert.equal((await fetch(base + path, { method: 'POST' })).status, 404);
    for (const path of ['/graphs', '/trace/', '/trace/a/b'])
      assert.equal((await fetch(base + path)).status, 404);
  });

  test('nothing else is given out', async () => {
    for (const name of [
      'nothing.js',
      'index.html',
      '..%2Fprogram.cjs',
      '%2e%2e%2fmain.cjs',
      'app.js.gz',
      '',
    ]) {
      assert.equal((await fetch(`${base}/ui/${name}`)).status, 404, name);
    }
  });

  test("Jaeger's own port has the page and the APIs that it calls", async () => {
    const jaeger = /http:\/\/\S+ (http:\/\/\S+)/.exec(own.server.readyLine)![1]!;
    assert.equal(await (await fetch(`${jaeger}/search?service=a`)).text(), page);
    for (const path of [
      '/api/v1/labels',
      '/loki/api/v1/labels',
      '/api/v2/search/tags',
      '/api/search',
      '/jaeger/api/services',
    ])
      assert.equal((await fetch(jaeger + path)).status, 200, path);
    const { data } = (await (await fetch(`${jaeger}/api/services`)).json()) as { data: unknown };
    assert.deepEqual(data, []);
  });
});

test('files that are there in compressed form only are unpacked for those who do not take it', async () => {
  const { gzipSync } = await import('node:zlib');
  const files = new Map([['app-X.js.gz', new Uint8Array(gzipSync('alert'))]]);
  const route = pageRoutes((name) => files.get(name)).find(({ path }) => path === '/ui/:name')!;
  const ask = async (headers: Record<string, string>) => {
    const request: ServiceRequest = { params: [], path: { name: 'app-X.js' }, headers, nowMs: 0 };
    return await route.handle(request);
  };
  assert.equal(Buffer.from((await ask({})).body).toString(), 'alert');
  const packed = await ask({ 'accept-encoding': 'br, gzip' });
  assert.equal(gunzipSync(packed.body).toString(), 'alert');
  assert.equal(packed.headers?.['Content-Encoding'], 'gzip');
});
