/**
 * Sockets: HTTP listeners that share one router, and gRPC beside them. Each HTTP port also takes gRPC (HTTP/2 with
 * prior knowledge): the first bytes of a connection tell. `PRI` opens the HTTP/2 preface and no HTTP/1 method
 * begins so. The bytes are looked at with `readable` and put back with `unshift`; the connection then goes to the
 * HTTP server's own listener, whose timeouts so stay in force, or to the gRPC server.
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
import type { Logger } from '../base/log.ts';
import {
  boundedPipeline,
  type ConnectionLimits,
  HEADERS_LOOK_MS,
  HEADERS_MAX_MS,
} from './connection-limits.ts';
import { hideContentType } from './exchange.ts';
import { serveWithoutUpgrade } from './refused-upgrade.ts';

/** Long GET queries stand in the request line; the node default of 16 KiB is short for them. */
const HEADERS_MAX_BYTES = 1024 * 1024;
/** How long a fresh connection may stay silent before it is closed. */
const SILENT_CONNECTION_MS = 60_000;
/** How long an idle connection is kept for the next request; longer than the pools of usual clients keep it. */
const KEEP_ALIVE_MS = 120_000;
/** `PRI`: enough of the HTTP/2 preface to know it. */
const PREFACE_START = [0x50, 0x52, 0x49] as const;

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
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

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  /** Listens for HTTP; gives the address with the real port. `handler` is this port's own where it needs one. */
  async http(address: ListenAddress, handler = this.#parts.handler): Promise<ListenAddress> {
    const { grpc, upgrade } = this.#parts;
    const server = httpServer(handler);
    const own = server.listeners('connection') as ((socket: Duplex) => void)[];
    const toHttp = (socket: Duplex) => {
      for (const listener of own) listener.call(server, socket);
    };
    if (upgrade) {
      server.on('upgrade', (request, socket, head) => {
        if (!upgrade(request, socket, head)) serveWithoutUpgrade(request, socket, head, toHttp);
      });
    }
    if (grpc) {
      server.removeAllListeners('connection');
      server.on('connection', (socket: Socket) => {
        sniff(socket, (isHttp2) => {
          if (isHttp2) this.#toGrpc(socket);
          else toHttp(socket);
        });
      });
    }
    return this.#listen(server, address, 'http');
  }

  /** Listens for plain HTTP/1 alone: no gRPC, and no connection becomes something else. */
  async plainHttp(address: ListenAddress, handler: ListenerParts['handler']): Promise<ListenAddress> {
    return this.#listen(httpServer(handler), address, 'http');
  }

  /** Listens for gRPC alone. */
  async grpc(address: ListenAddress): Promise<ListenAddress> {
    return this.#listen(
      createNetServer((socket) => this.#toGrpc(socket)),
      address,
      'grpc',
    );
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
  ): Promise<ListenAddress> {
    this.#parts.connections?.watch(server);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        reject(listenError(scheme, address, error));
      });
      server.listen({ host: address.host, port: address.port }, () => {
        this.#servers.push(server);
        resolve({ host: address.host, port: (server.address() as AddressInfo).port });
      });
    });
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

function httpServer(handler: ListenerParts['handler']): NodeHttpServer {
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
    handler(request, response);
  });
  return createServer(options, answer);
}

/** Looks at a connection's first bytes without taking them; says nothing of one that ends before. */
function sniff(socket: Socket, found: (isHttp2: boolean) => void): void {
  const timer = setTimeout(() => socket.destroy(), SILENT_CONNECTION_MS);
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
    const seen = Math.min(held.length, PREFACE_START.length);
    let same = true;
    for (let i = 0; i < seen; i++) same &&= held[i] === PREFACE_START[i];
    // Fewer bytes than tell anything: wait for more.
    if (same && seen < PREFACE_START.length) return;
    stop();
    socket.unshift(held);
    found(same);
  };
  socket.on('readable', onReadable);
  socket.once('error', stop);
  socket.once('close', stop);
  socket.once('end', onEnd);
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
