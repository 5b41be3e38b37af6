/** Kept connections by route, each dialled as its route says. */

import http from 'node:http';
import type { Duplex } from 'node:stream';
import { dial, isSocks, type Route } from './dial.ts';
import type { Hop } from './redirect.ts';
import { urlAuthorization } from './url-credentials.ts';

/** A connection that nobody has used for so long is closed: longer than most intervals, so that scraping keeps its own. */
const IDLE_MS = 300_000;

/** What a request hands through to the agent. */
interface RouteOptions {
  readonly route?: Route;
  readonly dialSignal?: AbortSignal;
}

/** A kept connection was closed before it brought any answer: the request may not have been seen. */
export class StaleConnectionError extends Error {
  override name = 'StaleConnectionError';
}

export class RouteAgent extends http.Agent {
  /** `keptSockets`: of each route, while they are not used. */
  constructor(keptSockets: number) {
    super({ keepAlive: true, maxFreeSockets: keptSockets, timeout: IDLE_MS });
  }

  override getName(options: http.ClientRequestArgs & RouteOptions = {}): string {
    const { host, port, secure, proxy, socketPath = '' } = options.route!;
    return `${secure}|${host}|${port}|${proxy?.href ?? ''}|${socketPath}`;
  }

  override createConnection(
    options: http.ClientRequestArgs & RouteOptions,
    callback: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    dial(options.route!, options.dialSignal!).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, undefined as never),
    );
  }

  /** No connection is used again; requests under way end in peace. */
  retire(): void {
    (this as { keepAlive?: boolean }).keepAlive = false;
    for (const sockets of Object.values(this.freeSockets))
      for (const socket of sockets ?? []) socket.destroy();
  }
}

/** One request and its answer's head. */
export function exchange(
  { method, url, headers, body }: Hop,
  route: Route,
  agent: RouteAgent,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  const { proxy, secure } = route;
  // Through an HTTP proxy the request names its URL whole; with TLS or SOCKS between, the proxy does not see it.
  const isForwarded = proxy !== undefined && !secure && !isSocks(proxy);
  const auth = isForwarded ? urlAuthorization(proxy) : undefined;
  const path = `${url.pathname}${url.search}`;
  const options: http.RequestOptions & RouteOptions = {
    method,
    agent,
    signal,
    path: isForwarded ? `${url.protocol}//${url.host}${path}` : path,
    headers: {
      Host: url.host,
      ...(headers as http.OutgoingHttpHeaders),
      ...(auth !== undefined && { 'Proxy-Authorization': auth }),
    },
    route,
    dialSignal: signal,
  };
  return new Promise((resolve, reject) => {
    const request = http.request(options, resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(isStale ? new StaleConnectionError(error.message, { cause: error }) : error);
    });
    request.end(body);
  });
}
