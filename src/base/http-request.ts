/**
 * An HTTP client with the settings of one `HttpClientConfig`: connections that are kept, credentials, TLS, proxies, redirects.
 * It is what scraping, discovery, notifications and remote storage send requests through. HTTP/1.1 is spoken.
 */

import type { lookup } from 'node:dns';
import type http from 'node:http';
import type { Readable } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { createGunzip } from 'node:zlib';
import { bareHost, type Route } from './dial.ts';
import { authorizationHeader, type HttpClientConfig, type TlsConfig } from './http-client.ts';
import { networkErrorText } from './network-error.ts';
import { OAuth2Tokens } from './oauth2-token.ts';
import { type ProxyChoice, proxyChoice } from './proxy-choice.ts';
import { type Hop, keepsCredentials, nextHop } from './redirect.ts';
import { type RequestHeaders, requestHeaders, withoutSensitive } from './request-headers.ts';
import { exchange, RouteAgent, StaleConnectionError } from './route-agent.ts';
import { TlsMaterial } from './tls-material.ts';
import { shownUrl, urlAuthorization } from './url-credentials.ts';

const REQUESTS_MAX = 10;
const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
const NO_TLS: TlsConfig = { serverName: '', insecureSkipVerify: false };

export type { RequestHeaders };

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: RequestHeaders;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
  /** Of this machine: connected to instead of the URL's host. */
  readonly socketPath?: string;
}

export interface HttpClientOptions {
  /** Connections of a route that are kept while they are not used; one unless said otherwise. */
  readonly keptSockets?: number;
  /** How a host's name becomes an address. */
  readonly lookup?: typeof lookup;
}

export class HttpClient {
  readonly #config: HttpClientConfig;
  readonly #options: HttpClientOptions;
  readonly #proxyFor: ProxyChoice;
  readonly #tls: TlsMaterial;
  readonly #tokens: OAuth2Tokens | undefined;
  /** That tokens are got through. */
  readonly #tokenClient: HttpClient | undefined;
  #agent: RouteAgent;
  /** That the agent's TLS connections were made with. */
  #context: SecureContext | undefined;

  constructor(config: HttpClientConfig, options: HttpClientOptions = {}) {
    this.#config = config;
    this.#options = options;
    this.#agent = this.#newAgent();
    this.#proxyFor = proxyChoice(config.proxy);
    this.#tls = new TlsMaterial(config.tls ?? NO_TLS);
    const { oauth2 } = config;
    if (oauth2 === undefined) return;
    const { tls, proxy } = oauth2;
    const own = { ...(tls && { tls }), ...(proxy && { proxy }), followRedirects: true, httpHeaders: {} };
    this.#tokenClient = new HttpClient(own);
    this.#tokens = new OAuth2Tokens(oauth2, (form) => this.#postForm(form));
  }

  /**
   * Resolves with the answer whatever its status, after redirects where they are to be followed; its body has not been read.
   * Rejects where there is none; `networkError` puts that into words.
   */
  async send(request: HttpRequest): Promise<http.IncomingMessage> {
    const { signal, socketPath, method, body } = request;
    const headers = await requestHeaders(request.headers, this.#config);
    const first = new URL(request.url);
    let hop: Hop = { method, url: first, headers, body };
    let isTrusted = true;
    for (let sent = 0; sent < REQUESTS_MAX; sent++) {
      if (isTrusted && !keepsCredentials(hop.url, first)) {
        isTrusted = false;
        hop = { ...hop, headers: withoutSensitive(hop.headers) };
      }
      const told = isTrusted ? await this.#authorization(request) : undefined;
      const auth = told ?? urlAuthorization(hop.url);
      const authorized =
        auth === undefined ? hop : { ...hop, headers: { ...hop.headers, Authorization: auth } };
      const response = await this.#request(authorized, signal, socketPath);
      const next = this.#config.followRedirects ? nextHop(hop, response) : undefined;
      if (next === undefined) return response;
      response.resume();
      hop = next;
    }
    throw new Error(`stopped after ${REQUESTS_MAX} redirects`);
  }

  /** What is under way goes on; connections are not kept any more. */
  retire(): void {
    this.#agent.retire();
    this.#tokenClient?.retire();
  }

  close(): void {
    this.#agent.destroy();
    this.#tokenClient?.close();
  }

  async #authorization({ headers, signal }: HttpRequest): Promise<string | undefined> {
    if (this.#tokens === undefined) return authorizationHeader(this.#config);
    const userAgent = headers['User-Agent'];
    return this.#tokens.header(signal, typeof userAgent === 'string' ? userAgent : undefined);
  }

  async #postForm(form: Omit<HttpRequest, 'method'>): Promise<http.IncomingMessage> {
    try {
      return await this.#tokenClient!.send({ method: 'POST', ...form });
    } catch (error) {
      throw new Error(`Post "${shownUrl(form.url)}": ${networkError(error)}`);
    }
  }

  async #request(
    hop: Hop,
    signal: AbortSignal,
    socketPath: string | undefined,
  ): Promise<http.IncomingMessage> {
    const route = await this.#route(hop.url, socketPath);
    const agent = this.#agent;
    try {
      return await exchange(hop, route, agent, signal);
    } catch (error) {
      // The server closed a kept connection just as it was used again.
      const isStale = error instanceof StaleConnectionError && hop.method === 'GET' && !signal.aborted;
      if (isStale) return exchange(hop, route, agent, signal);
      throw error;
    }
  }

  #newAgent(): RouteAgent {
    return new RouteAgent(this.#options.keptSockets ?? 1);
  }

  async #route(url: URL, socketPath: string | undefined): Promise<Route> {
    const port = url.port === '' ? PORTS[url.protocol] : Number(url.port);
    if (port === undefined) throw new Error(`unsupported protocol scheme "${url.protocol.slice(0, -1)}"`);
    const secure = url.protocol === 'https:';
    const proxy = socketPath === undefined ? this.#proxyFor(url) : undefined;
    const needsTls = secure || proxy?.protocol === 'https:';
    const { tls = NO_TLS, proxy: settings } = this.#config;
    return {
      host: bareHost(url),
      port,
      secure,
      ...(socketPath !== undefined && { socketPath }),
      ...(proxy && { proxy }),
      ...(this.#options.lookup && { lookup: this.#options.lookup }),
      tls: needsTls
        ? {
            context: await this.#currentContext(),
            serverName: tls.serverName,
            verifies: !tls.insecureSkipVerify,
          }
        : undefined,
      connectHeaders: settings?.connectHeaders ?? {},
    };
  }

  /** Connections made with other certificates are used no further once those have changed. */
  async #currentContext(): Promise<SecureContext> {
    const context = await this.#tls.context();
    if (this.#context !== undefined && this.#context !== context) {
      this.#agent.retire();
      this.#agent = this.#newAgent();
    }
    this.#context = context;
    return context;
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
  return networkErrorText(error instanceof StaleConnectionError ? error.cause : error);
}
