/** Questions over HTTP, to a server at an address. */

import type { HttpClientConfig } from '../base/http-client.ts';
import { bodyStream, HttpClient, networkError } from '../base/http-request.ts';
import { readBody } from '../base/read-body.ts';
import { type Question, type Reply, type Transport, UnreachableError } from './transport.ts';

/** Far above what anybody reads; a program that answers with more is no server of ours. */
const REPLY_MAX_BYTES = 1024 * 1024 * 1024;
/** Questions that are asked at the same time keep their connections. */
const KEPT_SOCKETS = 4;

export interface ServerAddress {
  /** May have a path, which stands before that of each question. */
  readonly url: URL;
  /** Sent with each question: credentials, the tenant. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly client?: HttpClientConfig;
}

const PLAIN: HttpClientConfig = { followRedirects: true, httpHeaders: {} };

export class HttpTransport implements Transport {
  readonly #address: ServerAddress;
  readonly #client: HttpClient;
  readonly #base: string;

  constructor(address: ServerAddress) {
    this.#address = address;
    // Credentials are sent where they were meant to go, and nowhere else.
    this.#client = new HttpClient(
      { ...(address.client ?? PLAIN), followRedirects: false },
      { keptSockets: KEPT_SOCKETS },
    );
    const { origin, pathname } = address.url;
    this.#base = origin + pathname.replace(/\/+$/, '');
  }

  async ask({ method = 'GET', path, params = [], headers, body, signal }: Question): Promise<Reply> {
    const search = params.length === 0 ? '' : `?${new URLSearchParams(params as [string, string][])}`;
    let answer: Awaited<ReturnType<HttpClient['send']>>;
    try {
      answer = await this.#client.send({
        method,
        url: this.#base + path + search,
        headers: { ...this.#address.headers, ...headers },
        ...(body && { body }),
        signal: signal ?? NEVER,
      });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw new UnreachableError(`${this.#base}: ${networkError(error)}`);
    }
    return {
      status: answer.statusCode ?? 0,
      contentType: answer.headers['content-type'] ?? '',
      body: await readBody(bodyStream(answer), REPLY_MAX_BYTES),
    };
  }

  close(): void {
    this.#client.close();
  }
}

const NEVER = new AbortController().signal;
