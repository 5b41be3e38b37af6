/** What holds for every endpoint: parameters, methods, compression, cross-origin headers, cancelling, gRPC's way. */

import assert from 'node:assert/strict';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, inflateSync } from 'node:zlib';
import { type ListenAddress, Listeners } from '../../src/api/listeners.ts';
import { HttpServer } from '../../src/api/server.ts';
import type { ServerParts } from '../../src/api/server-parts.ts';
import { utf8Encode } from '../../src/base/bytes.ts';
import { SILENT } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { TriliteError } from '../../src/model/errors.ts';
import type { ServiceAnswer, ServiceRequest } from '../../src/query/service.ts';
import { OPEN_GATE } from '../support/open-gate.ts';
import { eventually } from '../support/poll.ts';

let asked: ServiceRequest | undefined;
let signal: AbortSignal | undefined;
let answerWith: () => Promise<ServiceAnswer> = async () => json({});
const injected: Socket[] = [];

function json(value: unknown): ServiceAnswer {
  return { status: 200, contentType: 'application/json', body: utf8Encode(JSON.stringify(value)) };
}

const parts: ServerParts = {
  gate: OPEN_GATE,
  surfaces: [
    {
      surface: 'prometheus',
      routes: [
        { access: 'read', methods: ['GET', 'POST'], path: '/api/v1/query', service: 'query' },
        { access: 'read', methods: ['GET'], path: '/api/v1/label/:name/values', service: 'values' },
      ],
    },
    {
      surface: 'loki',
      routes: [{ access: 'read', methods: ['GET'], path: '/loki/api/v1/labels', service: 'labels' }],
    },
  ],
  bodyRoutes: [
    {
      access: 'ingest',
      methods: ['POST'],
      path: '/v1/traces',
      surface: 'otlp',
      receive: async (request) => {
        const body = await request.readBody(1000);
        return json({
          type: request.contentType ?? null,
          bytes: body.length,
          declared: request.declaredBytes ?? null,
        });
      },
    },
  ],
  runner: {
    run: (_name, request, s) => {
      asked = request;
      signal = s;
      return answerWith();
    },
  },
  queryTimeoutMs: 150,
  telemetry: new Telemetry(),
  log: SILENT,
  now: () => 1234,
};
const server = new HttpServer(parts);
const listeners = new Listeners({
  handler: (request, response) => server.handler(request, response),
  grpc: async () => ({ injectConnection: (socket) => injected.push(socket) }),
  log: SILENT,
});
let address: ListenAddress;

before(async () => {
  await server.ready();
  address = await listeners.http({ host: '127.0.0.1', port: 0 });
});
after(() => {
  listeners.stopAccepting();
  listeners.destroy();
  for (const socket of injected) socket.destroy();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { ...address, method, path, headers, agent: false },
      (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describe('a request', () => {
  it('has the parameters of the form, then those of the URL', async () => {
    await ask('POST', '/api/v1/query?query=a%2Bb&x=1', FORM, 'query=up{a="b c"}&match[]=%C3%A9');
    assert.deepEqual(asked!.params, [
      ['query', 'up{a="b c"}'],
      ['match[]', 'é'],
      ['query', 'a+b'],
      ['x', '1'],
    ]);
    assert.equal(asked!.nowMs, 1234);
  });

  it('loses parameters that are none', async () => {
    await ask('POST', '/api/v1/query?a=1&b=%zz&c=1;d=2&e=%41', FORM, 'f=%4&g=%2542');
    assert.deepEqual(asked!.params, [
      ['g', '%42'],
      ['a', '1'],
      ['e', 'A'],
    ]);
  });

  it('keeps a body that is no form', async () => {
    await ask('POST', '/api/v1/query?x=1', { 'content-type': 'application/x-protobuf' }, 'abc');
    assert.deepEqual(asked!.params, [['x', '1']]);
    assert.equal(Buffer.from(asked!.body!).toString(), 'abc');
    assert.equal(asked!.headers['content-type'], 'application/x-protobuf');
  });

  it('has named parts of the path, decoded and of any length', async () => {
    const long = 'n'.repeat(3000);
    await ask('GET', `/api/v1/label/a%2Fb${long}/values`);
    assert.deepEqual(asked!.path, { name: `a/b${long}` });
  });

  it('may have a long query', async () => {
    const long = 'a'.repeat(200_000);
    await ask('GET', `/api/v1/query?query=${long}`);
    assert.equal(asked!.params[0]![1].length, long.length);
  });
});

describe('an answer', () => {
  it('is compressed when it is long and the client takes gzip or deflate, whichever it names first', async () => {
    const text = 'x'.repeat(5000);
    answerWith = async () => json(text);
    const packed = await ask('GET', '/api/v1/query', { 'accept-encoding': 'br, gzip;q=0.5, deflate' });
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.equal(gunzipSync(packed.body).toString(), JSON.stringify(text));
    const deflated = await ask('GET', '/api/v1/query', { 'accept-encoding': 'deflate, gzip' });
    assert.equal(deflated.headers['content-encoding'], 'deflate');
    assert.equal(inflateSync(deflated.body).toString(), JSON.stringify(text));
    const loki = await ask('GET', '/loki/api/v1/labels', { 'accept-encoding': 'gzip' });
    assert.equal(loki.headers.vary, 'Accept-Encoding');
    const refusing = await ask('GET', '/api/v1/query', { 'accept-encoding': 'gzip;q=0' });
    assert.equal(refusing.headers['content-encoding'], undefined);
    assert.equal(refusing.headers['content-length'], '5002');
    answerWith = async () => json({});
    const short = await ask('GET', '/api/v1/query', { 'accept-encoding': 'gzip' });
    assert.equal(short.headers['content-encoding'], undefined);
  });

  it('to HEAD has the headers and no body', async () => {
    const { status, headers, body } = await ask('HEAD', '/api/v1/query');
    assert.equal(status, 200);
    assert.equal(headers['content-length'], '2');
    assert.equal(body.length, 0);
  });

  it('carries the error in the words of its surface', async () => {
    answerWith = async () => {
      throw new TriliteError('execution', 'it broke');
    };
    const prometheus = await ask('GET', '/api/v1/query');
    assert.equal(prometheus.status, 422);
    assert.deepEqual(JSON.parse(prometheus.body.toString()), {
      status: 'error',
      errorType: 'execution',
      error: 'it broke',
    });
    const loki = await ask('GET', '/loki/api/v1/labels');
    assert.equal(loki.status, 422);
    assert.equal(loki.body.toString(), 'it broke\n');
    answerWith = async () => {
      throw new Error('a secret');
    };
    const bug = await ask('GET', '/api/v1/query');
    assert.equal(bug.status, 500);
    assert.doesNotMatch(bug.body.toString(), /secret/);
    answerWith = async () => json({});
  });

  it('to a query that takes too long says so', async () => {
    answerWith = () =>
      new Promise((_, reject) => {
        signal!.addEventListener('abort', () => reject(new TriliteError('canceled', 'stopped')));
      });
    const { status, body } = await ask('GET', '/api/v1/query');
    assert.equal(status, 503);
    assert.equal(JSON.parse(body.toString()).errorType, 'timeout');
    // A service may have put the end of its query into words.
    answerWith = () =>
      new Promise((resolve) => {
        signal!.addEventListener('abort', () => resolve({ ...json({}), status: 499 }));
      });
    const loki = await ask('GET', '/loki/api/v1/labels');
    assert.equal(loki.status, 504);
    assert.match(loki.body.toString(), /timed out/);
    answerWith = async () => json({});
  });

  it('to an unknown path is 404 in plain text', async () => {
    const { status, headers, body } = await ask('GET', '/nope');
    assert.equal(status, 404);
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(body.toString(), '404 page not found\n');
  });

  it('to a path with a broken escape is 400', async () => {
    const { status, body } = await ask('GET', '/api/v1/label/%zz/values');
    assert.equal(status, 400);
    assert.match(body.toString(), /not a valid url component/);
  });

  it('to a wrong method says which are right', async () => {
    const prometheus = await ask('DELETE', '/api/v1/query');
    assert.equal(prometheus.status, 405);
    assert.equal(prometheus.headers.allow, 'GET, OPTIONS, POST');
    assert.equal(prometheus.body.toString(), 'Method Not Allowed\n');
    const otlp = await ask('GET', '/v1/traces');
    assert.equal(otlp.status, 405);
    assert.equal(otlp.headers.allow, 'POST');
    assert.equal(otlp.body.toString(), '405 method not allowed, supported: [POST]');
  });

  it('to another origin allows it on the Prometheus API alone', async () => {
    const origin = { origin: 'http://x.test' };
    const allowed = await ask('OPTIONS', '/api/v1/query', origin);
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers['access-control-allow-origin'], '*');
    assert.equal(allowed.headers['access-control-allow-methods'], 'GET, POST, OPTIONS');
    assert.equal(
      allowed.headers['access-control-allow-headers'],
      'Accept, Authorization, Content-Type, Origin',
    );
    assert.equal(allowed.headers['access-control-expose-headers'], 'Date');
    assert.equal(allowed.headers.vary, 'Accept-Encoding, Origin');
    const unknown = await ask('OPTIONS', '/api/v1/no/such', origin);
    assert.deepEqual([unknown.status, unknown.headers['access-control-allow-origin']], [204, '*']);
    assert.equal((await ask('OPTIONS', '/no/such', origin)).status, 404);
    assert.equal((await ask('GET', '/api/v1/query')).headers['access-control-allow-origin'], undefined);
    assert.equal(
      (await ask('GET', '/loki/api/v1/labels', origin)).headers['access-control-allow-origin'],
      undefined,
    );
    assert.equal((await ask('OPTIONS', '/v1/traces', origin)).status, 405);
  });
});

describe('origins that are allowed', () => {
  it('are echoed, others are not', async () => {
    const own = new HttpServer({ ...parts, corsOrigin: /^https?:\/\/(a|b)\.test$/ });
    await own.ready();
    const listening = new Listeners({
      handler: own.handler,
      grpc: async () => assert.fail('no gRPC'),
      log: SILENT,
    });
    const at = await listening.http({ host: '127.0.0.1', port: 0 });
    try {
      for (const [origin, echoed] of [
        ['http://a.test', 'http://a.test'],
        ['http://c.test', null],
      ] as const) {
        const answer = await fetch(`http://127.0.0.1:${at.port}/api/v1/query`, { headers: { origin } });
        assert.equal(answer.headers.get('access-control-allow-origin'), echoed);
        assert.equal(answer.headers.get('access-control-allow-methods'), 'GET, POST, OPTIONS');
      }
    } finally {
      listening.stopAccepting();
      listening.destroy();
    }
  });
});

describe('an endpoint that reads its own body', () => {
  it('is given the content type as it came, whatever it is', async () => {
    for (const type of ['application/json', ';;;', 'text/plain; charset=utf-8']) {
      const { body } = await ask('POST', '/v1/traces', { 'content-type': type }, '{}');
      assert.deepEqual(JSON.parse(body.toString()), { type, bytes: 2, declared: 2 });
    }
    const none = await ask('POST', '/v1/traces', { 'transfer-encoding': 'chunked' }, '{}');
    assert.deepEqual(JSON.parse(none.body.toString()), { type: null, bytes: 2, declared: null });
    const empty = await ask('POST', '/v1/traces', {});
    assert.equal(JSON.parse(empty.body.toString()).bytes, 0);
  });

  it('bounds it', async () => {
    const { status, body } = await ask('POST', '/v1/traces', {}, Buffer.alloc(200_000));
    assert.equal(status, 413);
    assert.match(body.toString(), /the limit is 1000 bytes/);
  });
});

describe('a connection', () => {
  it('of a client that goes away fires the signal of its query', async () => {
    const started = Promise.withResolvers<void>();
    answerWith = () => {
      started.resolve();
      return new Promise(() => {});
    };
    const request = httpRequest({ ...address, path: '/api/v1/query', agent: false });
    request.on('error', () => {});
    request.end();
    await started.promise;
    const fired = new Promise((resolve) => signal!.addEventListener('abort', resolve));
    request.destroy();
    await fired;
    assert.equal((signal!.reason as TriliteError).kind, 'canceled');
    answerWith = async () => json({});
  });

  it('that opens with the preface of HTTP/2 goes to gRPC with every byte, however they come', async () => {
    for (const pieces of [['PRI * HTTP/2.0\r\n'], ['P', 'R', 'I * H']]) {
      const socket = connect(address.port, address.host);
      socket.on('error', () => {});
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await eventually(async () => assert.ok(injected.at(-1)?.remotePort === socket.localPort));
      const taken = injected.at(-1)!;
      assert.equal((taken.read() as Buffer).toString(), pieces.join(''));
      socket.destroy();
    }
    assert.equal(injected.length, 2);
  });

  it('that begins alike but is HTTP/1 is served as such, split anywhere, and kept', async () => {
    const socket = connect(address.port, address.host);
    const texts: string[] = [];
    socket.on('data', (chunk: Buffer) => texts.push(chunk.toString()));
    const pieces = [
      'P',
      'ROPFIND /nope HTTP/1.1\r\nhost: x\r\n\r\n',
      'GET /api/v1/query HTTP/1.1\r\nhost: x\r\n\r\n',
    ];
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    assert.match(texts.join(''), /^HTTP\/1\.1 404 .*HTTP\/1\.1 200 /s);
    socket.destroy();
  });

  it('names the reason when a port is taken', async () => {
    await assert.rejects(listeners.http(address), {
      name: 'ListenError',
      message: `cannot listen on http://127.0.0.1:${address.port}: the port is taken`,
    });
  });
});

describe('an answer in pieces', () => {
  const FIRST = utf8Encode('first ');
  const answerOf = (rest: AsyncIterable<Uint8Array>): ServiceAnswer => ({
    status: 200,
    contentType: 'x/y',
    body: FIRST,
    rest,
  });

  it('is sent as it comes, without a length and as it is', async () => {
    const pieces = Array.from({ length: 40 }, (_, i) => Buffer.alloc(100_000, i));
    answerWith = async () =>
      answerOf(
        (async function* () {
          yield* pieces;
        })(),
      );
    const { headers, body } = await ask('GET', '/api/v1/query', { 'accept-encoding': 'gzip' });
    assert.deepEqual([headers['content-length'], headers['content-encoding']], [undefined, undefined]);
    assert.equal(headers['content-type'], 'x/y');
    assert.ok(body.equals(Buffer.concat([FIRST, ...pieces])));
  });

  it('that fails half-way breaks the connection off', async () => {
    answerWith = async () =>
      answerOf(
        // biome-ignore lint/correctness/useYield: it is to fail
        (async function* () {
          throw new TriliteError('internal', 'no more');
        })(),
      );
    await assert.rejects(broken('/api/v1/query'), { code: 'ECONNRESET' });
  });

  it('is made no faster than its client takes it, and ends with the client or the deadline', async () => {
    let made = 0;
    let left = false;
    answerWith = async () =>
      answerOf(
        (async function* () {
          try {
            for (; !signal?.aborted; made++) yield Buffer.alloc(1 << 20);
            throw signal?.reason;
          } finally {
            left = true;
          }
        })(),
      );
    // A client that reads nothing: some pieces go into buffers of both ends, and then the deadline comes.
    const socket = connect(address);
    socket.on('error', () => {});
    socket.pause();
    socket.write('GET /api/v1/query HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (!signal?.aborted || made === 0) return;
        clearInterval(timer);
        resolve();
      }, 5);
    });
    assert.equal((signal!.reason as TriliteError).kind, 'timeout');
    assert.ok(made < 64, `${made} pieces`);
    while (!left) await new Promise((resolve) => setTimeout(resolve, 5));
    socket.destroy();
  });
});

/** Rejects with what ends the connection. */
function broken(path: string): Promise<never> {
  return new Promise((_, reject) => {
    const request = httpRequest({ ...address, path, agent: false }, (response) => {
      response.on('error', reject);
      response.on('end', () => reject(new Error('the answer came whole')));
      response.resume();
    });
    request.on('error', reject);
    request.end();
  });
}
