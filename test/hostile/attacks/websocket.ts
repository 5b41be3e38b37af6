/** WebSockets at the tail: frames that are huge, fragmented, unmasked, floods of pings, and readers that never read. */

import { type Attack, pause, repeat, type Strike } from '../attack.ts';
import { connect } from '../send.ts';

const SELECTOR = encodeURIComponent('{app=~".+"}');
const OPENING = (query: string, key: string) =>
  `GET /loki/api/v1/tail?query=${query} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** A frame, masked with zeros unless it is to be `unmasked`; `length` is what it says. */
function wsFrame(
  opcode: number,
  length: number,
  payload: Buffer,
  { final = true, masked = true } = {},
): Buffer {
  const head = Buffer.alloc(10);
  head[0] = (final ? 0x80 : 0) | opcode;
  head[1] = (masked ? 0x80 : 0) | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}

function frames({ random }: Strike): Buffer {
  const payload = Buffer.alloc(random.int(0, 100_000));
  return random.pick([
    () => wsFrame(1, 2 ** 40, payload),
    () => wsFrame(2, payload.length, payload),
    () =>
      Buffer.concat(
        Array.from({ length: 2000 }, (_, i) =>
          wsFrame(i === 0 ? 1 : 0, 10, Buffer.alloc(10), { final: false }),
        ),
      ),
    () => wsFrame(1, payload.length, payload, { masked: false }),
    () => Buffer.concat(Array.from({ length: 5000 }, () => Buffer.from([0x89, 0x80, 0, 0, 0, 0]))),
    () => wsFrame(9, 500, Buffer.alloc(500)),
    () => wsFrame(8, 1, Buffer.alloc(1)),
    () => random.bytes(500),
  ])();
}

export const webSockets: Attack = {
  name: 'websocket-abuse',
  strike: (strike) =>
    repeat(strike, 8, async () => {
      const { random } = strike;
      const query = random.pick([
        SELECTOR,
        SELECTOR,
        'x',
        '',
        encodeURIComponent('{a="b"}'.repeat(3000)),
        `${SELECTOR}&limit=1e99&start=-5`,
      ]);
      const socket = await connect(strike, strike.target.http, random.next() < 0.7);
      if (!socket.destroyed) socket.write(OPENING(query, random.pick([KEY, KEY, KEY, 'x', ''])));
      await pause(strike, random.int(0, 300));
      if (!socket.destroyed) socket.write(frames(strike));
      await pause(strike, random.int(50, 1000));
      strike.tell(socket.destroyed ? 'closed' : 'left');
      socket.destroy();
    }),
};
