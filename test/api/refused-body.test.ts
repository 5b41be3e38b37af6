/** A request that is refused while its body is still on its way: its sender must come to read why. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

/** More than sockets hold, and more than the server has memory for: refused before a byte of it is read. */
const BODY_BYTES = 24 * 1024 * 1024;

describe('a body that is refused on its way', { timeout: 60_000 }, () => {
  let own: TemporaryServer;
  before(async () => {
    own = await temporaryServer('scrape_configs: []\ntrilite:\n  limits: { memory: 150MB }\n');
  });
  after(() => own?.dispose());

  test('its sender reads the refusal', async () => {
    for (let i = 0; i < 5; i++) {
      const answer = await fetch(`${own.server.base}/loki/api/v1/push`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: new Uint8Array(BODY_BYTES),
      });
      assert.equal(answer.status, 413);
      assert.match(await answer.text(), /the body takes more memory than there is/);
    }
  });

  test('a sender that never comes to an end is not waited for', async () => {
    const { hostname, port } = new URL(own.server.base);
    const socket = net.connect(Number(port), hostname);
    const closed = once(socket, 'close');
    socket.on('error', () => {});
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    const head = `POST /loki/api/v1/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    socket.write(`${head}Content-Length: ${BODY_BYTES}\r\n\r\n{`);
    await closed;
    assert.match(answer, /^HTTP\/1\.1 413 [\s\S]*\r\nConnection: close\r\n/);
  });
});
