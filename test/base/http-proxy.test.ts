/** Requests through proxies: absolute URLs, CONNECT, SOCKS5, credentials, and what is told when they refuse. */

import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { HttpClientConfig, ProxyConfig } from '../../src/base/http-client.ts';
import { HttpClient, networkError } from '../../src/base/http-request.ts';
import { readBody } from '../../src/base/read-body.ts';
import { Authority } from '../support/certificates.ts';
import { ForwardProxy, socksServer } from '../support/forward-proxy.ts';

const authority = new Authority();
const pair = authority.issue('good', { names: 'IP:127.0.0.1,DNS:localhost,DNS:inside.test' });
const open: { close(): void }[] = [];
let plainPort = 0;
let securePort = 0;
const seen: http.IncomingMessage[] = [];

before(async () => {
  const answer: http.RequestListener = (request, response) => {
    seen.push(request);
    response.end(`asked for ${request.url}`);
  };
  plainPort = await listen(http.createServer(answer));
  securePort = await listen(https.createServer({ cert: pair.cert, key: pair.key }, answer));
});

after(() => {
  for (const one of open) one.close();
  authority.remove();
});

async function listen(server: Server): Promise<number> {
  open.push({
    close() {
      if ('closeAllConnections' in server) (server as http.Server).closeAllConnections();
      server.close();
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function proxyOf(options: ConstructorParameters<typeof ForwardProxy>[0] = {}) {
  const proxy = new ForwardProxy(options);
  open.push(proxy);
  return { proxy, port: await proxy.listen() };
}

function through(
  url: string,
  more: Partial<ProxyConfig> = {},
  config: Partial<HttpClientConfig> = {},
): HttpClient {
  const client = new HttpClient({
    proxy: { url, noProxy: '', connectHeaders: {}, ...more },
    tls: { ca: { value: authority.pair.cert }, serverName: '', insecureSkipVerify: false },
    followRedirects: true,
    httpHeaders: {},
    ...config,
  });
  open.push(client);
  return client;
}

async function ask(client: HttpClient, url: string): Promise<string> {
  try {
    const abort = new AbortController();
    const { signal } = abort;
    const response = await client.send({ method: 'GET', url, headers: { 'X-Own': '1' }, signal });
    const answer = `${response.statusCode} ${await readBody(response, 1000)}`;
    // What comes too late changes nothing.
    abort.abort();
    return answer;
  } catch (error) {
    return networkError(error);
  }
}

describe('an http target', () => {
  it('is asked for by its whole URL', async () => {
    const { proxy, port } = await proxyOf({ credentials: 'me:p%w' });
    const client = through(`http://me:p%25w@127.0.0.1:${port}`, { connectHeaders: { 'X-Secret': ['1'] } });
    assert.equal(await ask(client, `http://127.0.0.1:${plainPort}/m?a=b`), '200 asked for /m?a=b');
    assert.equal(await ask(client, `http://127.0.0.1:${plainPort}/n`), '200 asked for /n');
    const [first] = proxy.asked;
    assert.equal(first!.target, `http://127.0.0.1:${plainPort}/m?a=b`);
    assert.equal(first!.headers.host, `127.0.0.1:${plainPort}`);
    assert.equal(first!.headers['x-own'], '1');
    assert.equal(first!.headers['x-secret'], undefined);
  });

  it('shows what the proxy answers where that refuses', async () => {
    const { port } = await proxyOf({ credentials: 'me:pw' });
    assert.equal(await ask(through(`http://127.0.0.1:${port}`), `http://127.0.0.1:${plainPort}/`), '407 ');
  });

  it('goes through a proxy that is reached with TLS', async () => {
    const { proxy, port } = await proxyOf({ tls: pair });
    const client = through(`https://127.0.0.1:${port}`);
    assert.equal(await ask(client, `http://127.0.0.1:${plainPort}/t`), '200 asked for /t');
    assert.equal(await ask(client, `https://127.0.0.1:${securePort}/u`), '200 asked for /u');
    assert.deepEqual(
      proxy.asked.map(({ method }) => method),
      ['GET', 'CONNECT'],
    );
  });
});

describe('an https target', () => {
  it('is reached by CONNECT, its headers hidden from the proxy', async () => {
    const { proxy, port } = await proxyOf({ credentials: 'me:pw' });
    const client = through(`http://me:pw@127.0.0.1:${port}`, { connectHeaders: { 'X-Secret': ['1', '2'] } });
    assert.equal(await ask(client, `https://127.0.0.1:${securePort}/m`), '200 asked for /m');
    assert.equal(await ask(client, `https://127.0.0.1:${securePort}/n`), '200 asked for /n');
    const [{ method, target, headers }] = proxy.asked as [(typeof proxy.asked)[0]];
    assert.deepEqual([method, target], ['CONNECT', `127.0.0.1:${securePort}`]);
    assert.equal(headers['x-secret'], '1, 2');
    assert.equal(headers['x-own'], undefined);
    assert.equal(proxy.asked.length, 1, 'the connection is kept');
    assert.equal(seen.at(-1)!.headers['proxy-authorization'], undefined);
  });

  it('that is not reached is told of in the words of the proxy', async () => {
    const { port } = await proxyOf({ credentials: 'me:pw' });
    const url = `https://127.0.0.1:${securePort}/`;
    assert.equal(await ask(through(`http://127.0.0.1:${port}`), url), 'Proxy Authentication Required');
    assert.equal(await ask(through(`http://me:pw@127.0.0.1:${port}`), 'https://127.0.0.1:1/'), 'Bad Gateway');
    const gone = 'proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused';
    assert.equal(await ask(through('http://127.0.0.1:1'), url), gone);
    const unknown = through(
      `http://me:pw@127.0.0.1:${port}`,
      {},
      { tls: { serverName: '', insecureSkipVerify: false } },
    );
    assert.match(await ask(unknown, url), /^tls: failed to verify certificate: .*unknown authority$/);
  });

  it('goes directly where it is excepted', async () => {
    const client = through('http://127.0.0.1:1', { noProxy: 'x' });
    assert.equal(await ask(client, `https://localhost:${securePort}/`), '200 asked for /');
  });
});

describe('SOCKS5', () => {
  it('carries both, names resolved by the proxy', async () => {
    const asked: string[] = [];
    const socks = await listen(socksServer(securePort, 'pw', asked));
    const secure = through(`socks5://me:pw@127.0.0.1:${socks}`);
    assert.equal(await ask(secure, 'https://inside.test:7/s'), '200 asked for /s');
    assert.deepEqual(asked, ['me', '3:\x0binside.test\0\x07']);
    const plain = await listen(socksServer(plainPort, '', asked));
    assert.equal(
      await ask(through(`socks5://127.0.0.1:${plain}`), 'http://10.0.0.1:258/p'),
      '200 asked for /p',
    );
    assert.equal(asked.at(-1), '1:\x0a\0\0\x01\x01\x02');
    await ask(through(`socks5h://127.0.0.1:${plain}`), 'http://[2001:db8::ff01]/p');
    assert.equal(
      Buffer.from(asked.at(-1)!.slice(2), 'latin1').toString('hex'),
      `20010db8${'00'.repeat(10)}ff010050`,
    );
  });

  it('tells why there is no connection', async () => {
    const socks = await listen(socksServer(plainPort, 'pw', []));
    const wrong = `socks connect tcp 127.0.0.1:${socks}->a.test:80: username/password authentication failed`;
    assert.equal(await ask(through(`socks5://me:no@127.0.0.1:${socks}`), 'http://a.test/'), wrong);
    const forbidden = `socks connect tcp 127.0.0.1:${socks}->forbidden:80: connection not allowed by ruleset`;
    assert.equal(await ask(through(`socks5://127.0.0.1:${socks}`), 'http://forbidden/'), forbidden);
  });
});
