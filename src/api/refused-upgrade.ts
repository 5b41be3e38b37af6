/**
 * A request that offers to change the protocol where this server does not want to. HTTP says to answer it as if it had
 * not offered: clients of HTTP/2 (Java's, curl's) offer that on ordinary requests, with bodies. Node gives up its parser
 * when it meets such a request, so the request is put back without the offer, and the connection begins anew.
 */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** Headers that make the offer; `Connection` names them. */
const OFFER = ['upgrade', 'http2-settings'];

/** `head` is what came behind the request's headers; `serve` gives the connection to the HTTP server. */
export function serveWithoutUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  serve: (socket: Duplex) => void,
): void {
  const { method, url, httpVersion, rawHeaders } = request;
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const lower = name.toLowerCase();
    if (OFFER.includes(lower)) continue;
    const value = lower === 'connection' ? withoutOffer(rawHeaders[i + 1]!) : rawHeaders[i + 1]!;
    if (lower !== 'connection' || value !== '') text += `${name}: ${value}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]));
  serve(socket);
}

function withoutOffer(connection: string): string {
  const names = connection.split(',').map((name) => name.trim());
  return names.filter((name) => !OFFER.includes(name.toLowerCase())).join(', ');
}
