/** Looks at the first bytes of a connection without taking them, so that it can be given to whom they are for. */

import type { Socket } from 'node:net';

/**
 * `judge` is shown what has come so far until it answers something; `found` gets the answer when the bytes have been put
 * back. A connection that ends before is forgotten, one that is silent for `silentMaxMs` is destroyed, and `gaveUp` told.
 */
export function lookAtFirstBytes<T>(
  socket: Socket,
  judge: (held: Buffer) => T | undefined,
  found: (answer: T) => void,
  silentMaxMs: number,
  gaveUp = () => {},
): void {
  const timer = setTimeout(() => {
    stop();
    socket.destroy();
    gaveUp();
  }, silentMaxMs);
  timer.unref();
  const stop = () => {
    clearTimeout(timer);
    socket.off('readable', onReadable);
    socket.off('error', stop);
    socket.off('close', stop);
    socket.off('end', onEnd);
  };
  const onEnd = () => {
    stop();
    socket.destroy();
  };
  let held: Buffer = Buffer.alloc(0);
  const onReadable = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const answer = judge(held);
    if (answer === undefined) return;
    stop();
    socket.unshift(held);
    found(answer);
  };
  socket.on('readable', onReadable);
  socket.once('error', stop);
  socket.once('close', stop);
  socket.once('end', onEnd);
}
