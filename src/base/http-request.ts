/**
 * An HTTP client with the settings of one `HttpClientConfig`: connections that are kept, credentials, TLS, redirects. It is
 * what scraping, discovery, notifications and remote storage send requests through.
 */

import type { lookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { authorizationHeader, type HttpClientConfig, tlsOptions } from './http-client.ts';

const REDIRECTS_MAX = 10;

export type RequestHeaders = Readonly<Record<string, string | readonly string[]>>;

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: RequestHeaders;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
}

export interface HttpClientOptions {
  /** Connections that are kept while they are not used; one unless said otherwise. */
  readonly keptSockets?: number;
  /** How a host's name becomes an address. */
  readonly lookup?: typeof lookup;
}

export class HttpClient {
  readonly #config: HttpClientConfig;
  readonly #agent: http.AgentOptions;
  readonly #http: http.Agent;
  #https: https.Agent | undefined;

  constructor(config: HttpClientConfig, { keptSockets = 1, lookup }: HttpClientOptions = {}) {
    this.#config = config;
    this.#agent = { keepAlive: true, maxFreeSockets: keptSockets, ...(lookup && { lookup }) };
    this.#http = new http.Agent(this.#agent);
  }

  /**
   * Resolves with the answer whatever its status, after redirects where they are to be followed; its body has not been read.
   * Rejects where there is none; `networkError` puts that into words.
   */
  async send(request: HttpRequest): Promise<http.IncomingMessage> {
    const { signal } = request;
    let { method, body } = request;
    const headers = await this.#headers(request.headers);
    let url = new URL(request.url);
    for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
      const response = await this.#request(method, url, headers, body, signal);
      const status = response.statusCode ?? 0;
      const location = response.headers.location;
      const redirected = status >= 301 && status <= 308 && status !== 304 && location !== undefined;
      if (!redirected || !this.#config.followRedirects) return response;
      response.resume();
      const next = new URL(location, url);
      // Credentials stay with the host they were meant for.
      if (next.host !== url.host) delete headers.Authorization;
      if (status < 307) {
        method = 'GET';
        body = undefined;
      }
      url = next;
    }
    throw new Error(`stopped after ${REDIRECTS_MAX} redirects`);
  }

  close(): void {
    this.#http.destroy();
    this.#https?.destroy();
  }

  async #headers(own: RequestHeaders): Promise<Record<string, string | string[]>> {
    const headers: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries(own)) {
      headers[name] = typeof value === 'string' ? value : [...value];
    }
    for (const [name, values] of Object.entries(this.#config.httpHeaders)) headers[name] = [...values];
    const auth = await authorizationHeader(this.#config);
    if (auth !== undefined) headers.Authorization = auth;
    return headers;
  }

  async #request(
    method: string,
    url: URL,
    headers: Record<string, string | string[]>,
    body: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<http.IncomingMessage> {
    const secure = url.protocol === 'https:';
    if (secure && this.#https === undefined) {
      const { tls } = this.#config;
      const options = tls ? await tlsOptions(tls) : {};
      this.#https = new https.Agent({ ...this.#agent, ...options });
    }
    const options = { method, headers, signal, agent: secure ? this.#https : this.#http };
    return new Promise((resolve, reject) => {
      const request = secure ? https.request(url, options, resolve) : http.request(url, options, resolve);
      request.on('error', reject);
      request.end(body);
    });
  }
}

/** What the answer's body is once it is decompressed. A break in it is an error of this stream. */
export function bodyStream(response: http.IncomingMessage): Readable {
  if (response.headers['content-encoding'] !== 'gzip') return response;
  const plain = createGunzip();
  response.on('error', (error) => plain.destroy(error));
  response.on('aborted', () => plain.destroy(new Error('unexpected EOF')));
  return response.pipe(plain);
}

/** Words for what the network says, in the manner that operators know. */
export function networkError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, address, port, hostname } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
    hostname?: string;
  };
  if (code === 'ECONNREFUSED') return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${hostname}: no such host`;
  if (code === 'ECONNRESET') return 'EOF';
  return error.message;
}
