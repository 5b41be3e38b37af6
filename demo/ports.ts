/** Ports for the shop's services: those that are wanted where they are free, else any; and when they are served. */

import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_INTERVAL_MS = 50;

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const { port: taken } = server.address() as AddressInfo;
      server.close(() => resolve(taken));
    });
  });
}

/** `count` different ports, from `wanted` on if these are free; 0 wants none in particular. */
export async function findPorts(wanted: number, count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let i = 0; i < count; i++) {
    let port = wanted > 0 ? await tryPort(wanted + i) : undefined;
    while (port === undefined || ports.includes(port)) port = await tryPort(0);
    ports.push(port);
  }
  return ports;
}

function isServed(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** Resolves when somebody listens on each of `ports`, or `signal` is aborted. A connection is no request: no span. */
export async function untilServed(ports: readonly number[], signal: AbortSignal): Promise<void> {
  for (const port of ports) {
    while (!signal.aborted && !(await isServed(port))) await sleep(POLL_INTERVAL_MS);
  }
}
