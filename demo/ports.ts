/** Ports for the shop's services: those that are wanted where they are free, else any. */

import { type AddressInfo, createServer } from 'node:net';

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
