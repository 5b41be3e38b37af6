/**
 * Sockets: HTTP listeners that share one router, and gRPC beside them. Each HTTP port also takes gRPC (HTTP/2 with
 * prior knowledge): the first bytes of a connection tell. `PRI` opens the HTTP/2 preface and no HTTP/1 method
 * begins so. Over TLS the two have agreed on it beforehand (ALPN). The connection then goes to the HTTP server's own
 * listener, whose timeouts so stay in force, or to the gRPC server.
 *
 * The gRPC server itself is loaded when the first connection needs it: the port listens from the start, and a
 * process that nobody speaks gRPC to never pays for it.
 */

import {
  createServer,
  type IncomingMessage,
  type Server as NodeHttpServer,
  type ServerResponse,
} from 'node:http';
import {
  type AddressInfo,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '../base/log.ts';
import {
  boundedPipeline,
  type ConnectionLimits,
  HEADERS_LOOK_MS,
  HEADERS_MAX_MS,
} from './connection-limits.ts';
import { hideContentType } from './exchange.ts';
import { lookAtFirstBytes } from './first-bytes.ts';
import { serveWithoutUpgrade } from './refused-upgrade.ts';

/** Long GET queries stand in the request line; the node default of 16 KiB is short for them. */
const HEADERS_MAX_BYTES = 1024 * 1024;
/** How long a fresh connection may stay silent before it is closed. */
const SILENT_CONNECTION_MS = 60_000;
/** How long a connection that came to the wrong port may take to go. */
const TURNED_AWAY_MS = 5000;
/** How long an idle connection is kept for the next request; longer than the pools of usual clients keep it. */
const KEEP_ALIVE_MS = 120_000;
/** `PRI`: enough of the HTTP/2 preface to know it. */
const PREFACE_START = [0x50, 0x52, 0x49] as const;
/** What a TLS record with a greeting opens with; no method does. */
const TLS_HANDSHAKE = 0x16;
/** HTTP/1 on a port of gRPC is told where it is. */
const WRONG_PORT_TEXT =
  'this port takes gRPC alone; OTLP over HTTP goes to the HTTP port (4318 unless --http says otherwise)\n';
const WRONG_PORT_ANSWER = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${WRONG_PORT_TEXT.length}\r\nConnection: close\r\n\r\n${WRONG_PORT_TEXT}`;

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** An address that is listened at. */
export interface OpenAddress extends ListenAddress {
  /** Whether TLS is spoken there. */
  readonly tls?: true;
}

/** What a listener takes. */
export type Carried = 'http' | 'grpc' | 'both';

/** TLS in front of listeners. */
export interface TlsDoor {
  /** For a listener: what is to be given its connections. `secured` gets those that may come in, decrypted. */
  open(carried: Carried, secured: (socket: TLSSocket) => void): (raw: Socket) => void;
}

/** Takes over an accepted connection. */
export interface ConnectionSink {
  injectConnection(socket: Socket): void;
}

export interface ListenerParts {
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** Takes over a connection that asks to become something else; false where it is served as plain HTTP. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
  /** Loads the gRPC server; called at its first connection. Undefined: no gRPC is served. */
  readonly grpc: (() => Promise<ConnectionSink>) | undefined;
  /** Of a listener at that address; undefined: it has no TLS. */
  readonly tls?: (address: ListenAddress) => TlsDoor | undefined;
  /** Put on every answer over HTTP. */
  readonly headers?: () => Readonly<Record<string, string>>;
  /** Told of a connection that speaks something else than its port; it is ended. */
  readonly misled?:
    | ((what: 'tls' | 'http_on_grpc', port: number, peer: string | undefined) => void)
    | undefined;
  /** How many connections there may be; undefined: any number. */
  readonly connections?: ConnectionLimits;
  readonly log: Logger;
}

/** A port could not be taken; the message names it. */
export class ListenError extends Error {
  override name = 'ListenError';
}

export class Listeners {
  readonly #parts: ListenerParts;
  readonly #servers: (NodeHttpServer | NetServer)[] = [];
  readonly #sockets = new Set<Socket>();
  #isUnref = false;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  /** Listens for HTTP; gives the address with the real port. `handler` is this port's own where it needs one. */
  async http(address: ListenAddress, handler = this.#parts.handler): Promise<OpenAddress> {
    const { grpc, upgrade } = this.#parts;
    const server = this.#httpServer(handler);
    const toHttp = connectionsOf(server);
    if (upgrade) {
      server.on('upgrade', (request, socket, head) => {
        if (!upgrade(request, socket, head)) serveWithoutUpgrade(request, socket, head, toHttp);
      });
    }
    const door = this.#parts.tls?.(address);
    if (door) {
      const toEither = (socket: TLSSocket) =>
        socket.alpnProtocol === 'h2' ? this.#toGrpc(socket) : toHttp(socket);
      takeConnections(server, door.open(grpc ? 'both' : 'http', toEither));
    } else if (grpc) {
      takeConnections(server, (socket) => {
        const found = (opening: Opening) => {
          if (opening === 'http2') return this.#toGrpc(socket);
          if (opening === 'tls') this.#misled('tls', socket);
          toHttp(socket);
        };
        lookAtFirstBytes(socket, openingOf, found, SILENT_CONNECTION_MS);
      });
    }
    return this.#listen(server, address, 'http', door);
  }

  /** Listens for HTTP/1 alone: no gRPC, and no connection becomes something else. */
  async plainHttp(address: ListenAddress, handler: ListenerParts['handler']): Promise<OpenAddress> {
    const server = this.#httpServer(handler);
    const door = this.#parts.tls?.(address);
    if (door) takeConnections(server, door.open('http', connectionsOf(server)));
    return this.#listen(server, address, 'http', door);
  }

  /** Listens for gRPC alone. */
  async grpc(address: ListenAddress): Promise<OpenAddress> {
    const door = this.#parts.tls?.(address);
    const take = (socket: Socket) => this.#toGrpc(socket);
    const server = createNetServer(door ? door.open('grpc', take) : (socket) => this.#ifGrpc(socket));
    return this.#listen(server, address, 'grpc', door);
  }

  /** What else comes to a port of gRPC is told where it belongs. */
  #ifGrpc(socket: Socket): void {
    const found = (opening: Opening) => {
      if (opening === 'http2') return this.#toGrpc(socket);
      this.#misled(opening === 'tls' ? 'tls' : 'http_on_grpc', socket);
      turnAway(socket, opening === 'tls' ? '' : WRONG_PORT_ANSWER);
    };
    lookAtFirstBytes(socket, openingOf, found, SILENT_CONNECTION_MS);
  }

  #httpServer(handler: ListenerParts['handler']): NodeHttpServer {
    const { headers } = this.#parts;
    const options = {
      maxHeaderSize: HEADERS_MAX_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // A large body over a slow line may take its time as long as it comes on (`body-progress.ts`).
      requestTimeout: 0,
      headersTimeout: HEADERS_MAX_MS,
      connectionsCheckingInterval: HEADERS_LOOK_MS,
    };
    const answer = boundedPipeline((request, response) => {
      hideContentType(request);
      if (headers) for (const [name, value] of Object.entries(headers())) response.setHeader(name, value);
      handler(request, response);
    });
    return createServer(options, answer);
  }

  #misled(what: 'tls' | 'http_on_grpc', socket: Socket): void {
    this.#parts.misled?.(what, socket.localPort ?? 0, socket.remoteAddress);
  }

  #toGrpc(socket: Socket): void {
    // Until the server is loaded nobody else listens for a broken connection.
    const ignore = () => {};
    socket.on('error', ignore);
    this.#parts.grpc!().then(
      (sink) => {
        socket.off('error', ignore);
        if (!socket.destroyed) sink.injectConnection(socket);
      },
      (error) => {
        this.#parts.log.error('gRPC is not available', { error });
        socket.destroy();
      },
    );
  }

  #listen(
    server: NodeHttpServer | NetServer,
    address: ListenAddress,
    scheme: string,
    door: TlsDoor | undefined,
  ): Promise<OpenAddress> {
    this.#parts.connections?.watch(server);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      if (this.#isUnref) socket.unref();
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        reject(listenError(door ? `${scheme}s` : scheme, address, error));
      });
      server.listen({ host: address.host, port: address.port }, () => {
        this.#servers.push(server);
        const { port } = server.address() as AddressInfo;
        resolve({ host: address.host, port, ...(door && { tls: true }) });
      });
    });
  }

  /** Neither the listeners nor their connections keep the process alive any more. */
  unref(): void {
    this.#isUnref = true;
    for (const server of this.#servers) server.unref();
    for (const socket of this.#sockets) socket.unref();
  }

  /** Takes no more connections and closes those that wait for a request; the others end after their answer. */
  stopAccepting(): void {
    for (const server of this.#servers) {
      server.close();
      if ('closeIdleConnections' in server) server.closeIdleConnections();
    }
  }

  /** Ends whatever is still open. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resolves when every connection has ended, or after `timeoutMs`. */
  async drained(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (this.#sockets.size > 0 && Date.now() < deadline) {
      for (const server of this.#servers) if ('closeIdleConnections' in server) server.closeIdleConnections();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** The server's own way of serving a connection. */
function connectionsOf(server: NodeHttpServer): (socket: Duplex) => void {
  const own = server.listeners('connection') as ((socket: Duplex) => void)[];
  return (socket) => {
    for (const listener of own) listener.call(server, socket);
  };
}

/** Has `take` get what the server accepts, in place of the server. */
function takeConnections(server: NodeHttpServer, take: (socket: Socket) => void): void {
  server.removeAllListeners('connection');
  server.on('connection', take);
}

type Opening = 'http2' | 'tls' | 'other';

/** What a connection opens with; undefined where too few bytes have come to tell. */
function openingOf(held: Buffer): Opening | undefined {
  const seen = Math.min(held.length, PREFACE_START.length);
  let same = true;
  for (let i = 0; i < seen; i++) same &&= held[i] === PREFACE_START[i];
  if (same) return seen < PREFACE_START.length ? undefined : 'http2';
  return held[0] === TLS_HANDSHAKE ? 'tls' : 'other';
}

/** Says one thing and ends. What still comes is read, since it would break the connection before the text is there. */
function turnAway(socket: Socket, text: string): void {
  socket.on('error', () => socket.destroy());
  socket.setTimeout(TURNED_AWAY_MS, () => socket.destroy());
  socket.resume();
  socket.end(text);
}

/** What is told of a port that cannot be taken. */
export function listenError(
  scheme: string,
  address: ListenAddress,
  error: NodeJS.ErrnoException,
): ListenError {
  return new ListenError(`cannot listen on ${scheme}://${printAddress(address)}: ${listenReason(error)}`);
}

function listenReason(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'the port is taken';
    case 'EACCES':
      return 'permission denied';
    case 'EADDRNOTAVAIL':
      return 'this machine does not have the address';
    case 'ENOTFOUND':
      return 'the host is unknown';
    default:
      return error.message;
  }
}

/** `host:port`, an IPv6 address in brackets. */
export function printAddress({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
