/** As much of a Docker engine as following logs asks of it, on a socket: containers whose logs tests write. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ContainerSummary, NetworkSummary } from '../../../src/scrape/discovery/docker-labels.ts';

export interface FakeLine {
  readonly stream: 1 | 2;
  readonly time: string;
  /** With its newline; without, it is a piece of a line. */
  readonly text: string;
}

export class FakeContainer {
  readonly summary: ContainerSummary;
  readonly isTty: boolean;
  readonly lines: FakeLine[] = [];
  isRunning = true;
  readonly readers = new Set<ServerResponse>();

  constructor(summary: ContainerSummary, isTty = false) {
    this.summary = summary;
    this.isTty = isTty;
  }

  log(stream: 1 | 2, time: string, text: string): void {
    const line = { stream, time, text };
    this.lines.push(line);
    for (const reader of this.readers) reader.write(this.frame(line));
  }

  frame({ stream, time, text }: FakeLine): Buffer {
    const payload = Buffer.from(`${time} ${text}`);
    if (this.isTty) return payload;
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(payload.length, 4);
    return Buffer.concat([header, payload]);
  }

  /** Cuts every connection that reads the logs, as a restart of the engine does. */
  cut(): void {
    for (const reader of this.readers) reader.destroy();
  }

  exit(): void {
    this.isRunning = false;
    for (const reader of this.readers) reader.end();
  }
}

export class FakeDocker {
  readonly containers = new Map<string, FakeContainer>();
  /** Paths without the version. */
  readonly requests: string[] = [];
  /** Of versions that were spoken. */
  readonly prefixes = new Set<string>();
  /** Undefined: the engine does not tell, and takes paths without. */
  apiVersion: string | undefined = '1.44';
  networks: readonly NetworkSummary[] = [
    { Id: 'n1', Name: 'bridge', Scope: 'local', Labels: { 'a.b': 'c' } },
  ];
  /** Of a swarm, by path. */
  lists: Readonly<Record<string, readonly object[]>> = {};
  readonly #events = new Set<ServerResponse>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async listen(socketPath: string): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(socketPath, resolve));
  }

  /** On TCP; resolves with the port. */
  async listenOnPort(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  add(container: FakeContainer): FakeContainer {
    this.containers.set(container.summary.Id, container);
    this.announce();
    return container;
  }

  announce(): void {
    for (const listener of this.#events) listener.write('{"Type":"container"}\n');
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, 'http://docker');
    if (url.pathname === '/_ping') {
      if (this.apiVersion !== undefined) response.setHeader('Api-Version', this.apiVersion);
      return void response.end('OK');
    }
    const [prefix, minor] = /^\/v1\.(\d+)(?=\/)/.exec(url.pathname) ?? ['', undefined];
    this.prefixes.add(prefix);
    const isNewer = Number(minor) > Number(this.apiVersion?.slice(2) ?? -1);
    if (isNewer || (minor === undefined && this.apiVersion !== undefined)) {
      response.statusCode = 400;
      return void response.end('{"message":"this version is not spoken here"}');
    }
    url.pathname = url.pathname.slice(prefix.length);
    this.requests.push(url.pathname + url.search);
    // In two pieces: the engine's answers are chunked.
    const json = (value: unknown) => {
      const text = JSON.stringify(value);
      response.write(text.slice(0, 2));
      response.end(text.slice(2));
    };
    if (url.pathname === '/containers/json') {
      return void json([...this.containers.values()].filter((c) => c.isRunning).map((c) => c.summary));
    }
    if (url.pathname === '/networks') {
      return void json(this.networks);
    }
    const more = this.lists[url.pathname];
    if (more) return void json(more);
    if (url.pathname === '/events') {
      response.writeHead(200);
      response.flushHeaders();
      this.#events.add(response);
      return;
    }
    const [, id, what] = /^\/containers\/([^/]+)\/(json|logs)$/.exec(url.pathname) ?? [];
    const container = this.containers.get(id ?? '');
    if (!container) {
      response.statusCode = 404;
      return void json({ message: `No such container: ${id}` });
    }
    if (what === 'json') return void json({ Id: id, Config: { Tty: container.isTty } });
    this.#logs(container, url, response);
  }

  #logs(container: FakeContainer, url: URL, response: ServerResponse): void {
    const [seconds, nanos = ''] = (url.searchParams.get('since') ?? '0').split('.');
    const since = BigInt(seconds!) * 1_000_000_000n + BigInt(nanos.padEnd(9, '0'));
    response.writeHead(200);
    response.flushHeaders();
    for (const line of container.lines) {
      const second = BigInt(Date.parse(`${line.time.slice(0, 19)}Z`)) * 1_000_000n;
      const ns = second + BigInt(line.time.slice(20, -1).padEnd(9, '0'));
      if (ns >= since) response.write(container.frame(line));
    }
    if (!container.isRunning) return void response.end();
    container.readers.add(response);
    response.on('close', () => container.readers.delete(response));
  }
}
