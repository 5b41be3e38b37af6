/** Clients that take their time: headers, bodies and answers that never end, connections that say nothing. */

import net from 'node:net';
import { type Attack, pause, repeat } from '../attack.ts';
import { connect, hold } from '../send.ts';

const HOST = 'Host: x\r\n';

export const slowHeaders: Attack = {
  name: 'slow-headers',
  strike: (strike) =>
    hold(strike, 1000, `GET /api/v1/labels HTTP/1.1\r\n${HOST}`, { bytes: 'X-A: b\r\n', everyMs: 1000 }),
};

export const slowBodies: Attack = {
  name: 'slow-bodies',
  strike: (strike) => {
    const path = strike.random.pick([
      '/v1/logs',
      '/api/v1/write',
      '/loki/api/v1/push',
      '/api/v1/query',
      '/api/v2/spans',
    ]);
    const length = strike.random.pick([
      'Content-Length: 1000000',
      'Content-Length: 16000000',
      'Transfer-Encoding: chunked',
    ]);
    const head = `POST ${path} HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n${length}\r\n\r\n`;
    return hold(strike, 1500, head, { bytes: length.startsWith('T') ? '1\r\n \r\n' : ' ', everyMs: 1000 });
  },
};

/** Asks for large answers and reads none of them. */
export const slowReaders: Attack = {
  name: 'slow-readers',
  strike: async (strike) => {
    const sockets: net.Socket[] = [];
    const paths = [
      '/metrics',
      '/federate?match[]=%7B__name__%3D~%22.%2B%22%7D',
      '/api/v1/series?match[]=%7B__name__%3D~%22.%2B%22%7D',
      '/api/v1/query_range?query=rand_total&start=0&end=10000&step=1',
      `/api/v1/query_range?query=${encodeURIComponent('label_replace(vector(1),"a","$1","","(.*)")')}&start=0&end=10999&step=1`,
      `/loki/api/v1/query_range?query=${encodeURIComponent('{app=~".+"}')}&limit=5000`,
    ];
    await repeat(
      strike,
      4,
      async () => {
        const socket = await connect(strike, strike.target.http, false);
        sockets.push(socket);
        socket.pause();
        for (let i = 0; i < 20; i++) {
          if (!socket.destroyed) socket.write(`GET ${strike.random.pick(paths)} HTTP/1.1\r\n${HOST}\r\n`);
        }
        strike.tell('20 requests unread');
        await pause(strike, 50);
      },
      50,
    );
    await pause(strike, 60_000);
    for (const socket of sockets) socket.destroy();
  },
};

/** Connections that say nothing, or the beginnings of other protocols. */
export const halfOpen: Attack = {
  name: 'half-open',
  strike: (strike) => {
    const { http, grpc, jaegerThrift } = strike.target;
    const head = strike.random.pick([
      '',
      'P',
      'PR',
      'PRI * HTTP/2.0\r\n\r\nSM',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'GET / HT',
      '\x00\x00\x00\x00',
    ]);
    return hold(strike, 3000, head, undefined, strike.random.pick([http, grpc, jaegerThrift]));
  },
};

/** Connections that come and go. */
export const churn: Attack = {
  name: 'connection-churn',
  strike: (strike) =>
    repeat(strike, 32, async (n) => {
      const port = n % 3 === 0 ? strike.target.grpc : strike.target.http;
      await new Promise<void>((resolve) => {
        const socket = net.connect({ host: '127.0.0.1', port, localAddress: strike.from });
        socket.on('error', () => {});
        socket.once('close', () => resolve());
        socket.once('connect', () => {
          if (n % 2 === 0) socket.resetAndDestroy();
          else socket.end('GET /-/ready HTTP/1.0\r\n\r\n', () => socket.destroy());
        });
      });
      strike.tell('connection');
    }),
};
