/** Sending messages to a receiver over HTTP: tried again while it is busy or away, its words kept where it refuses. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpClientConfig } from '../base/http-client.ts';
import { bodyStream, HttpClient, networkError } from '../base/http-request.ts';
import { readBody } from '../base/read-body.ts';
import { redacted } from '../base/url-credentials.ts';
import { TriliteError } from '../model/errors.ts';
import { retryAfterMs } from '../remote/write/write-client.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
/** With the waits between them some three minutes: what does not answer until then needs somebody to look. */
const ATTEMPTS_MAX = 12;
const REQUEST_TIMEOUT_MS = 60_000;
const ANSWER_MAX_BYTES = 1024 * 1024;
const WORDS_MAX_CHARS = 500;

export interface Receiver {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly client: HttpClientConfig;
  readonly signal: AbortSignal;
  /** Told when an attempt failed and is made again. */
  readonly onRetry?: (words: string, waitMs: number) => void;
}

export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
  /** In one line. */
  readonly words: string;
}

export class PushClient {
  readonly #receiver: Receiver;
  readonly #client: HttpClient;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
    this.#client = new HttpClient({ ...receiver.client, followRedirects: false });
  }

  /** Resolves when the receiver has said yes or no. Throws `execution` where it stays away or asks for credentials. */
  async send(body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const { signal, onRetry } = this.#receiver;
    for (
      let attempt = 1, waitMs = FIRST_WAIT_MS;
      ;
      attempt++, waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)
    ) {
      const answer = await this.#attempt(body, headers);
      if (typeof answer !== 'string') {
        if (answer.status === 401 || answer.status === 403 || answer.status === 404) {
          throw new TriliteError('execution', `${this.#name} answers ${answer.status}: ${answer.words}`);
        }
        if (answer.status < 500 && answer.status !== 429 && answer.status !== 408) return answer;
      }
      const words = typeof answer === 'string' ? answer : `${answer.status}: ${answer.words}`;
      if (attempt === ATTEMPTS_MAX) {
        throw new TriliteError('execution', `${this.#name}: ${words} (tried ${attempt} times)`);
      }
      const asked =
        typeof answer === 'string' ? undefined : retryAfterMs(headerOf(answer, 'retry-after'), Date.now());
      onRetry?.(words, asked ?? waitMs);
      await sleep(asked ?? waitMs, undefined, { signal });
    }
  }

  get #name(): string {
    return redacted(this.#receiver.url);
  }

  /** The answer, or why there is none. */
  async #attempt(body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<Answer | string> {
    const { url, headers: own, signal } = this.#receiver;
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
    try {
      const request = {
        method: 'POST',
        url,
        headers: { ...own, ...headers },
        body,
        signal: deadline,
      } as const;
      const response = await this.#client.send(request);
      const answer = await readBody(bodyStream(response), ANSWER_MAX_BYTES);
      const status = response.statusCode ?? 0;
      return {
        ok: status >= 200 && status < 300,
        status,
        headers: response.headers,
        body: answer,
        words: wordsOf(answer),
      };
    } catch (error) {
      signal.throwIfAborted();
      return deadline.aborted ? 'no answer in time' : networkError(error);
    }
  }

  close(): void {
    this.#client.close();
  }
}

export function headerOf({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** What is no text, as a `google.rpc.Status`, is shown by its readable part. */
function wordsOf(body: Uint8Array): string {
  const text = Buffer.from(body)
    .toString('utf8')
    .replace(/[\p{Cc}\ufffd]+/gu, ' ')
    .trim();
  return text.slice(0, WORDS_MAX_CHARS);
}
