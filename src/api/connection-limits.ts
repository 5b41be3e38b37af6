/**
 * What one connection, one address and all together may take of a listener. A connection costs memory before it has said
 * anything, so there is a bound on how many there are, and one address may not have them all: others find room. What is
 * beyond is closed at once. How long a connection may take over its headers, and how many requests it may send without
 * waiting for answers, is bounded too. Bodies and answers have their own clocks (`body-progress.ts`, `unsent-answers.ts`).
 */

import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server as NetServer, Socket } from 'node:net';

/** What a connection with some headers under way was measured to cost, and some room for a small body. */
const CONNECTION_BYTES = 64 * 1024;
/** Of the process' memory limit, what connections may take. */
const MEMORY_SHARE = 0.25;
/** However small the limit is: a page in a browser, Grafana and some hundred agents. */
const CONNECTIONS_MIN = 512;
/** More than a system gives a process in descriptors is of no use; usual hard limits begin here. */
const CONNECTIONS_MAX = 4096;
/** Of all connections one address may have this share. Large, since a proxy may stand for everybody. */
const ADDRESS_SHARE = 0.75;
/** Headers of a request are whole after this; a client sends them at once. */
export const HEADERS_MAX_MS = 20_000;
/** How often the server looks whose headers take too long. */
export const HEADERS_LOOK_MS = 5000;
/**
 * Requests of a connection that wait for their answers. Browsers and Go's clients send one; those few that send more at once
 * send a handful. Each is worked on as it comes, so that without a bound some KiB would start thousands.
 */
const PIPELINED_MAX = 32;

/** Bounds of the whole process. */
export class ConnectionLimits {
  readonly connectionsMax: number;
  readonly addressMax: number;
  readonly #byAddress = new Map<string, number>();
  #count = 0;
  /** Connections closed because there were too many. */
  refused = 0;

  /** `memoryBytes` is the limit of the process. */
  constructor(memoryBytes: number) {
    const fitting = Math.floor((memoryBytes * MEMORY_SHARE) / CONNECTION_BYTES);
    this.connectionsMax = Math.min(CONNECTIONS_MAX, Math.max(CONNECTIONS_MIN, fitting));
    this.addressMax = Math.floor(this.connectionsMax * ADDRESS_SHARE);
  }

  get count(): number {
    return this.#count;
  }

  /** Closes connections of `server` that are beyond the bounds, before anybody else hears of them. */
  watch(server: NetServer | HttpServer): void {
    server.prependListener('connection', (socket: Socket) => this.#admit(socket));
  }

  #admit(socket: Socket): void {
    const address = groupOf(socket.remoteAddress ?? '');
    const own = this.#byAddress.get(address) ?? 0;
    if (this.#count >= this.connectionsMax || own >= this.addressMax) {
      this.refused++;
      socket.destroy();
      return;
    }
    this.#count++;
    this.#byAddress.set(address, own + 1);
    socket.once('close', () => {
      this.#count--;
      const left = this.#byAddress.get(address)! - 1;
      if (left > 0) this.#byAddress.set(address, left);
      else this.#byAddress.delete(address);
    });
  }
}

/** An address of version 6 stands for its network of 64 bits, which one client has to itself. */
function groupOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [head, tail] = address.split('::', 2) as [string, string?];
  const first = head === '' ? [] : head.split(':');
  const last = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : new Array(Math.max(0, 8 - first.length - last.length)).fill('0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** `handler` for connections that wait for some of their answers; one that sends on and on is closed. */
export function boundedPipeline(handler: Handler): Handler {
  const waiting = new WeakMap<Socket, number>();
  return (request, response) => {
    const { socket } = request;
    // What came in the same packet behind the one too many.
    if (socket.destroyed) return;
    const count = (waiting.get(socket) ?? 0) + 1;
    if (count > PIPELINED_MAX) {
      socket.destroy();
      return;
    }
    waiting.set(socket, count);
    response.once('close', () => waiting.set(socket, waiting.get(socket)! - 1));
    handler(request, response);
  };
}
