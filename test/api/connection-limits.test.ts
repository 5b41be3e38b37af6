/** Connections beyond the bounds are closed, requests sent without waiting are bounded, headers must come in time. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import net from 'node:net';
import { after, describe, it } from 'node:test';
import { boundedPipeline, ConnectionLimits } from '../../src/api/connection-limits.ts';
import { eventually } from '../support/poll.ts';

const MIB = 1024 ** 2;
const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}

function open(port: number, localAddress: string): Promise<net.Socket> {
  const socket = net.connect({ host: '127.0.0.1', port, localAddress });
  socket.on('error', () => {});
  socket.resume();
  return new Promise((resolve) => socket.once('connect', () => resolve(socket)));
}

describe('connections', () => {
  it('follow from the memory limit, within bounds', () => {
    assert.equal(new ConnectionLimits(1024 * MIB).connectionsMax, 4096);
    assert.equal(new ConnectionLimits(256 * MIB).connectionsMax, 1024);
    assert.equal(new ConnectionLimits(0).connectionsMax, 512);
    assert.equal(new ConnectionLimits(0).addressMax, 384);
  });

  it('of one address leave room for others', async () => {
    const limits = new ConnectionLimits(0);
    const server = createServer((_request, response) => void response.end());
    limits.watch(server);
    const port = await listen(server);
    const greedy = await Promise.all(
      Array.from({ length: limits.addressMax + 20 }, () => open(port, '127.0.0.2')),
    );
    await eventually(async () => assert.equal(greedy.filter((socket) => socket.destroyed).length, 20));
    assert.equal(limits.count, limits.addressMax);
    assert.equal(limits.refused, 20);
    const other = await open(port, '127.0.0.3');
    other.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(other, 'data');
    for (const socket of [...greedy, other]) socket.destroy();
    await eventually(async () => assert.equal(limits.count, 0));
    const again = await open(port, '127.0.0.2');
    again.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(again, 'data');
  });
});

describe('requests without waiting', () => {
  it('are answered in order up to a bound, beyond which the connection is closed', async () => {
    let begun = 0;
    const handler = boundedPipeline((_request, response) => {
      begun++;
      setTimeout(() => response.end('x'), 20);
    });
    const port = await listen(createServer(handler));
    const text = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
    const polite = await open(port, '127.0.0.1');
    let answers = 0;
    polite.on('data', (data: Buffer) => {
      answers += data.toString().split('HTTP/1.1 200').length - 1;
    });
    polite.write(text.repeat(32));
    await eventually(async () => assert.equal(answers, 32));
    polite.write(text);
    await eventually(async () => assert.equal(answers, 33));
    const flood = await open(port, '127.0.0.1');
    begun = 0;
    flood.write(text.repeat(2000));
    await eventually(async () => assert.ok(flood.destroyed));
    assert.ok(begun <= 32, `${begun} were begun`);
  });
});
