/**
 * Getting an exposition over HTTP: one keep-alive agent per job, gzip, redirects, a limit on the decompressed
 * body and a deadline over all of it. Errors carry the text that the target's status shows.
 */

import http from 'node:http';
import https from 'node:https';
import { createGunzip } from 'node:zlib';
import type { Clock } from '../base/clock.ts';
import { authorizationHeader, tlsOptions } from '../base/http-client.ts';
import { TriliteError } from '../model/errors.ts';
import { formatPlain } from '../model/float-format.ts';
import { SCRAPE_PROTOCOLS, type ScrapeConfig, type ScrapeProtocol } from './scrape-config.ts';

export interface Exposition {
  readonly body: Uint8Array;
  /** '' where the header is missing. */
  readonly contentType: string;
}

/** Gets an exposition or rejects with `TriliteError`. */
export type Fetcher = (url: string, timeoutMs: number) => Promise<Exposition>;

const REDIRECTS_MAX = 10;
/** A body larger than this fails even without a configured limit. */
const BODY_BYTES_MAX = 1024 * 1024 * 1024;
const USER_AGENT = 'Prometheus/3.5.3';

const ACCEPT: Readonly<Record<ScrapeProtocol, string>> = {
  PrometheusProto:
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0',
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0',
};

/** The formats by descending weight; the newer text formats take a scheme of names too. */
export function acceptHeader(config: Pick<ScrapeConfig, 'scrapeProtocols' | 'nameEscaping'>): string {
  let weight = SCRAPE_PROTOCOLS.length + 1;
  const parts = config.scrapeProtocols.map((p) => {
    const escaping = p.endsWith('1.0.0') ? `;escaping=${config.nameEscaping}` : '';
    return `${ACCEPT[p]}${escaping};q=0.${weight--}`;
  });
  return [...parts, `*/*;q=0.${weight}`].join(',');
}

/** The fetcher of one job. */
export class HttpFetcher {
  readonly #config: ScrapeConfig;
  readonly #clock: Clock;
  readonly #http = new http.Agent({ keepAlive: true, maxFreeSockets: 1 });
  #https: https.Agent | undefined;

  constructor(config: ScrapeConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  close(): void {
    this.#http.destroy();
    this.#https?.destroy();
  }

  readonly fetch: Fetcher = async (url, timeoutMs) => {
    const abort = new AbortController();
    const timer = this.#clock.after(timeoutMs, () => abort.abort());
    try {
      return await this.#follow(url, timeoutMs, abort.signal);
    } catch (e) {
      if (e instanceof TriliteError) throw e;
      const why = abort.signal.aborted ? 'context deadline exceeded' : networkError(e);
      throw new TriliteError('execution', `Get "${url}": ${why}`);
    } finally {
      timer.cancel();
    }
  };

  async #follow(first: string, timeoutMs: number, signal: AbortSignal): Promise<Exposition> {
    const headers = await this.#headers(timeoutMs);
    let url = new URL(first);
    for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
      const response = await this.#request(url, headers, signal);
      const status = response.statusCode ?? 0;
      const location = response.headers.location;
      const redirected = status >= 301 && status <= 308 && status !== 304 && location !== undefined;
      if (!redirected || !this.#config.client.followRedirects) return this.#read(response, status);
      response.resume();
      const next = new URL(location, url);
      // Credentials stay with the host they were meant for.
      if (next.host !== url.host) delete headers.Authorization;
      url = next;
    }
    throw new Error(`stopped after ${REDIRECTS_MAX} redirects`);
  }

  async #headers(timeoutMs: number): Promise<Record<string, string | string[]>> {
    const config = this.#config;
    const headers: Record<string, string | string[]> = {
      Accept: acceptHeader(config),
      'Accept-Encoding': config.enableCompression ? 'gzip' : 'identity',
      'User-Agent': USER_AGENT,
      'X-Prometheus-Scrape-Timeout-Seconds': formatPlain(timeoutMs / 1000),
    };
    for (const [name, values] of Object.entries(config.client.httpHeaders)) headers[name] = [...values];
    const auth = await authorizationHeader(config.client);
    if (auth !== undefined) headers.Authorization = auth;
    return headers;
  }

  async #request(
    url: URL,
    headers: Record<string, string | string[]>,
    signal: AbortSignal,
  ): Promise<http.IncomingMessage> {
    const secure = url.protocol === 'https:';
    if (secure && this.#https === undefined) {
      const tls = this.#config.client.tls;
      const options = tls ? await tlsOptions(tls) : {};
      this.#https = new https.Agent({ keepAlive: true, maxFreeSockets: 1, ...options });
    }
    const options = { headers, signal, agent: secure ? this.#https : this.#http };
    return new Promise((resolve, reject) => {
      const request = secure ? https.request(url, options, resolve) : http.request(url, options, resolve);
      request.on('error', reject);
      request.end();
    });
  }

  async #read(response: http.IncomingMessage, status: number): Promise<Exposition> {
    if (status !== 200) {
      response.resume();
      const text = response.statusMessage || http.STATUS_CODES[status] || '';
      throw new TriliteError('execution', `server returned HTTP status ${status} ${text}`.trimEnd());
    }
    const limit = this.#config.bodySizeLimitBytes || BODY_BYTES_MAX;
    const gzipped = response.headers['content-encoding'] === 'gzip';
    const body = await readLimited(response, gzipped, limit);
    return { body, contentType: response.headers['content-type'] ?? '' };
  }
}

/** The body, decompressed; rejects past the limit. */
function readLimited(response: http.IncomingMessage, gzipped: boolean, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const stream = gzipped ? response.pipe(createGunzip()) : response;
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('error', reject);
    response.on('aborted', () => reject(new Error('unexpected EOF')));
    stream.on('error', reject);
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= limit) return;
      reject(new TriliteError('limit', 'body size limit exceeded'));
      response.destroy();
    });
    stream.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)));
  });
}

/** Words for what the network says, in the manner that operators know. */
function networkError(e: unknown): string {
  if (!(e instanceof Error)) return String(e);
  const { code, address, port, hostname } = e as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
    hostname?: string;
  };
  if (code === 'ECONNREFUSED') return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${hostname}: no such host`;
  if (code === 'ECONNRESET') return 'EOF';
  return e.message;
}
