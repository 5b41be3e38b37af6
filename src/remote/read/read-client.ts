/** One remote that is read from: requests to it. What goes wrong is an `Error` in the original's words. */

import type { IncomingMessage } from 'node:http';
import { HttpClient, networkError } from '../../base/http-request.ts';
import { redacted } from '../../base/url-credentials.ts';
import { formatGoDuration } from '../../model/duration.ts';
import { CHUNKS_CONTENT_TYPE, SAMPLES_CONTENT_TYPE } from '../../model/remote-read-wire.ts';
import type { SeriesSelect } from '../../storage/interface.ts';
import { gathered, readChunkedAnswer, readSampledAnswer } from './read-answer.ts';
import { encodeReadRequest } from './read-request.ts';
import type { RemoteReadConfig } from './remote-read-config.ts';
import type { RemoteSeries } from './remote-series.ts';

/** Of an answer that tells of an error, so much is told on. */
const ERROR_TEXT_MAX_BYTES = 16 * 1024;
/** A reader asks one after another. */
const KEPT_SOCKETS = 1;
const NS_PER_MS = 1e6;

/** What an answer was, and how long it took to begin. */
export interface ReadNote {
  readonly type: 'sampled' | 'chunked' | 'unsupported';
  readonly code: string;
  readonly seconds: number;
}

export class ReadClient {
  readonly config: RemoteReadConfig;
  readonly #http: HttpClient;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(config: RemoteReadConfig, userAgent: string) {
    this.config = config;
    this.#http = new HttpClient(config.client, { keptSockets: KEPT_SOCKETS });
    this.#headers = {
      'Content-Encoding': 'snappy',
      'Accept-Encoding': 'snappy',
      'Content-Type': SAMPLES_CONTENT_TYPE,
      'User-Agent': userAgent,
      'X-Prometheus-Remote-Read-Version': '0.1.0',
      ...config.headers,
    };
  }

  /**
   * The series that match, each once, with their samples up to `maxMs`, in the order in which they came. Rejects with
   * the signal's reason where it fires.
   */
  async read(
    select: SeriesSelect,
    maxMs: number,
    signal: AbortSignal,
    note: (note: ReadNote) => void,
  ): Promise<RemoteSeries[]> {
    const { remoteTimeoutMs } = this.config;
    const deadline = AbortSignal.timeout(remoteTimeoutMs);
    const toWords = (error: unknown) => {
      signal.throwIfAborted();
      if (!deadline.aborted) return networkError(error);
      const after = formatGoDuration(remoteTimeoutMs * NS_PER_MS);
      return `context deadline exceeded: request timed out after ${after}`;
    };
    const started = performance.now();
    const body = encodeReadRequest(select, maxMs);
    const response = await this.#post(body, AbortSignal.any([signal, deadline]), toWords);
    const seconds = (performance.now() - started) / 1000;
    try {
      await this.#checkStatus(response);
      const range = { minMs: select.minMs, maxMs };
      return await this.#readAnswer(response, range, (type, code) => note({ type, code, seconds }));
    } catch (error) {
      throw new Error(toWords(error));
    }
  }

  async #post(
    body: Uint8Array,
    signal: AbortSignal,
    toWords: (error: unknown) => string,
  ): Promise<IncomingMessage> {
    const { url } = this.config;
    const headers = { ...this.#headers, 'Content-Length': String(body.length) };
    try {
      return await this.#http.send({ method: 'POST', url, headers, body, signal });
    } catch (error) {
      const post = `Post ${JSON.stringify(redacted(url))}: ${toWords(error)}`;
      throw new Error(`remote_read: error sending request: ${post}`);
    }
  }

  async #checkStatus(response: IncomingMessage): Promise<void> {
    const { statusCode = 0, statusMessage } = response;
    if (statusCode >= 200 && statusCode <= 299) return;
    const { bytes } = await gathered(response, ERROR_TEXT_MAX_BYTES);
    const text = bytes.toString('utf8').replace(/^\n+|\n+$/g, '');
    const status = `returned http status ${statusCode} ${statusMessage}: ${text}`;
    throw new Error(`remote_read: remote server ${redacted(this.config.url)} ${status}`);
  }

  async #readAnswer(
    response: IncomingMessage,
    range: { readonly minMs: number; readonly maxMs: number },
    note: (type: ReadNote['type'], code: string) => void,
  ): Promise<RemoteSeries[]> {
    const contentType = response.headers['content-type'] ?? '';
    const code = String(response.statusCode);
    if (contentType.startsWith(CHUNKS_CONTENT_TYPE)) {
      let end = 'aborted_stream';
      try {
        const series = await readChunkedAnswer(response, range, this.config.chunkedReadLimitBytes);
        end = code;
        return series;
      } finally {
        note('chunked', end);
      }
    }
    const isSampled = contentType.startsWith(SAMPLES_CONTENT_TYPE);
    note(isSampled ? 'sampled' : 'unsupported', code);
    try {
      if (isSampled) return await readSampledAnswer(response, range);
    } catch (error) {
      throw new Error(`remote_read: ${networkError(error)}`);
    }
    response.destroy();
    throw new Error(`remote_read: unsupported content type: ${contentType}`);
  }

  close(): void {
    this.#http.close();
  }
}
