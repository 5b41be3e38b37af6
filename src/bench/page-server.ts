/**
 * The HTTP server of the scrape workload: `/SYSTEM/metrics/TARGET`. Every system has paths of its own, so that each
 * goes through the same pages at its own pace. The page of the next scrape is made after the last one was sent, outside
 * of the time that a scrape takes.
 */

import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Latencies } from './latency.ts';
import type { LoadOptions, ServedPages, ServeWorkload } from './workload.ts';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Exporters keep a connection from one scrape to the next; Node's servers close it after five seconds. */
const KEEP_ALIVE_MS = 10 * 60_000;

/** What one system has fetched. */
export class Served {
  readonly pages: ServedPages;
  readonly #ready: (Uint8Array | undefined)[];
  readonly #seen: Set<number> = new Set();
  scrapes = 0;
  items = 0;
  bytes = 0;
  /** From the request until the page was handed to the network. */
  readonly latencies = new Latencies();

  constructor(pages: ServedPages, targets: number) {
    this.pages = pages;
    this.#ready = Array.from({ length: targets }, (_, target) => pages.next(target));
  }

  get targets(): number {
    return this.#ready.length;
  }

  /** Every target was scraped at least once. */
  get complete(): boolean {
    return this.#seen.size === this.targets;
  }

  serve(target: number, answer: ServerResponse): void {
    const from = performance.now();
    const page = this.#ready[target] ?? this.pages.next(target);
    this.#ready[target] = undefined;
    answer.on('finish', () => {
      this.scrapes++;
      this.items += this.pages.items(target);
      this.bytes += page.length;
      this.latencies.add(performance.now() - from);
      this.#seen.add(target);
      setImmediate(() => {
        this.#ready[target] ??= this.pages.next(target);
      });
    });
    answer.writeHead(200, { 'content-type': CONTENT_TYPE, 'content-length': page.length });
    answer.end(page);
  }
}

export class PageServer {
  readonly served = new Map<string, Served>();
  readonly #server: Server;
  #open = true;

  constructor(workload: ServeWorkload, options: LoadOptions, systems: readonly string[]) {
    for (const name of systems) this.served.set(name, new Served(workload.pages(options), options.targets));
    this.#server = createServer((request, answer) => this.#answer(request.url ?? '', answer));
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
  }

  #answer(url: string, answer: ServerResponse): void {
    const match = /^\/([\w.-]+)\/metrics\/(\d+)$/.exec(url.split('?', 1)[0]!);
    const served = match ? this.served.get(match[1]!) : undefined;
    const target = Number(match?.[2]);
    if (!served || target >= served.targets) answer.writeHead(404).end();
    else if (!this.#open) answer.writeHead(503).end();
    else served.serve(target, answer);
  }

  /** Resolves with the port. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on scrapes fail: nothing more is served. */
  refuse(): void {
    this.#open = false;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
