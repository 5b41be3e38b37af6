/** Where an export comes from: pages of frames (`model/export-wire.ts`), each gone on with where the one before ended. */

import type { HttpClientConfig } from '../base/http-client.ts';
import { bodyStream, HttpClient, networkError } from '../base/http-request.ts';
import { readBody } from '../base/read-body.ts';
import { TriliteError } from '../model/errors.ts';
import {
  EXPORT_CONTENT_TYPE,
  type ExportMessage,
  type ExportSignal,
  readFrames,
} from '../model/export-wire.ts';

export type ExportParams = readonly (readonly [name: string, value: string])[];

export interface ExportSource {
  /** In words, for messages. */
  readonly name: string;
  /** Throws `TriliteError` where it refuses. */
  page(signal: ExportSignal, params: ExportParams): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface SourcedMessage extends ExportMessage {
  readonly kind: 'message' | 'metadata';
}

export interface SourceWalk {
  /** Every message of the signal, in order. */
  readonly messages: AsyncGenerator<SourcedMessage, void>;
  /** With this an export goes on: everything before it has been given. Undefined: from the beginning. */
  position(): string | undefined;
}

/** Walks through all pages. */
export function walk(
  source: ExportSource,
  signal: ExportSignal,
  params: ExportParams,
  from: string | undefined,
): SourceWalk {
  let position = from;
  async function* messages(): AsyncGenerator<SourcedMessage, void> {
    for (let more = true; more; ) {
      more = false;
      const asked = position === undefined ? params : [...params, ['position', position] as const];
      for await (const frame of readFrames(source.page(signal, asked))) {
        if (frame.kind !== 'end') yield frame;
        else if (frame.position !== undefined) {
          position = frame.position;
          more = true;
        }
      }
    }
  }
  return { messages: messages(), position: () => position };
}

const ERROR_MAX_BYTES = 64 * 1024;

/** A running server. */
export class ServerSource implements ExportSource {
  readonly name: string;
  readonly #client: HttpClient;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #base: string;
  readonly #signal: AbortSignal;

  constructor(
    url: URL,
    headers: Readonly<Record<string, string>>,
    client: HttpClientConfig,
    signal: AbortSignal,
  ) {
    // Credentials are sent where they were meant to go, and nowhere else.
    this.#client = new HttpClient({ ...client, followRedirects: false });
    this.#headers = headers;
    this.#base = url.origin + url.pathname.replace(/\/+$/, '');
    this.#signal = signal;
    this.name = this.#base;
  }

  async *page(signal: ExportSignal, params: ExportParams): AsyncGenerator<Uint8Array> {
    const search = new URLSearchParams(params as [string, string][]).toString();
    const url = `${this.#base}/api/v1/trilite/export/${signal}${search === '' ? '' : `?${search}`}`;
    try {
      const request = { method: 'GET', url, headers: this.#headers, signal: this.#signal } as const;
      const answer = await this.#client.send(request);
      if (answer.statusCode === 200 && answer.headers['content-type'] === EXPORT_CONTENT_TYPE) {
        yield* bodyStream(answer) as AsyncIterable<Uint8Array>;
        return;
      }
      const body = Buffer.from(await readBody(bodyStream(answer), ERROR_MAX_BYTES)).toString('utf8');
      throw new TriliteError('execution', `${this.#base} answers ${answer.statusCode}: ${wordsOf(body)}`);
    } catch (error) {
      if (error instanceof TriliteError || this.#signal.aborted) throw error;
      throw new TriliteError('execution', `${this.#base}: ${networkError(error)}`);
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}

function wordsOf(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // Plain text, or a page.
  }
  return body.trim().split('\n', 1)[0]!.slice(0, 300) || 'no reason';
}
