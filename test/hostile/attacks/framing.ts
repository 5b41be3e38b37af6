/** HTTP that is framed badly: lengths that lie, endless chunks, two framings at once, folded and flooded headers. */

import { type Attack, pause, repeat, type Strike } from '../attack.ts';
import { connect, converse } from '../send.ts';

const PATHS = [
  '/v1/logs',
  '/api/v1/write',
  '/loki/api/v1/push',
  '/api/v1/query',
  '/api/v2/alerts',
  '/nothing',
];
const HOST = 'Host: x\r\n';
const TYPE = 'Content-Type: application/json\r\n';

function falseLength({ random }: Strike): string {
  const length = random.pick([
    '0',
    '5',
    '100',
    '99999999999',
    '67108864',
    '-1',
    '1e3',
    '0x10',
    '5, 5',
    '18446744073709551616',
    '',
  ]);
  return `POST ${random.pick(PATHS)} HTTP/1.1\r\n${HOST}${TYPE}Content-Length: ${length}\r\n\r\n{"streams":[]}`;
}

function smuggled({ random }: Strike): string {
  const path = random.pick(PATHS);
  const inner = 'GET /-/ready HTTP/1.1\r\nHost: y\r\n\r\n';
  return random.pick([
    `POST ${path} HTTP/1.1\r\n${HOST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    `POST ${path} HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${inner}`,
    `POST ${path} HTTP/1.1\r\n${HOST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${inner}`,
    `POST ${path} HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`,
    `POST ${path} HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 40\r\n\r\nabc${inner}`,
    `POST ${path} HTTP/1.1\r\n${HOST}X: a\r\n b\r\n\tc\r\nContent-Length: 0\r\n\r\n${inner}`,
    `GET ${path} HTTP/1.1\r\n${HOST}Host: z\r\n\r\n`,
    `GET ${path} HTTP/1.1\r\n\r\n`,
    `GET ${path} HTTP/9.9\r\n${HOST}\r\n`,
    `GET ${path}\r\n\r\n`,
    `GET http://elsewhere:1${path} HTTP/1.1\r\n${HOST}\r\n`,
    `CONNECT elsewhere:80 HTTP/1.1\r\n${HOST}\r\n`,
    `TRACE ${path} HTTP/1.1\r\n${HOST}\r\n`,
    `POST ${path} HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n`,
    `POST ${path} HTTP/1.1\r\n${HOST}Expect: wonders\r\nContent-Length: 0\r\n\r\n`,
    `POST ${path} HTTP/1.1\nHost: x\nContent-Length: 0\n\n`,
    `GET ${path} HTTP/1.1\r\n${HOST}Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    `PATCH ${path} HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
  ]);
}

function badChunks({ random }: Strike): string {
  const head = `POST ${random.pick(PATHS)} HTTP/1.1\r\n${HOST}${TYPE}Transfer-Encoding: chunked\r\n\r\n`;
  return (
    head +
    random.pick([
      'zz\r\n',
      '-1\r\n',
      'FFFFFFFFFFFFFFFFF\r\nabc',
      `1${';a=b'.repeat(20_000)}\r\na\r\n`,
      '5\r\nab\r\n0\r\n\r\n',
      `3\r\nabc\r\n0\r\n${'T: x\r\n'.repeat(5000)}\r\n`,
    ])
  );
}

export const falseFraming: Attack = {
  name: 'false-framing',
  strike: (strike) =>
    repeat(strike, 8, () => {
      const make = strike.random.pick([falseLength, smuggled, badChunks]);
      return converse(strike, make(strike), { waitMs: 500 });
    }),
};

function headers({ random }: Strike): string {
  return random.pick([
    () => `X-A: ${'a'.repeat(random.int(1, 3) * 400_000)}\r\n`,
    () => Array.from({ length: 20_000 }, (_, i) => `X-${i}: ${i}\r\n`).join(''),
    () => 'X-Same: 1\r\n'.repeat(20_000),
    () => `Cookie: ${'a=b; '.repeat(50_000)}\r\n`,
    () => `X-Bad: \x01\x02\x7f\r\n`,
    () => `X\x00Y: 1\r\n`,
    () => `: nameless\r\n`,
    () => `Accept-Encoding: ${'gzip;q=0.1,'.repeat(30_000)}\r\n`,
    () => `Accept: ${'application/json;q=0.5,'.repeat(20_000)}\r\n`,
    () => `Origin: ${'http://a.'.repeat(30_000)}\r\n`,
    () => `X-Scope-OrgID: ${'a|'.repeat(100_000)}\r\n`,
    () => `X-Query-Tags: ${'a=b,'.repeat(100_000)}\r\n`,
  ])();
}

export const headerFloods: Attack = {
  name: 'header-floods',
  strike: (strike) =>
    repeat(strike, 4, () => {
      const path = strike.random.pick(['/-/ready', '/api/v1/query?query=1', '/loki/api/v1/labels', '/']);
      return converse(strike, `GET ${path} HTTP/1.1\r\n${HOST}${headers(strike)}\r\n`);
    }),
};

/** Chunks without an end: of JSON, of nothing but framing, of single bytes. */
export const endlessBodies: Attack = {
  name: 'endless-bodies',
  strike: (strike) =>
    repeat(strike, 4, async () => {
      const { random } = strike;
      const socket = await connect(strike);
      const path = random.pick(PATHS);
      socket.write(`POST ${path} HTTP/1.1\r\n${HOST}${TYPE}Transfer-Encoding: chunked\r\n\r\n`);
      const piece = random.pick([
        `10000\r\n${' '.repeat(0x10000)}\r\n`,
        '1\r\n \r\n'.repeat(10_000),
        `1;${'x'.repeat(1000)}\r\n \r\n`.repeat(60),
      ]);
      for (let sent = 0; sent < 3000 && !socket.destroyed && !strike.signal.aborted; sent++) {
        if (!socket.write(piece)) {
          await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), pause(strike, 1000)]);
        }
      }
      strike.tell(socket.destroyed ? 'closed' : 'swallowed');
      socket.destroy();
    }),
};

/** Requests without waiting for answers. */
export const pipelining: Attack = {
  name: 'pipelining',
  strike: (strike) =>
    repeat(strike, 4, async () => {
      const target = strike.random.pick([
        '/-/ready',
        '/api/v1/labels',
        '/metrics',
        '/api/v1/query?query=vector(1)',
      ]);
      const text = `GET ${target} HTTP/1.1\r\n${HOST}\r\n`;
      const socket = await connect(strike, strike.target.http, strike.random.next() < 0.5);
      if (!socket.destroyed) socket.write(text.repeat(2000));
      strike.tell('2000 requests');
      await pause(strike, 1500);
      socket.destroy();
    }),
};
