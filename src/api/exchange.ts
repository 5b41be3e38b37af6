/**
 * One exchange over HTTP, without knowledge of what is asked: from a request to `ServiceRequest` (URL and form
 * parameters in one list), and from a `ServiceAnswer` to the wire (compression, cross-origin headers, HEAD).
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { deflate, gzip } from 'node:zlib';
import { BodyAbortedError, BodyLimitError, readBody } from '../base/read-body.ts';
import { TriliteError } from '../model/errors.ts';
import type { ServiceAnswer, ServiceRequest } from '../query/service.ts';
import type { BodyBudget } from './body-budget.ts';
import { watchProgress } from './body-progress.ts';
import type { EventStream } from './route.ts';
import { letRestBy } from './unread-body.ts';
import { ANSWER_STALL_MS, type UnsentAnswers } from './unsent-answers.ts';

/** Above what is worth a header and a pass of the thread pool; about one network packet. */
const COMPRESSED_LEAST_BYTES = 1400;
/** Answers are compressed for networks close by: speed before ratio. */
const COMPRESSION_LEVEL = 1;
/** A query in a form; the longest that dashboards send are some hundred KiB. */
export const FORM_MAX_BYTES = 10 * 1024 * 1024;

/** Of a stream, bytes that a client has not taken yet. */
const STREAM_UNREAD_MAX_BYTES = 1024 * 1024;

/** Headers that some service reads; the others do not cross to the reader threads. */
const PASSED_HEADERS: readonly string[] = [
  'accept',
  'accept-encoding',
  'content-encoding',
  'content-type',
  'host',
  'origin',
  'x-loki-response-encoding-flags',
  'x-query-tags',
  'x-scope-orgid',
  'x-trilite-since',
];

/** The request's own content type, which the listener takes from the headers (`listeners.ts`). */
const contentTypes = new WeakMap<IncomingMessage, string>();

/**
 * Takes the content type out of the headers, so that the router accepts whatever it says: an endpoint judges it
 * in its protocol's own words.
 */
export function hideContentType(request: IncomingMessage): void {
  const value = request.headers['content-type'];
  if (value === undefined) return;
  contentTypes.set(request, value);
  delete request.headers['content-type'];
}

export function contentTypeOf(request: IncomingMessage): string | undefined {
  return contentTypes.get(request) ?? request.headers['content-type'];
}

/** The media type alone, lower-case: `text/plain; charset=x` is `text/plain`. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/** The body, bounded; the errors are named. One that stops coming has its connection closed: senders try that again. */
export async function boundedBody(
  request: IncomingMessage,
  maxBytes: number,
  onBytes?: (length: number) => void,
): Promise<Buffer> {
  const stop = watchProgress(request, () => request.destroy());
  try {
    return await readBody(request, maxBytes, onBytes);
  } catch (error) {
    if (error instanceof BodyLimitError) {
      throw new TriliteError('too_large', `request body too large: the limit is ${maxBytes} bytes`);
    }
    if (error instanceof BodyAbortedError)
      throw new TriliteError('canceled', 'the client closed the connection');
    throw error;
  } finally {
    stop();
  }
}

/** `path` are the named parts; a body that is no form is passed on as it is. `budget` is told of the body as it comes. */
export async function readServiceRequest(
  request: IncomingMessage,
  path: Readonly<Record<string, string>>,
  nowMs: number,
  budget?: ReturnType<BodyBudget['begin']>,
): Promise<ServiceRequest> {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  let params = mark < 0 ? [] : readForm(url.slice(mark + 1));
  const contentType = contentTypeOf(request);
  let body: Uint8Array | undefined;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const bytes = await boundedBody(request, FORM_MAX_BYTES, budget?.grow);
    if (mediaTypeOf(contentType) === 'application/x-www-form-urlencoded') {
      params = readForm(bytes.toString('utf8')).concat(params);
    } else if (bytes.length > 0) {
      body = bytes;
    }
  }
  const headers: Record<string, string> = {};
  for (const name of PASSED_HEADERS) {
    const value = name === 'content-type' ? contentType : request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const client = {
    address: request.socket.remoteAddress ?? '',
    method: request.method ?? '',
    path: mark < 0 ? url : url.slice(0, mark),
  };
  const asked = { params, path, headers, nowMs, client };
  return body ? { ...asked, body } : asked;
}

/** What Go's parser takes for no parameter: one with a semicolon, or with an escape that is none. */
const BROKEN_PARAMETER = /;|%(?![0-9a-fA-F]{2})/;

/** Parameters in order; broken ones are left out, as the originals do. */
function readForm(text: string): [string, string][] {
  if (!BROKEN_PARAMETER.test(text)) return [...new URLSearchParams(text)];
  const whole = text.split('&').filter((piece) => !BROKEN_PARAMETER.test(piece));
  return [...new URLSearchParams(whole.join('&'))];
}

const CODINGS = { gzip, deflate } as const;
type Coding = keyof typeof CODINGS;

/** The first coding that the request names and that there is; `*` stands for gzip. */
function acceptedCoding(request: IncomingMessage): Coding | undefined {
  const accepted = request.headers['accept-encoding'];
  for (const item of String(accepted ?? '').split(',')) {
    const [name, ...rest] = item.trim().toLowerCase().split(';');
    const coding = name === '*' ? 'gzip' : name;
    if (coding !== 'gzip' && coding !== 'deflate') continue;
    if (!rest.some((p) => /^\s*q=0(\.0*)?\s*$/.test(p))) return coding;
  }
  return undefined;
}

function compress(body: Uint8Array, coding: Coding): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    CODINGS[coding](body, { level: COMPRESSION_LEVEL }, (error, packed) =>
      error ? reject(error) : resolve(packed),
    );
  });
}

function varies(response: ServerResponse): boolean {
  return String(response.getHeader('Vary') ?? '').includes('Accept-Encoding');
}

/** Writes the answer out and resolves when it was handed to the socket. A client that is gone is no error. */
export async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: ServiceAnswer,
  unsent?: UnsentAnswers,
): Promise<void> {
  if (response.destroyed || response.headersSent) return;
  let body = answer.body;
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  if (answer.contentType !== '') response.setHeader('Content-Type', answer.contentType);
  if (answer.rest) return sendPieces(response, answer, answer.rest);
  if (body.length >= COMPRESSED_LEAST_BYTES) {
    if (!varies(response)) response.appendHeader('Vary', 'Accept-Encoding');
    const coding = response.hasHeader('Content-Encoding') ? undefined : acceptedCoding(request);
    if (coding !== undefined) {
      body = await compress(answer.body, coding);
      if (response.destroyed) return;
      response.setHeader('Content-Encoding', coding);
    }
  }
  const hasBody = answer.status !== 204 && answer.status !== 304;
  response.statusCode = answer.status;
  if (hasBody) response.setHeader('Content-Length', body.length);
  const written = hasBody && request.method !== 'HEAD' && body.length > 0 ? body : undefined;
  unsent?.add(response, written?.length ?? 0);
  if (request.complete) {
    response.end(written);
    return;
  }
  // The rest of a body that nobody read would be taken for the next request.
  response.setHeader('Connection', 'close');
  if (written) response.write(written);
  else response.flushHeaders();
  await letRestBy(request);
  response.end();
}

/** Writes what comes until the client leaves. */
export function sendStream(request: IncomingMessage, response: ServerResponse, stream: EventStream): void {
  if (response.destroyed) return;
  response.writeHead(200, { ...stream.headers, 'Content-Type': stream.contentType });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  response.flushHeaders();
  const close = stream.open((text) => {
    // A client that does not read is as good as gone.
    if (response.writableLength > STREAM_UNREAD_MAX_BYTES) response.destroy();
    else response.write(text);
  });
  response.once('close', close);
}

/**
 * An answer in pieces, as they are: uncompressed, in HTTP's own chunks, each when the one before has left this process'
 * memory. Rejects where the pieces end in an error: the caller breaks the connection off, by which its client sees that
 * something is missing.
 */
async function sendPieces(
  response: ServerResponse,
  { status, body }: ServiceAnswer,
  rest: AsyncIterable<Uint8Array>,
): Promise<void> {
  response.statusCode = status;
  if (body.length > 0) response.write(body);
  else response.flushHeaders();
  for await (const piece of rest) {
    if (response.destroyed) return;
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    // A client that takes nothing holds a reader's thread.
    const stalled = setTimeout(() => response.destroy(), ANSWER_STALL_MS);
    const done = () => {
      clearTimeout(stalled);
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}
