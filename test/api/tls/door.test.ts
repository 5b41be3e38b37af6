/** TLS in front of listeners: what is no TLS, who is too slow, what is agreed on, and sessions that begin under other rules. */

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { Listeners, type OpenAddress } from '../../../src/api/listeners.ts';
import { ListenersTlsDoor } from '../../../src/api/tls-door.ts';
import { certificateSubjects, verifiedCertificate } from '../../../src/base/client-certificate.ts';
import { createLogger } from '../../../src/base/log.ts';
import type { ServerTlsSettings } from '../../../src/base/server-tls.ts';
import { readServerMaterial } from '../../../src/base/server-tls-material.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { Authority, type Pair } from '../../support/certificates.ts';
import { eventually } from '../../support/poll.ts';
import { askOverTls } from '../../support/tls-client.ts';
import { tlsSettings } from '../../support/tls-settings.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
/** Long enough for the handshakes of a busy machine, short enough to wait for. */
const HANDSHAKE_MAX_MS = 1500;

let authority: Authority;
let pair: Pair;
let client: Pair;
let listeners: Listeners;
let door: ListenersTlsDoor;
let telemetry: Telemetry;
let logged: string[];
let served: (string[] | undefined)[];
let toGrpc: Socket[];
let http: OpenAddress;
let grpc: OpenAddress;

before(() => {
  authority = new Authority();
  pair = authority.issue('server', { names: 'IP:127.0.0.1' });
  client = authority.issue('client', { commonName: 'shop', names: 'DNS:shop.example' });
});
after(() => {
  listeners.stopAccepting();
  listeners.destroy();
  authority.remove();
});

async function generation(more: Partial<ServerTlsSettings>) {
  const settings = tlsSettings(pair, more);
  return { settings, context: (await readServerMaterial(settings)).options };
}
const open = async (more: Partial<ServerTlsSettings> = {}) => {
  listeners?.destroy();
  listeners?.stopAccepting();
  telemetry = new Telemetry();
  [logged, served, toGrpc] = [[], [], []];
  const log = createLogger('debug', (line) => logged.push(line));
  const options = { telemetry, log, now: Date.now, handshakeMaxMs: HANDSHAKE_MAX_MS };
  door = new ListenersTlsDoor(await generation(more), options);
  listeners = new Listeners({
    handler: (request, response) => {
      const certificate = verifiedCertificate(request.socket);
      served.push(certificate && certificateSubjects(certificate));
      response.end('served');
    },
    grpc: async () => ({
      injectConnection: (socket) => {
        toGrpc.push(socket);
        socket.end('grpc');
      },
    }),
    tls: () => door,
    headers: () => ({ 'X-Frame-Options': 'deny' }),
    log,
  });
  http = await listeners.http(ANY_PORT);
  grpc = await listeners.grpc(ANY_PORT);
};

const failures = (reason: string) =>
  Number(new RegExp(`errors_total\\{reason="${reason}"\\} (\\d+)`).exec(telemetry.print())![1]);
const ask = (port: number, options: ConnectionOptions = {}, own?: Pair) =>
  askOverTls({ port, ca: authority.pair.cert, protocol: 'http/1.1', pair: own, options });

/** Everything that comes back for `text` over plain TCP. */
function askPlain(port: number, text: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectPlain({ port, host: '127.0.0.1' }, () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

describe('what is no TLS', () => {
  beforeEach(() => open());

  test('is told so where it is HTTP', async () => {
    for (const line of [
      'GET / HTTP/1.1\r\n\r\n',
      'POST /v1/traces HTTP/1.1\r\nHost: a\r\n\r\nbody',
      'HEAD / ',
      'PUT /',
      'OPTIO',
    ]) {
      for (const { port } of [http, grpc]) {
        assert.equal(
          await askPlain(port, line),
          'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n',
        );
      }
    }
    assert.equal(failures('plain_http'), 10);
    assert.deepEqual(served, []);
  });

  test('is hung up on where it is anything else', async () => {
    for (const bytes of [
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'SSH-2.0-x\r\n',
      Buffer.from('8000000000', 'hex'),
      'GEX /aaaaaaaa',
    ]) {
      assert.doesNotMatch(await askPlain(http.port, bytes), /HTTP/);
    }
    assert.equal(failures('handshake'), 4);
    assert.equal(failures('plain_http'), 0);
  });

  test('is logged at a bounded pace', async () => {
    for (let i = 0; i < 30; i++) await askPlain(http.port, 'GET / HTTP/1.1\r\n\r\n');
    assert.equal(failures('plain_http'), 30);
    assert.ok(logged.length >= 10 && logged.length < 25, String(logged.length));
    assert.match(logged[0]!, /level=debug msg="TLS handshake failed" peer=127\.0\.0\.1 reason=plain_http/);
  });
});

describe('a client that is too slow', () => {
  beforeEach(() => open());

  test('is given up, whether it says nothing, a little or half a handshake', async () => {
    // A ClientHello, cut in the middle.
    const hello = Buffer.from(`16030101000100 00fc0303${'00'.repeat(60)}`.replaceAll(' ', ''), 'hex');
    const ended = ['', 'GE', hello.subarray(0, 1), hello].map((bytes) => askPlain(http.port, bytes));
    assert.deepEqual(await Promise.all(ended), ['', '', '', '']);
    assert.equal(failures('timeout'), 4);
    // Nothing of them is left.
    await listeners.drained(0);
    const start = Date.now();
    await listeners.drained(60_000);
    assert.ok(Date.now() - start < 50_000, 'a connection is still held');
  });

  test('that hangs up by itself is forgotten', async () => {
    for (let i = 0; i < 5; i++) {
      await new Promise<void>((resolve) => {
        const socket = connectPlain({ port: http.port, host: '127.0.0.1' }, () => socket.end('\x16'));
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        socket.resume();
      });
    }
    const start = Date.now();
    await listeners.drained(60_000);
    assert.ok(Date.now() - start < 50_000);
  });
});

describe('what is agreed on', () => {
  const agreed = (port: number, offered: readonly string[] | undefined): Promise<string | false | Error> =>
    new Promise((resolve) => {
      const socket = connect({
        port,
        host: '127.0.0.1',
        ca: authority.pair.cert,
        ...(offered && { ALPNProtocols: [...offered] }),
      });
      socket.on('secureConnect', () => {
        resolve(socket.alpnProtocol ?? false);
        socket.destroy();
      });
      socket.on('error', resolve);
    });

  test('is HTTP/1 where a client can, and gRPC where it offers nothing else', async () => {
    await open();
    assert.equal(await agreed(http.port, ['h2', 'http/1.1']), 'http/1.1');
    assert.equal(await agreed(http.port, ['h2']), 'h2');
    assert.equal(await agreed(http.port, undefined), false);
    assert.equal(await agreed(grpc.port, ['http/1.1', 'h2']), 'h2');
    assert.match(String(await agreed(http.port, ['spdy/1'])), /no application protocol/);
    assert.match(String(await agreed(grpc.port, ['http/1.1'])), /no application protocol/);
  });

  test('leads to the right server', async () => {
    await open();
    assert.match(await ask(http.port), /^HTTP\/1\.1 200 [\s\S]*X-Frame-Options: deny/);
    assert.match(
      await ask(http.port, { ALPNProtocols: [] }),
      /^HTTP\/1\.1 200 /,
      'without agreeing on anything',
    );
    assert.equal(await ask(http.port, { ALPNProtocols: ['h2'] }), 'grpc');
    assert.equal(await ask(grpc.port, { ALPNProtocols: ['h2'] }), 'grpc');
    assert.equal(toGrpc.length, 2);
  });

  test('is never HTTP/2 on ports of HTTP where that is off', async () => {
    await open({ http2: false });
    assert.equal(await agreed(http.port, ['h2', 'http/1.1']), 'http/1.1');
    assert.match(String(await agreed(http.port, ['h2'])), /no application protocol/);
    assert.equal(await agreed(grpc.port, ['h2']), 'h2');
  });
});

describe('connections over TLS', () => {
  test("are the HTTP server's own: it ends those that wait for a request, and no others", async () => {
    await open();
    const socket = connect({ port: http.port, host: '127.0.0.1', ca: authority.pair.cert });
    const answered = once(socket, 'data');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(String((await answered)[0]), /Connection: keep-alive[\s\S]*Keep-Alive: timeout=120/);
    const closed = once(socket, 'close');
    listeners.stopAccepting();
    await closed;
    await listeners.drained(1000);
  });
});

describe('versions, ciphers and curves', () => {
  const reached = async (options: ConnectionOptions) =>
    (await ask(http.port, options)).startsWith('HTTP/1.1 200');

  test("are today's unless older ones are asked for", async () => {
    const old: ConnectionOptions = {
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    };
    await open();
    assert.equal(await reached(old), false);
    await open({ minVersion: 'TLSv1.1' });
    assert.equal(await reached(old), true);
    assert.equal(await reached({ minVersion: 'TLSv1.3' }), true);
    await open({ minVersion: 'TLSv1.3' });
    assert.equal(await reached({ maxVersion: 'TLSv1.2' }), false);
    assert.equal(await reached({}), true);
    await open({ maxVersion: 'TLSv1.2' });
    assert.equal(await reached({ minVersion: 'TLSv1.3' }), false);
  });

  test('are those that are named', async () => {
    await open({ ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'], curves: ['P-384'] });
    const with12 = (ciphers: string): ConnectionOptions => ({ maxVersion: 'TLSv1.2', ciphers });
    assert.equal(await reached(with12('ECDHE-RSA-AES256-GCM-SHA384')), true);
    assert.equal(await reached(with12('ECDHE-RSA-AES128-GCM-SHA256')), false);
    assert.equal(await reached({ minVersion: 'TLSv1.3', ciphers: 'TLS_CHACHA20_POLY1305_SHA256' }), true);
    assert.equal(await reached({ ecdhCurve: 'X25519' }), false);
    assert.equal(await reached({ ecdhCurve: 'P-384' }), true);
  });
});

describe('sessions', () => {
  /** Connects, asks, and gives the session that the server hands out. */
  const begin = (version: 'TLSv1.2' | 'TLSv1.3', own: Pair | undefined, session?: Buffer) =>
    new Promise<{ session: Buffer | undefined; isReused: boolean; answer: string }>((resolve) => {
      let found: Buffer | undefined;
      const socket: TLSSocket = connect({
        port: http.port,
        host: '127.0.0.1',
        ca: authority.pair.cert,
        minVersion: version,
        maxVersion: version,
        ...(own && { cert: own.cert, key: own.key }),
        ...(session && { session }),
      });
      let answer = '';
      let isReused = false;
      socket.on('secureConnect', () => {
        isReused = socket.isSessionReused();
        socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      });
      socket.on('session', (given) => {
        found = given;
      });
      socket.on('data', (data) => {
        answer += data;
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve({ session: found, isReused, answer }));
    });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const rules = { clientAuth: 'VerifyClientCertIfGiven' } as const;
    const withCa = () => ({ ...rules, clientCa: { file: authority.pair.certFile } });

    test(`know their client when they go on over ${version}`, async () => {
      await open(withCa());
      const first = await begin(version, client);
      const again = await begin(version, undefined, first.session);
      assert.deepEqual([first.isReused, again.isReused], [false, true]);
      assert.deepEqual(served, [
        ['shop', 'shop.example'],
        ['shop', 'shop.example'],
      ]);
    });

    test(`of nobody in particular stay so over ${version}`, async () => {
      await open(withCa());
      const first = await begin(version, undefined);
      const again = await begin(version, undefined, first.session);
      assert.equal(again.isReused, true);
      assert.match(again.answer, /served/);
      assert.deepEqual(served, [undefined, undefined]);
    });

    test(`do not outlive the rules that they began under, over ${version}`, async () => {
      await open(withCa());
      const first = await begin(version, client);
      const other = new Authority();
      try {
        const clientCa = { file: other.pair.certFile };
        door.use(await generation({ clientAuth: 'RequireAndVerifyClientCert', clientCa }));
        const again = await begin(version, client, first.session);
        assert.deepEqual([again.isReused, again.answer], [false, '']);
        assert.equal(served.length, 1);
        assert.ok(failures('client_certificate') >= 1);
      } finally {
        other.remove();
      }
    });
  }

  test('cannot be negotiated anew', async () => {
    await open();
    const outcome = await new Promise((resolve) => {
      const socket = connect({
        port: http.port,
        host: '127.0.0.1',
        ca: authority.pair.cert,
        maxVersion: 'TLSv1.2',
      });
      socket.on('secureConnect', () => socket.renegotiate({}, () => resolve('renegotiated')));
      socket.on('error', () => resolve('refused'));
      socket.on('close', () => resolve('refused'));
    });
    assert.equal(outcome, 'refused');
  });

  test('without a rule ask nobody, and know nobody', async () => {
    await open({ clientAuth: 'RequestClientCert' });
    assert.match(await ask(http.port, {}, client), /^HTTP\/1\.1 200/);
    await eventually(async () => assert.deepEqual(served, [undefined]));
  });
});

describe('a certificate', () => {
  test('has its subjects, whatever is written in them', () => {
    const { raw } = new X509Certificate(client.cert);
    const of = (subjectaltname: string, CN?: string | string[]) =>
      certificateSubjects({ raw, subjectaltname, subject: { CN } } as never);
    assert.deepEqual(
      of('DNS:a, IP Address:2001:DB8:0:0:0:0:0:1, IP Address:10.0.0.1, URI:u:b, email:e@f', 'cn'),
      [...['cn', 'a', '2001:db8::1', '10.0.0.1', 'u:b', 'e@f']],
    );
    // One name that looks like two.
    assert.deepEqual(of('URI:"http://a, DNS:admin"'), ['http://a, DNS:admin']);
    assert.deepEqual(of('DNS:"x\\u0000y", DNS:b'), ['x\0y', 'b']);
    assert.deepEqual(of('othername:a, DirName:CN=admin, DNS:b'), ['b']);
    assert.deepEqual(of('', ['one', 'two']), ['one', 'two']);
    assert.deepEqual(of(''), []);
  });
});
