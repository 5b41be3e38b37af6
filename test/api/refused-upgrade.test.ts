/** Requests that offer another protocol than this server speaks there: answered as if they had not. */

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type ListenAddress, Listeners } from '../../src/api/listeners.ts';
import { SILENT } from '../../src/base/log.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

const seen: Seen[] = [];
let upgraded = 0;
const listeners = new Listeners({
  handler: async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    seen.push({ method: request.method, url: request.url, headers: request.headers, body });
    response.end(`answer ${seen.length}`);
  },
  upgrade: (request, socket) => {
    if (request.headers.upgrade !== 'wanted') return false;
    upgraded++;
    socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    return true;
  },
  grpc: async () => ({ injectConnection: (socket) => socket.destroy() }),
  log: SILENT,
});
let address: ListenAddress;

before(async () => {
  address = await listeners.http({ host: '127.0.0.1', port: 0 });
});
after(() => {
  listeners.stopAccepting();
  listeners.destroy();
});

/** Sends the pieces one after another on one connection; everything that comes back until `count` answers are in. */
async function exchange(pieces: readonly string[], count: number): Promise<string> {
  const socket = connect(address.port, address.host);
  let text = '';
  socket.setEncoding('utf8');
  for (const piece of pieces) {
    socket.write(piece);
    // A packet of its own.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for await (const data of socket) {
    text += data;
    if (text.split('HTTP/1.1 ').length > count && /answer \d+/.test(text.slice(-12))) break;
  }
  socket.destroy();
  return text;
}

const OFFER = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';

describe('an offer that is not taken', () => {
  test('is left out, the request is answered with its body, and the connection goes on', async () => {
    seen.length = 0;
    const body = 'b'.repeat(100_000);
    const post = `POST /push?a=b HTTP/1.1\r\nHost: here\r\nX-Other: é\r\n${OFFER}Content-Length: ${body.length}\r\n\r\n`;
    const get = `GET /next HTTP/1.1\r\nHost: here\r\n${OFFER}\r\n`;
    const text = await exchange([post, body.slice(0, 10), body.slice(10), get, get], 3);
    assert.equal(text.match(/HTTP\/1.1 200 OK/g)?.length, 3);
    assert.deepEqual(
      seen.map(({ method, url }) => `${method} ${url}`),
      ['POST /push?a=b', 'GET /next', 'GET /next'],
    );
    assert.equal(seen[0]!.body, body);
    for (const { headers } of seen) {
      assert.deepEqual(
        [headers.upgrade, headers.connection, headers['http2-settings']],
        Array(3).fill(undefined),
      );
      assert.equal(headers.host, 'here');
    }
    assert.equal(Buffer.from(String(seen[0]!.headers['x-other']), 'latin1').toString('utf8'), 'é');
  });

  test('leaves what else the connection header says', async () => {
    seen.length = 0;
    const request =
      'GET / HTTP/1.1\r\nHost: here\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const text = await exchange([request], 1);
    assert.match(text, /\r\nConnection: close\r\n/);
    assert.equal(seen[0]!.headers.connection, 'close');
  });

  test('takes a body in chunks as any other', async () => {
    seen.length = 0;
    const request = `POST / HTTP/1.1\r\nHost: here\r\n${OFFER}Transfer-Encoding: chunked\r\n\r\n`;
    await exchange([request, '3\r\nabc\r\n', '2\r\nde\r\n0\r\n\r\n'], 1);
    assert.equal(seen[0]!.body, 'abcde');
  });
});

test('an offer that is taken gets the connection', async () => {
  const request = 'GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: wanted\r\n\r\n';
  assert.match(await exchange([request], 1), /^HTTP\/1.1 101/);
  assert.equal(upgraded, 1);
});
