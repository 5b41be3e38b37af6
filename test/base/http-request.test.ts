/** Requests of the HTTP client: headers, redirects, kept connections, sockets, and what is told of failures. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { HttpClientConfig } from '../../src/base/http-client.ts';
import { HttpClient, type HttpRequest, networkError } from '../../src/base/http-request.ts';
import { readBody } from '../../src/base/read-body.ts';
import { shownUrl } from '../../src/base/url-credentials.ts';

const folder = mkdtempSync(join(tmpdir(), 'trilite-http-'));
const open: { close(): void }[] = [];
let port = 0;
let seen: http.IncomingMessage[] = [];

before(async () => {
  const server = http.createServer(async (request, response) => {
    seen.push(request);
    const [, status, location] = /^\/(3\d\d)\/(.*)$/.exec(request.url!) ?? [];
    if (status)
      return void response.writeHead(Number(status), { Location: decodeURIComponent(location!) }).end();
    response.end(`${request.method} ${request.url} ${await readBody(request, 1000)}`);
  });
  port = await listen(server);
});

after(() => {
  for (const one of open) one.close();
  rmSync(folder, { recursive: true, force: true });
});

async function listen(
  server: Server,
  at: { port: number; host: string } | string = { port: 0, host: '127.0.0.1' },
) {
  open.push({
    close() {
      if (server instanceof http.Server) server.closeAllConnections();
      server.close();
    },
  });
  await new Promise<void>((resolve) => server.listen(at, () => resolve()));
  return (server.address() as AddressInfo).port;
}

function client(config: Partial<HttpClientConfig> = {}): HttpClient {
  const made = new HttpClient({ followRedirects: true, httpHeaders: {}, ...config });
  open.push(made);
  return made;
}

async function ask(from: HttpClient, url: string, more: Partial<HttpRequest> = {}): Promise<string> {
  try {
    const signal = AbortSignal.timeout(10_000);
    const response = await from.send({ method: 'GET', url, headers: {}, signal, ...more });
    return `${response.statusCode} ${await readBody(response, 1000)}`;
  } catch (error) {
    return networkError(error);
  }
}

describe('headers', () => {
  it('of the configuration, also from files, stand beside what is accepted and replace others', async () => {
    const file = join(folder, 'header');
    writeFileSync(file, ' from file \n');
    const from = client({
      httpHeaders: { 'X-A': ['1'], accept: ['c/d'], 'x-own': ['theirs'] },
      secretHeaders: { 'X-A': [{ value: '2' }, { file }] },
    });
    await ask(from, `http://127.0.0.1:${port}/`, { headers: { Accept: 'a/b', 'X-Own': 'mine' } });
    const { headers } = seen.at(-1)!;
    assert.equal(headers['x-a'], '1, 2, from file');
    assert.equal(headers.accept, 'a/b, c/d');
    assert.equal(headers['x-own'], 'theirs');
    rmSync(file);
    const gone = `unable to read headers file ${file}: open ${file}: no such file or directory`;
    assert.equal(await ask(from, `http://127.0.0.1:${port}/`), gone);
  });

  it('have the credentials of the URL where there are no others', async () => {
    await ask(client(), `http://me:p%40ss@127.0.0.1:${port}/`);
    const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    assert.equal(seen.at(-1)!.headers.authorization, basic);
    const authorization = { type: 'Bearer', credentials: { value: 't' } };
    await ask(client({ authorization }), `http://me:p%40ss@127.0.0.1:${port}/`);
    assert.equal(seen.at(-1)!.headers.authorization, 'Bearer t');
  });

  it('with credentials read theirs anew', async () => {
    const file = join(folder, 'token');
    const from = client({ authorization: { type: 'Token', credentials: { file } } });
    const missing = `unable to read authorization credentials: unable to read file ${file}: open ${file}: no such file or directory`;
    assert.equal(await ask(from, `http://127.0.0.1:${port}/`), missing);
    for (const token of ['one', 'two']) {
      writeFileSync(file, `${token}\n`);
      await ask(from, `http://127.0.0.1:${port}/`);
      assert.equal(seen.at(-1)!.headers.authorization, `Token ${token}`);
    }
  });
});

describe('a redirect', () => {
  const authorization = { type: 'Bearer', credentials: { value: 't' } };
  const post = { method: 'POST', body: Buffer.from('body') } as const;
  const to = (status: number, location: string): string =>
    `http://127.0.0.1:${port}/${status}/${encodeURIComponent(location)}`;

  it('is followed as its status wants', async () => {
    const from = client();
    for (const status of [301, 302, 303])
      assert.equal(await ask(from, to(status, '/x'), post), '200 GET /x ');
    for (const status of [307, 308])
      assert.equal(await ask(from, to(status, '/x'), post), '200 POST /x body');
    assert.equal(await ask(from, to(305, '/x')), '305 ');
    assert.equal(await ask(client({ followRedirects: false }), to(302, '/x')), '302 ');
    assert.equal(await ask(from, to(302, 'ftp://x/')), 'unsupported protocol scheme "ftp"');
  });

  it('takes credentials along to the same host only, and not back again', async () => {
    const from = client({ authorization, httpHeaders: { Cookie: ['c'], 'X-Key': ['k'] } });
    seen = [];
    const back = `http://localhost:${port}/302/${encodeURIComponent(`http://127.0.0.1:${port}/end`)}`;
    assert.equal(await ask(from, to(302, to(302, back))), '200 GET /end ');
    const told = seen.map(({ headers }) => [headers.authorization, headers.cookie, headers['x-key']]);
    const [all, less] = [
      ['Bearer t', 'c', 'k'],
      [undefined, undefined, 'k'],
    ];
    assert.deepEqual(told, [all, all, less, less]);
  });

  it('that goes on and on is given up', async () => {
    seen = [];
    const round = createServer();
    const at = await listen(round);
    round.close();
    const loop = http.createServer((_, response) => response.writeHead(302, { Location: '/' }).end());
    await listen(loop, { port: at, host: '127.0.0.1' });
    assert.equal(await ask(client(), `http://127.0.0.1:${at}/`), 'stopped after 10 redirects');
  });
});

describe('a connection', () => {
  it('is kept for the next request', async () => {
    const from = client();
    seen = [];
    for (let i = 0; i < 3; i++) await ask(from, `http://127.0.0.1:${port}/`);
    assert.equal(new Set(seen.map(({ socket }) => socket)).size, 1);
  });

  it('that the server has closed meanwhile is made anew', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      let requests = 0;
      socket.on('data', () => {
        // The second request of a connection finds it closing.
        if (++requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        else socket.destroy();
      });
      socket.on('error', () => {});
    });
    const at = await listen(server);
    const from = client();
    assert.equal(await ask(from, `http://127.0.0.1:${at}/`), '200 ok');
    assert.equal(await ask(from, `http://127.0.0.1:${at}/`), '200 ok');
    assert.equal(connections, 2);
    const post = { method: 'POST', body: Buffer.from('x') } as const;
    assert.equal(
      await ask(from, `http://127.0.0.1:${at}/`, post),
      'EOF',
      'what is not harmless twice is not repeated',
    );
  });

  it('goes to a socket of this machine, one for each path', async () => {
    const from = client();
    for (const name of ['a', 'b']) {
      const path = join(folder, `${name}.sock`);
      const server = http.createServer((request, response) =>
        response.end(`${name} ${request.headers.host}`),
      );
      await listen(server, path);
      assert.equal(await ask(from, 'http://host:9/', { socketPath: path }), `200 ${name} host:9`);
    }
    const nowhere = join(folder, 'none.sock');
    const words = `dial unix ${nowhere}: connect: no such file or directory`;
    assert.equal(await ask(from, 'http://host/', { socketPath: nowhere }), words);
  });

  it('that is not there is told of', async () => {
    const from = client();
    assert.equal(await ask(from, 'http://127.0.0.1:1/'), 'dial tcp 127.0.0.1:1: connect: connection refused');
    assert.equal(await ask(from, 'http://no.invalid/'), 'dial tcp: lookup no.invalid: no such host');
    const mute = await listen(createServer((socket) => socket.end('220 smtp\r\n')));
    const malformed = 'net/http: HTTP/1.x transport connection broken: malformed HTTP response';
    assert.equal(await ask(from, `http://127.0.0.1:${mute}/`), malformed);
    const silent = await listen(createServer((socket) => socket.once('data', () => socket.end())));
    assert.equal(await ask(from, `http://127.0.0.1:${silent}/`), 'EOF');
  });

  it('that does not come about in time is let go', async () => {
    const sockets = new Set<unknown>();
    const closed = new Promise<void>((resolve) => {
      // Takes connections and never says anything in TLS.
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.resume();
        socket.on('close', () => resolve());
        socket.on('error', () => {});
      });
      void listen(server).then((at) => {
        const signal = AbortSignal.timeout(50);
        void ask(client(), `https://127.0.0.1:${at}/`, { signal });
      });
    });
    await closed;
    assert.equal(sockets.size, 1);
  });
});

describe('a URL that is told of', () => {
  it('has no password', () => {
    assert.equal(shownUrl('http://u:p@h/x?y'), 'http://u:***@h/x?y');
    assert.equal(shownUrl('http://u@h:80/x'), 'http://u@h:80/x');
    assert.equal(shownUrl('none'), 'none');
  });
});
