/**
 * From a route to a connection that a request can be written to:
 *
 *   socket to the host, or to the proxy ─▶ TLS with the proxy ─▶ CONNECT or SOCKS ─▶ TLS with the host
 *
 * each step only where the route has it. Nothing is sent to a host before its certificate has been found good.
 */

import type { lookup } from 'node:dns';
import http from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import { hostPort, networkErrorText } from './network-error.ts';
import { socksTunnel } from './socks.ts';
import { certificateErrorText } from './tls-error.ts';
import { urlAuthorization } from './url-credentials.ts';

export interface TlsRoute {
  readonly context: SecureContext;
  /** That the certificate must be for, in place of the host; '' is the host. */
  readonly serverName: string;
  readonly verifies: boolean;
}

export interface Route {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** Connected to in place of host and port. */
  readonly socketPath?: string;
  /** How the host's name becomes an address; absent: the system's way. */
  readonly lookup?: typeof lookup;
  /** For https, of the host or of the proxy. */
  readonly tls: TlsRoute | undefined;
  readonly secure: boolean;
  readonly proxy?: URL;
  readonly connectHeaders: Readonly<Record<string, readonly string[]>>;
}

const PROXY_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'socks5:': 1080,
  'socks5h:': 1080,
};

/** Rejects with an error that says what happened in the words that are shown. */
export async function dial(route: Route, signal: AbortSignal): Promise<Duplex> {
  const { proxy, host, port, socketPath, secure, tls, lookup: find } = route;
  if (proxy === undefined) {
    const socket = await open(
      socketPath === undefined ? { host, port, ...(find && { lookup: find }) } : { path: socketPath },
      signal,
    );
    return secure ? handshake(socket, host, tls!, signal) : socket;
  }
  let socket: Socket;
  try {
    socket = await openProxy(proxy, tls, signal);
  } catch (error) {
    throw new Error(`proxyconnect tcp: ${networkErrorText(error)}`);
  }
  if (isSocks(proxy)) await orDestroy(socket, signal, () => throughSocks(socket, proxy, host, port));
  else if (secure) await orDestroy(socket, signal, () => httpTunnel(socket, route));
  return secure ? handshake(socket, host, tls!, signal) : socket;
}

export function isSocks(proxy: URL): boolean {
  return proxy.protocol === 'socks5:' || proxy.protocol === 'socks5h:';
}

async function openProxy(proxy: URL, tls: TlsRoute | undefined, signal: AbortSignal): Promise<Socket> {
  const host = bareHost(proxy);
  const socket = await open({ host, port: proxyPort(proxy) }, signal);
  return proxy.protocol === 'https:' ? handshake(socket, host, tls!, signal) : socket;
}

function proxyPort({ port, protocol }: URL): number {
  return port === '' ? PROXY_PORTS[protocol]! : Number(port);
}

async function throughSocks(socket: Socket, proxy: URL, host: string, port: number): Promise<void> {
  try {
    await socksTunnel(socket, proxy, host, port);
  } catch (error) {
    const way = `${hostPort(bareHost(proxy), proxyPort(proxy))}->${hostPort(host, port)}`;
    throw new Error(`socks connect tcp ${way}: ${networkErrorText(error)}`);
  }
}

/** A URL's host as addresses are written. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** A bare connection. Rejects with the network's own error. */
export function open(
  to: { host: string; port: number; lookup?: typeof lookup } | { path: string },
  signal: AbortSignal,
): Promise<Socket> {
  const socket = connect(to);
  socket.setNoDelay(true);
  return orDestroy(socket, signal, () => ready(socket, 'connect')).then(() => socket);
}

/** TLS on a connection; `protocols` are what is spoken on it, for servers that choose by that. */
export async function handshake(
  socket: Socket,
  host: string,
  { context, serverName, verifies }: TlsRoute,
  signal: AbortSignal,
  protocols: readonly string[] = ['http/1.1'],
): Promise<TLSSocket> {
  const name = serverName === '' ? host : serverName;
  // Whether a certificate is good is looked at here, where it is at hand and can be told of.
  const secured = connectTls({
    socket,
    host: name,
    ...(isIP(name) === 0 && { servername: name }),
    secureContext: context,
    rejectUnauthorized: false,
    ...(protocols.length > 0 && { ALPNProtocols: [...protocols] }),
  });
  await orDestroy(secured, signal, async () => {
    await ready(secured, 'secureConnect');
    if (verifies && !secured.authorized) throw new Error(certificateErrorText(secured, name));
  });
  return secured;
}

/** Asks an HTTP proxy for a connection to the host; rejects with the words of its status where it has none. */
function httpTunnel(socket: Socket, route: Route): Promise<void> {
  const { host, port, proxy, connectHeaders } = route;
  const authority = hostPort(host, port);
  const auth = urlAuthorization(proxy!);
  const headers: Record<string, string | string[]> = { Host: authority };
  for (const [name, values] of Object.entries(connectHeaders)) headers[name] = [...values];
  if (auth !== undefined) headers['Proxy-Authorization'] = auth;
  const options = { method: 'CONNECT', path: authority, headers };
  return new Promise((resolve, reject) => {
    const request = http.request({ ...options, createConnection: () => socket });
    request.on('connect', (response, _socket, head) => {
      if (response.statusCode !== 200)
        return reject(new Error(response.statusMessage || 'unknown status code'));
      if (head.length > 0) socket.unshift(head);
      resolve();
    });
    // An answer to CONNECT is never followed by a body here: any but 200 ends it.
    request.on('response', (response) => reject(new Error(response.statusMessage || 'unknown status code')));
    request.on('error', reject);
    request.end();
  });
}

/** Until `event`; rejects where the socket fails or ends before. */
function ready(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      socket.off('error', failed);
      socket.off('close', closed);
      resolve();
    };
    const failed = (error: Error): void => {
      socket.off(event, done);
      socket.off('close', closed);
      reject(error);
    };
    const closed = (): void => failed(new Error('EOF'));
    socket.once(event, done);
    socket.once('error', failed);
    socket.once('close', closed);
  });
}

/** `work` on the socket, which is destroyed where that fails or is given up. */
async function orDestroy(socket: Socket, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  const abort = (): void => {
    socket.destroy(new Error('the request was given up'));
  };
  // An error that comes after its promise was settled has nobody to tell.
  socket.on('error', ignore);
  signal.addEventListener('abort', abort);
  try {
    if (signal.aborted) abort();
    await work();
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    if (!socket.destroyed) socket.off('error', ignore);
  }
}

function ignore(): void {}
