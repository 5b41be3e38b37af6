/** How attacks speak: well-formed HTTP requests with any body, and bytes over a connection as they are. */

import http from 'node:http';
import net from 'node:net';
import { pause, type Strike } from './attack.ts';

/** An answer that takes longer is not waited for. */
const ANSWER_MAX_MS = 10_000;

const agents = new Map<string, http.Agent>();

function agentFrom(address: string): http.Agent {
  let agent = agents.get(address);
  if (!agent) {
    agent = new http.Agent({ keepAlive: true, maxSockets: 32, localAddress: address });
    agents.set(address, agent);
  }
  return agent;
}

export interface AttackRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly port?: number;
}

/** Sends a request, reads the answer and tells its status, which it resolves with; 0 where there was none. */
export function request(strike: Strike, asked: AttackRequest): Promise<number> {
  return new Promise((resolve) => {
    if (strike.signal.aborted) return resolve(0);
    const { method = asked.body === undefined ? 'GET' : 'POST', path, headers = {}, body } = asked;
    let settled = false;
    const settle = (outcome: string, status = 0) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      strike.signal.removeEventListener('abort', abort);
      strike.tell(outcome);
      resolve(status);
    };
    const sent = http.request({
      host: '127.0.0.1',
      port: asked.port ?? strike.target.http,
      agent: agentFrom(strike.from),
      method,
      path,
      headers: {
        ...headers,
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      },
    });
    const abort = () => {
      sent.destroy();
      settle('broken off');
    };
    const timer = setTimeout(() => {
      sent.destroy();
      settle('no answer');
    }, ANSWER_MAX_MS);
    strike.signal.addEventListener('abort', abort, { once: true });
    sent.on('response', (answer) => {
      answer.resume();
      answer.on('error', () => settle('reset'));
      answer.on('end', () => settle(String(answer.statusCode), answer.statusCode));
    });
    sent.on('error', (error: NodeJS.ErrnoException) =>
      settle(error.code === 'ECONNREFUSED' ? 'refused' : 'reset'),
    );
    sent.end(body);
  });
}

/** An open connection that reads what comes, or not. Errors are what is expected. */
export function connect(strike: Strike, port = strike.target.http, reads = true): Promise<net.Socket> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port, localAddress: strike.from });
    const end = () => socket.destroy();
    strike.signal.addEventListener('abort', end, { once: true });
    socket.on('close', () => strike.signal.removeEventListener('abort', end));
    socket.on('error', () => socket.destroy());
    if (reads) socket.resume();
    socket.once('connect', () => resolve(socket));
    socket.once('close', () => resolve(socket));
  });
}

/** Sends bytes over a connection of their own and tells how the first answer begins; waits `waitMs` for it at most. */
export async function converse(
  strike: Strike,
  bytes: Uint8Array | string,
  { port = strike.target.http, waitMs = 2000 } = {},
): Promise<void> {
  const socket = await connect(strike, port, false);
  const outcome = await new Promise<string>((resolve) => {
    const timer = setTimeout(() => resolve('no answer'), waitMs);
    const done = (what: string) => {
      clearTimeout(timer);
      resolve(what);
    };
    socket.once('data', (head: Buffer) =>
      done(/^HTTP\/1\.1 (\d+)/.exec(head.toString('latin1'))?.[1] ?? 'bytes'),
    );
    socket.once('close', () => done('closed'));
    if (socket.destroyed) done('closed');
    else socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  });
  strike.tell(outcome);
  socket.destroy();
}

/** Holds `count` connections that were sent `head`, feeding each with `drip` every `everyMs`, until the strike is over. */
export async function hold(
  strike: Strike,
  count: number,
  head: Uint8Array | string,
  drip?: { readonly bytes: string; readonly everyMs: number },
  port = strike.target.http,
): Promise<void> {
  const sockets: net.Socket[] = [];
  for (let i = 0; i < count && !strike.signal.aborted; i++) {
    const socket = await connect(strike, port);
    socket.once('close', () => strike.tell('closed'));
    if (!socket.destroyed) socket.write(head);
    sockets.push(socket);
  }
  while (!strike.signal.aborted && sockets.some((socket) => !socket.destroyed)) {
    await pause(strike, drip?.everyMs ?? 500);
    if (drip) for (const socket of sockets) if (!socket.destroyed) socket.write(drip.bytes);
  }
  for (const socket of sockets) socket.destroy();
}
