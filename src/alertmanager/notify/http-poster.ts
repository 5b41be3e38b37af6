/** Requests of notifications: what is sent, what an answer means, and whether another try may help. */

import type { Clock } from '../../base/clock.ts';
import { BodyError, readBody } from '../../base/http-body.ts';
import type { HttpClientConfig } from '../../base/http-client.ts';
import { HttpClient, networkError } from '../../base/http-request.ts';
import { formatGoDuration } from '../../model/duration.ts';
import { VERSION } from '../../version.ts';
import { type FailureReason, NotifyError } from './integration.ts';

const USER_AGENT = `Trilite/${VERSION}`;
/** Of an answer: errors are short, and what is longer says no more. */
const ANSWER_BYTES_MAX = 64 << 10;
const SHOWN_CHARS_MAX = 4096;

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface Posting {
  readonly url: string;
  readonly body: string;
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON unless said otherwise. */
  readonly contentType?: string;
  readonly method?: 'POST' | 'PUT';
}

/** A limit of an integration's own for its requests. */
export interface PostLimit {
  /** `webhook`, for messages. */
  readonly name: string;
  /** 0 is none. */
  readonly timeoutMs: number;
}

export class HttpPoster {
  readonly #client: HttpClient;
  readonly #clock: Clock;
  readonly #limit: PostLimit;

  constructor(client: HttpClientConfig, clock: Clock, limit: PostLimit) {
    this.#client = new HttpClient(client);
    this.#clock = clock;
    this.#limit = limit;
  }

  close(): void {
    this.#client.close();
  }

  /** Resolves with any answer. Rejects with `NotifyError` where there is none; the URL, which may be a secret, is not named. */
  async post(posting: Posting): Promise<Answer> {
    const { url, body, headers = {}, contentType = 'application/json', method = 'POST' } = posting;
    const { name, timeoutMs } = this.#limit;
    const own = new AbortController();
    const expire = (): void => {
      const limit = formatGoDuration(timeoutMs * 1e6);
      own.abort(new Error(`context deadline exceeded: configured ${name} timeout reached (${limit})`));
    };
    const timer = timeoutMs > 0 ? this.#clock.after(timeoutMs, expire) : undefined;
    const signal = AbortSignal.any([posting.signal, own.signal]);
    try {
      const response = await this.#client.send({
        method,
        url,
        headers: { 'User-Agent': USER_AGENT, 'Content-Type': contentType, ...headers },
        body: Buffer.from(body),
        signal,
      });
      const bytes = await readBody(response, ANSWER_BYTES_MAX, () => new BodyError('the answer is too long'));
      return {
        status: response.statusCode!,
        contentType: response.headers['content-type'] ?? '',
        body: Buffer.from(bytes).toString(),
      };
    } catch (error) {
      const cause = signal.aborted ? signal.reason : error;
      const isFault = error instanceof TypeError && !signal.aborted;
      const fault = isFault ? 'the URL is invalid' : networkError(cause);
      const verb = method === 'PUT' ? 'Put' : 'Post';
      throw new NotifyError(`${verb} "<redacted>": ${fault}`, !isFault, 'other', cause);
    } finally {
      timer?.cancel();
    }
  }
}

export interface Verdict {
  /** Statuses that another try may help with, beside those of 5xx. */
  readonly retried?: readonly number[];
  /** What an answer says of a failure; by default its body. */
  details?(answer: Answer): string;
  /** What the message begins with. */
  readonly prefix?: string;
}

/** Throws `NotifyError` unless the status says that all is well. */
export function checkStatus(answer: Answer, { retried = [], details, prefix = '' }: Verdict = {}): void {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return;
  const mayRetry = (status >= 500 && status < 600) || retried.includes(status);
  const said = (details ? details(answer) : body).slice(0, SHOWN_CHARS_MAX);
  const message = `${prefix}unexpected status code ${status}${said === '' ? '' : `: ${said}`}`;
  throw new NotifyError(message, mayRetry, reasonOf(status));
}

function reasonOf(status: number): FailureReason {
  if (status === 401 || status === 403) return 'authError';
  if (status === 429) return 'rateLimited';
  if (status >= 400 && status < 500) return 'clientError';
  return status >= 500 && status < 600 ? 'serverError' : 'other';
}
