/**
 * The Docker engine's HTTP API, over its socket or TCP: JSON answers, and streams that go on. Paths carry the API's version:
 * the engine's own, or the newest that is known here where that is older.
 */

import type { IncomingMessage } from 'node:http';
import type { HttpClientConfig } from '../../base/http-client.ts';
import { HttpClient, networkError } from '../../base/http-request.ts';
import { shownUrl } from '../../base/url-credentials.ts';
import { TriliteError } from '../../model/errors.ts';

/** Lists of containers and networks are answered at once, or something is wrong. */
const TIMEOUT_MS = 30_000;
const UNIX = 'unix://';
const API_MAJOR = 1;
const NO_SETTINGS: HttpClientConfig = { followRedirects: true, httpHeaders: {} };
/** Later versions may mean something else by what is read. */
const API_MINOR_MAX = 51;

export class DockerApi {
  readonly #host: string;
  readonly #client: HttpClient;
  /** Before paths; asked for with the first request. */
  #prefix: Promise<string> | undefined;

  /**
   * `host` as `unix:///var/run/docker.sock`, `tcp://…` or a URL; the client's settings are for URLs, as in the original. Throws `bad_data` where it is none of them.
   */
  constructor(host: string, client: HttpClientConfig) {
    this.#host = host.replace(/^tcp:/, 'http:');
    this.#client = new HttpClient(/^https?:/.test(host) ? client : NO_SETTINGS);
    const isUrl = /^https?:\/\//.test(this.#host) && URL.canParse(this.#host);
    if (!isUrl && !(this.#host.startsWith(UNIX) && this.#host.length > UNIX.length)) {
      throw new TriliteError(
        'bad_data',
        `unable to parse docker host ${JSON.stringify(host.replace(/\/\/[^/@]*@/, '//'))}`,
      );
    }
  }

  /** Throws `not_found` for a 404, `execution` for anything else that is no answer. */
  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const response = await this.stream(path, signal ? AbortSignal.any([timeout, signal]) : timeout);
    return JSON.parse(await bodyText(response)) as T;
  }

  /** The body as it comes. Throws as `get`. */
  async stream(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    this.#prefix ??= this.#askVersion();
    try {
      return await this.#request((await this.#prefix) + path, signal);
    } catch (error) {
      // It may be another engine that comes back, of another version.
      if (!(error instanceof TriliteError && error.kind === 'not_found')) this.#prefix = undefined;
      throw error;
    }
  }

  async #askVersion(): Promise<string> {
    const response = await this.#send('/_ping', AbortSignal.timeout(TIMEOUT_MS));
    response.resume();
    const [, major, minor] = /^(\d+)\.(\d+)$/.exec(String(response.headers['api-version'] ?? '')) ?? [];
    // An engine that does not tell takes paths without.
    if (Number(major) !== API_MAJOR) return '';
    return `/v${API_MAJOR}.${Math.min(Number(minor), API_MINOR_MAX)}`;
  }

  async #request(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const response = await this.#send(path, signal);
    const status = response.statusCode ?? 0;
    if (status === 200) return response;
    const text = (await bodyText(response)).trim().slice(0, 200);
    const kind = status === 404 ? 'not_found' : 'execution';
    throw new TriliteError(kind, `GET ${path.split('?')[0]}: Docker answered ${status}: ${text}`);
  }

  async #send(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const isUnix = this.#host.startsWith(UNIX);
    try {
      return await this.#client.send({
        method: 'GET',
        url: isUnix ? `http://docker${path}` : this.#host.replace(/\/$/, '') + path,
        headers: {},
        signal,
        ...(isUnix && { socketPath: this.#host.slice(UNIX.length) }),
      });
    } catch (error) {
      const why = `${shownUrl(this.#host)}: ${networkError(error)}`;
      throw new TriliteError('execution', `GET ${path.split('?')[0]}: ${why}`);
    }
  }

  close(): void {
    this.#client.close();
  }
}

async function bodyText(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const piece of response) text += piece;
  return text;
}

export interface DockerFilter {
  readonly name: string;
  readonly values: readonly string[];
}

/** As it is put behind a path; values of one name that stands twice go together. */
export function filterQuery(filters: readonly DockerFilter[]): string {
  if (filters.length === 0) return '';
  const wanted: Record<string, string[]> = {};
  for (const { name, values } of filters) wanted[name] = [...(wanted[name] ?? []), ...values];
  return `?filters=${encodeURIComponent(JSON.stringify(wanted))}`;
}
