/**
 * Getting an exposition over HTTP: one client per job, a limit on the decompressed body and a deadline over all of it. Errors carry the text that the target's status shows.
 */

import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Clock } from '../base/clock.ts';
import { readBody } from '../base/http-body.ts';
import { HttpClient, networkError, type RequestHeaders } from '../base/http-request.ts';
import { shownUrl } from '../base/url-credentials.ts';
import { TriliteError } from '../model/errors.ts';
import { formatPlain } from '../model/float-format.ts';
import { SCRAPE_PROTOCOLS, type ScrapeConfig, type ScrapeProtocol } from './scrape-config.ts';

export interface Exposition {
  readonly body: Uint8Array;
  /** '' where the header is missing. */
  readonly contentType: string;
  /** The target's clock less this machine's, in ms, by the answer's `Date`: to the second. */
  readonly clockAheadMs?: number | undefined;
}

/** The body was larger than the job allows. */
export class BodyLimitError extends TriliteError {
  constructor() {
    super('limit', 'body size limit exceeded');
  }
}

/** Gets an exposition or rejects with `TriliteError`. */
export type Fetcher = (url: string, timeoutMs: number, socketPath?: string) => Promise<Exposition>;

/** A body larger than this fails even without a configured limit. */
const BODY_BYTES_MAX = 1024 * 1024 * 1024;
export const USER_AGENT = 'Prometheus/3.5.3';

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
  readonly #client: HttpClient;

  constructor(config: ScrapeConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#client = new HttpClient(config.client);
  }

  close(): void {
    this.#client.close();
  }

  readonly fetch: Fetcher = async (url, timeoutMs, socketPath = '') => {
    const abort = new AbortController();
    const timer = this.#clock.after(timeoutMs, () => abort.abort());
    // An answer that has begun and breaks off is told without the request.
    let about = `Get "${shownUrl(url)}": `;
    try {
      const headers = this.#headers(timeoutMs);
      const { signal } = abort;
      const socket = socketPath === '' ? {} : { socketPath };
      const response = await this.#client.send({ method: 'GET', url, headers, signal, ...socket });
      about = '';
      return await this.#read(response);
    } catch (e) {
      if (e instanceof TriliteError) throw e;
      const why = abort.signal.aborted ? 'context deadline exceeded' : networkError(e);
      throw new TriliteError('execution', about + why);
    } finally {
      timer.cancel();
    }
  };

  #headers(timeoutMs: number): RequestHeaders {
    const config = this.#config;
    return {
      Accept: acceptHeader(config),
      'Accept-Encoding': config.enableCompression ? 'gzip' : 'identity',
      'User-Agent': USER_AGENT,
      'X-Prometheus-Scrape-Timeout-Seconds': formatPlain(timeoutMs / 1000),
    };
  }

  async #read(response: IncomingMessage): Promise<Exposition> {
    const status = response.statusCode ?? 0;
    if (status !== 200) {
      response.resume();
      const text = response.statusMessage || STATUS_CODES[status] || '';
      throw new TriliteError('execution', `server returned HTTP status ${status} ${text}`.trimEnd());
    }
    const limit = this.#config.bodySizeLimitBytes;
    // As in Prometheus a body that reaches the limit is too large.
    const dateMs = Date.parse(response.headers.date ?? '');
    // It is cut to the second.
    const clockAheadMs = Number.isNaN(dateMs) ? undefined : dateMs + 500 - this.#clock.now();
    const body = await readBody(response, limit > 0 ? limit - 1 : BODY_BYTES_MAX, () => new BodyLimitError());
    return { body, contentType: response.headers['content-type'] ?? '', clockAheadMs };
  }
}
