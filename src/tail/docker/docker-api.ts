/** The Docker engine's HTTP API, over its socket or TCP: JSON answers, and streams that go on. */

import type { IncomingMessage } from 'node:http';
import type { HttpClientConfig } from '../../base/http-client.ts';
import { HttpClient } from '../../base/http-request.ts';
import { TriliteError } from '../../model/errors.ts';

/** Lists of containers and networks are answered at once, or something is wrong. */
const TIMEOUT_MS = 30_000;
const UNIX = 'unix://';

export class DockerApi {
  readonly #host: string;
  readonly #client: HttpClient;

  /** `host` as `unix:///var/run/docker.sock`, `tcp://…` or a URL. */
  constructor(host: string, client: HttpClientConfig) {
    this.#host = host.replace(/^tcp:/, 'http:');
    this.#client = new HttpClient(client);
  }

  /** Throws `not_found` for a 404, `execution` for anything else that is no answer. */
  async get<T>(path: string): Promise<T> {
    const response = await this.#request(path, AbortSignal.timeout(TIMEOUT_MS));
    return JSON.parse(await bodyText(response)) as T;
  }

  /** The body as it comes. Throws as `get`. */
  stream(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    return this.#request(path, signal);
  }

  async #request(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const isUnix = this.#host.startsWith(UNIX);
    const url = new URL(path, isUnix ? 'http://docker' : this.#host);
    const response = await this.#client.send({
      method: 'GET',
      url: url.href,
      headers: {},
      signal,
      ...(isUnix && { socketPath: this.#host.slice(UNIX.length) }),
    });
    const status = response.statusCode ?? 0;
    if (status === 200) return response;
    const text = (await bodyText(response)).trim().slice(0, 200);
    const kind = status === 404 ? 'not_found' : 'execution';
    throw new TriliteError(kind, `GET ${url.pathname}: Docker answered ${status}: ${text}`);
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
