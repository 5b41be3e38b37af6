/** Pages of other origins that bring data: what browsers are told before they send, and on every answer. */

import assert from 'node:assert/strict';
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type CorsSettings, NO_CORS } from '../../src/api/cross-origin.ts';
import { HttpServer } from '../../src/api/server.ts';
import { utf8Encode } from '../../src/base/bytes.ts';
import { SILENT } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { TriliteError } from '../../src/model/errors.ts';
import { OPEN_GATE } from '../support/open-gate.ts';

const PATH = '/v1/traces';
let failure: TriliteError | undefined;

async function serve(cors: CorsSettings): Promise<Server> {
  const surfaces = ['otlp', 'loki', 'tempo', 'prometheus'] as const;
  const server = new HttpServer({
    gate: OPEN_GATE,
    surfaces: [
      // Beside a way in: what reads there takes every method.
      {
        surface: 'tempo',
        routes: [{ access: 'read', methods: ['GET', 'OPTIONS'], path: '/tempo', service: 'labels' }],
      },
      {
        surface: 'loki',
        routes: [{ access: 'read', methods: ['GET'], path: '/loki/api/v1/labels', service: 'labels' }],
      },
    ],
    bodyRoutes: surfaces.map((surface) => ({
      access: 'ingest' as const,
      methods: ['POST'],
      path: surface === 'otlp' ? PATH : `/${surface}`,
      surface,
      receive: async () => {
        if (failure) throw failure;
        return { status: 200, contentType: 'text/plain', body: utf8Encode('taken') };
      },
    })),
    runner: { run: async () => ({ status: 200, contentType: 'text/plain', body: utf8Encode('labels') }) },
    queryTimeoutMs: 0,
    cors,
    telemetry: new Telemetry(),
    log: SILENT,
    now: () => 0,
  });
  await server.ready();
  const listening = createServer(server.handler);
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return listening;
}

/** `fetch` forbids the headers that this is about. */
function ask(
  server: Server,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; headers: IncomingHttpHeaders }> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, method, path, headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode!, headers: response.headers }));
    });
    request.on('error', reject).end();
  });
}

const asking = (origin: string, headers = 'content-type') => ({
  origin,
  'access-control-request-method': 'POST',
  'access-control-request-headers': headers,
});

describe('origins that are listed', () => {
  let server: Server;
  before(async () => {
    server = await serve({
      allowedOrigins: ['https://shop.example', 'http://*.Test:8080', 'null'],
      allowedHeaders: ['X-Extra'],
      maxAgeSeconds: 600,
    });
  });
  after(() => server.close());

  it('are told that they may send, and what', async () => {
    for (const path of [PATH, '/loki', '/tempo']) {
      const { status, headers } = await ask(server, 'OPTIONS', path, asking('https://shop.example'));
      assert.equal(status, 204);
      assert.equal(headers['access-control-allow-origin'], 'https://shop.example');
      assert.equal(headers['access-control-allow-credentials'], 'true');
      assert.equal(headers['access-control-allow-methods'], 'POST');
      assert.match(headers['access-control-allow-headers']!, /Content-Type.*X-Extra/);
      assert.equal(headers['access-control-max-age'], '600');
      assert.equal(headers.vary, 'Origin');
    }
  });

  it('may have a star', async () => {
    const cases: [origin: string, allowed: boolean][] = [
      ['http://a.test:8080', true],
      ['http://a.b.TEST:8080', true],
      ['http://a.test', false],
      ['https://a.test:8080', false],
      ['http://.test:8080', true],
      ['http://test:8080', false],
      ['https://shop.example.evil', false],
      ['https://shop.exampl', false],
      ['null', true],
    ];
    for (const [origin, allowed] of cases) {
      const { status, headers } = await ask(server, 'OPTIONS', PATH, asking(origin));
      const given = [status, headers['access-control-allow-origin']];
      assert.deepEqual(given, allowed ? [204, origin] : [405, undefined], origin);
    }
  });

  it('may read every answer', async () => {
    const own = { origin: 'https://shop.example' };
    const taken = await ask(server, 'POST', PATH, own);
    assert.deepEqual([taken.status, taken.headers['access-control-allow-origin']], [200, own.origin]);
    assert.equal(taken.headers['access-control-expose-headers'], 'Retry-After');
    failure = new TriliteError('bad_data', 'no');
    const refused = await ask(server, 'POST', PATH, own);
    failure = undefined;
    assert.deepEqual([refused.status, refused.headers['access-control-allow-origin']], [400, own.origin]);
    const wrong = await ask(server, 'GET', PATH, own);
    assert.deepEqual([wrong.status, wrong.headers['access-control-allow-origin']], [405, own.origin]);
    // No question of a browser: no method is named.
    assert.equal((await ask(server, 'OPTIONS', PATH, own)).status, 405);
  });

  it('are no business of what reads, nor of Prometheus', async () => {
    const own = asking('https://shop.example');
    assert.equal((await ask(server, 'OPTIONS', '/loki/api/v1/labels', own)).status, 405);
    const read = await ask(server, 'GET', '/loki/api/v1/labels', own);
    assert.deepEqual([read.status, read.headers['access-control-allow-origin']], [200, undefined]);
    const { status, headers } = await ask(server, 'OPTIONS', '/prometheus', asking('http://any.where'));
    assert.deepEqual([status, headers['access-control-allow-origin']], [204, '*']);
  });
});

describe('every origin', () => {
  it('is allowed without credentials, and any header where those are a star', async () => {
    const server = await serve({ allowedOrigins: ['*'], allowedHeaders: ['*'], maxAgeSeconds: 0 });
    try {
      const { status, headers } = await ask(
        server,
        'OPTIONS',
        PATH,
        asking('http://any.where', 'x-one,x-two'),
      );
      assert.equal(status, 204);
      assert.equal(headers['access-control-allow-origin'], '*');
      assert.equal(headers['access-control-allow-credentials'], undefined);
      assert.equal(headers['access-control-allow-headers'], 'x-one,x-two');
      assert.equal(headers['access-control-max-age'], undefined);
    } finally {
      server.close();
    }
  });
});

describe('no origin', () => {
  it('is allowed unless it is said', async () => {
    const server = await serve(NO_CORS);
    try {
      const { status, headers } = await ask(server, 'OPTIONS', PATH, asking('http://any.where'));
      assert.deepEqual([status, headers.allow, headers.vary], [405, 'POST', undefined]);
      const posted = await ask(server, 'POST', PATH, { origin: 'http://any.where' });
      assert.deepEqual([posted.status, posted.headers['access-control-allow-origin']], [200, undefined]);
    } finally {
      server.close();
    }
  });
});
