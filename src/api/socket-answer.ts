/** An answer over HTTP to a request whose connection Node has handed over: it was to become something else, and will not. */

import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ServiceAnswer } from '../query/service.ts';

/** Ends the connection behind it. `challenges` are for `WWW-Authenticate`. */
export function answerOnSocket(
  socket: Duplex,
  answer: ServiceAnswer,
  challenges: readonly string[] = [],
): void {
  const headers: Readonly<Record<string, string | number>> = {
    'Content-Type': answer.contentType,
    'Content-Length': answer.body.length,
    Connection: 'close',
    ...answer.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const challenged = challenges.map((challenge) => `WWW-Authenticate: ${challenge}\r\n`);
  // A client that does not close its side would hold the connection.
  socket.once('finish', () => socket.destroy());
  const status = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\n`;
  socket.write(`${status}${lines.join('')}${challenged.join('')}\r\n`);
  socket.end(answer.body);
}
