/** A client of TLS that says no more than whether it was let in: a handshake, a question of the protocol, any answer. */

import { type ConnectionOptions, connect, type SecureVersion } from 'node:tls';
import type { Pair } from './certificates.ts';

export interface Attempt {
  readonly port: number;
  /** Of the server's authority, PEM. */
  readonly ca: string;
  /** The client's own. */
  readonly pair?: Pair | undefined;
  readonly version?: SecureVersion;
  readonly protocol: 'http/1.1' | 'h2';
  readonly options?: ConnectionOptions;
}

/** The preface of HTTP/2 and an empty frame of settings, which a server answers with its own. */
const HTTP2_START = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);
const HTTP1_START = 'GET /-/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** What came first of the answer; '' where the connection ended without. */
export function askOverTls({ port, ca, pair, version, protocol, options }: Attempt): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      ca,
      ...(pair && { cert: pair.cert, key: pair.key }),
      ...(version && { minVersion: version, maxVersion: version }),
      ALPNProtocols: [protocol],
      ...options,
    });
    socket.on('secureConnect', () => socket.write(protocol === 'h2' ? HTTP2_START : HTTP1_START));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString('latin1'));
    });
    socket.on('error', () => resolve(''));
    socket.on('close', () => resolve(''));
  });
}

/** Whether the server served the client. */
export async function isLetIn(attempt: Attempt): Promise<boolean> {
  const answer = await askOverTls(attempt);
  return attempt.protocol === 'h2' ? answer.charCodeAt(3) === 4 : answer.startsWith('HTTP/1.1 200 ');
}
