/** HTTP/1.1 with connections that stay open: `node:http`, the cheapest client that comes with Node. */

import http from 'node:http';
import https from 'node:https';
import { baseUrl, type System } from './target.ts';
import type { Transport, TransportAnswer } from './transport.ts';
import type { BenchRequest } from './workload.ts';

const EMPTY = new Uint8Array(0);

export class HttpTransport implements Transport {
  readonly #system: System;
  readonly #timeoutMs: number;
  readonly #plain: http.Agent;
  readonly #secure: https.Agent;
  readonly #bases = new Map<string, URL>();

  constructor(system: System, concurrency: number, timeoutMs: number) {
    this.#system = system;
    this.#timeoutMs = timeoutMs;
    const options = { keepAlive: true, maxSockets: concurrency, noDelay: true };
    this.#plain = new http.Agent(options);
    this.#secure = new https.Agent(options);
  }

  #base(kind: BenchRequest['kind']): URL {
    let base = this.#bases.get(kind);
    if (!base) {
      base = new URL(baseUrl(this.#system, kind)!);
      this.#bases.set(kind, base);
    }
    return base;
  }

  send(request: BenchRequest): Promise<TransportAnswer> {
    const base = this.#base(request.kind);
    const secure = base.protocol === 'https:';
    const prefix = base.pathname === '/' ? '' : base.pathname;
    const headers: Record<string, string | number> = { ...request.headers, ...this.#system.headers };
    if (request.method === 'POST') headers['content-length'] = request.body.length;
    return new Promise((resolve, reject) => {
      const options: http.RequestOptions = {
        agent: secure ? this.#secure : this.#plain,
        hostname: base.hostname.replace(/^\[|\]$/g, ''),
        port: base.port || (secure ? 443 : 80),
        method: request.method,
        path: prefix + request.path,
        headers,
      };
      const sent = (secure ? https : http).request(options, (answer) => {
        const pieces: Uint8Array[] = [];
        answer.on('data', (piece: Uint8Array) => pieces.push(piece));
        answer.on('end', () => {
          clearTimeout(timer);
          const body = pieces.length === 0 ? EMPTY : pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
        });
        answer.on('error', reject);
      });
      const timer = setTimeout(
        () => sent.destroy(new Error(`no answer within ${this.#timeoutMs} ms`)),
        this.#timeoutMs,
      );
      sent.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      sent.end(request.body.length > 0 ? request.body : undefined);
    });
  }

  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}
