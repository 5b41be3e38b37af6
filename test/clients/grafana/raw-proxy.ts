/**
 * Grafana's raw proxy: what the alerting pages and live tail ask goes through it, paths as the browser wrote them, with the
 * browser's headers and one more hop. Connections that become WebSockets are passed on byte by byte.
 */

import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface RawProxy {
  /** Where the data source seems to be. */
  readonly base: string;
  /** Ends every connection at once, as when the network is gone. */
  cut(): void;
  close(): Promise<void>;
}

const PREFIX = '/api/datasources/proxy/uid/source';

function forwarded(headers: IncomingHttpHeaders, host: string): IncomingHttpHeaders {
  // A page of Grafana's origin sends it, and what it accepts.
  return {
    ...headers,
    host,
    origin: 'http://grafana.test:3000',
    'x-forwarded-for': '127.0.0.1',
    'x-grafana-org-id': '1',
  };
}

/** `target` is the data source's address. */
export async function startRawProxy(target: string): Promise<RawProxy> {
  const { host } = new URL(target);
  const sockets = new Set<Socket>();
  const ask = (incoming: IncomingMessage) =>
    httpRequest(target + incoming.url!.slice(PREFIX.length), {
      method: incoming.method!,
      headers: forwarded(incoming.headers, host),
    });
  const server = createServer((incoming, answer) => {
    const outgoing = ask(incoming);
    outgoing.on('response', (from) => {
      answer.writeHead(from.statusCode!, from.headers);
      from.pipe(answer);
    });
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  server.on('upgrade', (incoming, browser) => {
    const outgoing = ask(incoming);
    outgoing.on('upgrade', (from, source, first) => {
      const lines = from.rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`));
      browser.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`);
      browser.write(first);
      source.pipe(browser).pipe(source);
      source.on('error', () => browser.destroy());
      browser.on('error', () => source.destroy());
      browser.on('close', () => source.destroy());
    });
    outgoing.on('response', ({ statusCode }) => browser.end(`HTTP/1.1 ${statusCode} No\r\n\r\n`));
    outgoing.on('error', () => browser.destroy());
    outgoing.end();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    base: `http://127.0.0.1:${port}${PREFIX}`,
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
