/**
 * The rest of a request that was answered before its body had come. Closing a connection while bytes are on their way
 * resets it, which may reach the sender before the answer does: it would see a broken connection, not a refusal that
 * says why, or when to try again. So the rest is let by for a while, unread.
 */

import type { IncomingMessage } from 'node:http';

/** As much as the largest body that is taken. */
const UNREAD_MAX_BYTES = 64 * 1024 * 1024;
/** A sender that sees the answer stops long before; one that does not is not waited for. */
const UNREAD_MAX_MS = 2000;

/** Resolves when nothing more comes, or enough has. */
export function letRestBy(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (request.complete || request.destroyed) return resolve();
    let bytes = 0;
    const end = () => {
      clearTimeout(timer);
      request.off('data', count);
      resolve();
    };
    const count = (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > UNREAD_MAX_BYTES) end();
    };
    const timer = setTimeout(end, UNREAD_MAX_MS);
    for (const event of ['end', 'error', 'close'] as const) request.once(event, end);
    request.on('data', count);
    request.resume();
  });
}
