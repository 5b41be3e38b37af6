/**
 * The targets of both servers: one HTTP server with a path for each. What a path answers follows from how often the same
 * requester has asked for it, so that both see the same pages in the same order, whenever they come.
 */

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

export const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
export const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export interface Page {
  readonly body: string | Uint8Array;
  /** '' for none. */
  readonly contentType: string;
  readonly status?: number;
  /** Before anything is answered. */
  readonly delayMs?: number;
  readonly encoding?: 'gzip' | 'broken gzip';
  /** The connection breaks off after half of the body. */
  readonly cut?: boolean;
}

/** Page `n` of a path: what scrape `n` gets, from 0. */
export type PageOf = (n: number) => Page;

export interface TargetServer {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** How often the requester whose `User-Agent` begins so has asked for a path. */
  scrapes(path: string, isOwn: boolean): number;
  stop(): Promise<void>;
}

/** `isOwn` tells Trilite from the other by its headers. */
export async function startTargets(
  pages: ReadonlyMap<string, PageOf>,
  isOwn: (headers: http.IncomingHttpHeaders) => boolean,
): Promise<TargetServer> {
  const counts = new Map<string, number>();
  const server = http.createServer((request, response) => {
    const path = request.url!.split('?')[0]!;
    const pageOf = pages.get(path);
    if (pageOf === undefined) return void response.writeHead(404).end();
    const key = `${path} ${isOwn(request.headers)} ${request.url}`;
    const n = counts.get(key) ?? 0;
    counts.set(key, n + 1);
    const page = pageOf(n);
    setTimeout(() => answer(response, page), page.delayMs ?? 0);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    scrapes: (path, own) => counts.get(`${path} ${own} ${path}`) ?? 0,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: http.ServerResponse, page: Page): void {
  if (response.destroyed) return;
  const plain = Buffer.from(page.body);
  const body = page.encoding === 'gzip' ? gzipSync(plain) : plain;
  response.sendDate = false;
  const headers: http.OutgoingHttpHeaders = {
    ...(page.contentType !== '' && { 'content-type': page.contentType }),
    ...(page.encoding && { 'content-encoding': 'gzip' }),
  };
  response.writeHead(page.status ?? 200, { ...headers, 'content-length': body.length });
  if (!page.cut) return void response.end(body);
  response.write(body.subarray(0, body.length / 2));
  setTimeout(() => response.destroy(), 20);
}
