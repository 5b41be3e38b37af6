/** One POST to a receiver, and what its answer means: taken, worth another try, or lost. */

import { lookup } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { HttpClient, networkError } from '../../base/http-request.ts';
import { StaleConnectionError } from '../../base/route-agent.ts';
import { redacted } from '../../base/url-credentials.ts';
import type { RemoteWriteConfig } from './remote-write-config.ts';

/** Of an answer that tells of an error, so much is told on. */
const ERROR_TEXT_MAX_BYTES = 1024;
const WRITTEN_HEADER = 'x-prometheus-remote-write-';

/** What a receiver says that it wrote. */
export interface Written {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

export type SendOutcome =
  /** `written` is undefined where the receiver did not say. */
  | { readonly kind: 'taken'; readonly written: Written | undefined }
  | { readonly kind: 'retry'; readonly message: string; readonly afterMs: number | undefined }
  | { readonly kind: 'lost'; readonly message: string; readonly written: Written | undefined };

export interface WireNames {
  readonly contentType: string;
  readonly version: string;
}

export class WriteClient {
  readonly #config: RemoteWriteConfig;
  readonly #http: HttpClient;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(config: RemoteWriteConfig, wire: WireNames, userAgent: string) {
    this.#config = config;
    this.#http = new HttpClient(config.client, {
      keptSockets: config.queue.maxShards,
      ...(config.roundRobinDns && { lookup: anyAddress }),
    });
    this.#headers = {
      'Content-Encoding': 'snappy',
      'Content-Type': wire.contentType,
      'User-Agent': userAgent,
      'X-Prometheus-Remote-Write-Version': wire.version,
      ...config.headers,
    };
  }

  /** Sends a compressed message; `attempt` counts from 0. Rejects only where `signal` says to stop. */
  async send(body: Uint8Array, attempt: number, signal: AbortSignal): Promise<SendOutcome> {
    const headers: Record<string, string> = { ...this.#headers, 'Content-Length': String(body.length) };
    if (attempt > 0) headers['Retry-Attempt'] = String(attempt);
    const deadline = AbortSignal.timeout(this.#config.remoteTimeoutMs);
    const both = AbortSignal.any([signal, deadline]);
    try {
      const request = { method: 'POST', url: this.#config.url, headers, body, signal: both } as const;
      const response = await this.#http.send(request).catch((error) => {
        // The receiver closed an idle connection just then: no failure of its own.
        if (error instanceof StaleConnectionError) return this.#http.send(request);
        throw error;
      });
      return this.#judge(response, await textOf(response));
    } catch (error) {
      signal.throwIfAborted();
      const message = deadline.aborted ? 'context deadline exceeded' : networkError(error);
      return {
        kind: 'retry',
        message: `Post ${JSON.stringify(redacted(this.#config.url))}: ${message}`,
        afterMs: undefined,
      };
    }
  }

  #judge(response: IncomingMessage, text: string): SendOutcome {
    const status = response.statusCode ?? 0;
    const written = writtenOf(response);
    if (status >= 200 && status < 300) return { kind: 'taken', written };
    const message = `server returned HTTP status ${status} ${response.statusMessage}: ${text.trimEnd()}`;
    if (status >= 500 || (status === 429 && this.#config.queue.retryOnHttp429)) {
      return { kind: 'retry', message, afterMs: retryAfterMs(response.headers['retry-after'], Date.now()) };
    }
    return { kind: 'lost', message, written };
  }

  close(): void {
    this.#http.close();
  }
}

/** A date or seconds, as a time from now; undefined where it is neither, or not ahead. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return ms > 0 ? ms : undefined;
}

function writtenOf({ headers }: IncomingMessage): Written | undefined {
  const read = (name: string) => {
    const value = headers[`${WRITTEN_HEADER}${name}-written`];
    return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  const [samples, histograms, exemplars] = [read('samples'), read('histograms'), read('exemplars')];
  if (samples === undefined && histograms === undefined && exemplars === undefined) return undefined;
  return { samples: samples ?? 0, histograms: histograms ?? 0, exemplars: exemplars ?? 0 };
}

/** All of the body is read, so that the connection can be used again. */
async function textOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    if (bytes < ERROR_TEXT_MAX_BYTES) pieces.push(piece);
    bytes += piece.length;
  }
  return Buffer.concat(pieces).subarray(0, ERROR_TEXT_MAX_BYTES).toString('utf8');
}

/** `round_robin_dns`: each connection goes to any of the addresses that the name has. */
const anyAddress: typeof lookup = ((
  hostname: string,
  options: { readonly all?: boolean },
  done: (error: Error | null, address: unknown, family?: number) => void,
) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const chosen = addresses?.[Math.floor(Math.random() * addresses.length)];
    if (error || !chosen) done(error ?? new Error(`no address of ${hostname}`), []);
    else if (options.all) done(null, [chosen]);
    else done(null, chosen.address, chosen.family);
  });
}) as typeof lookup;
