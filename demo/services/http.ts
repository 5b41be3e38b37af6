/**
 * HTTP as the services speak it: JSON both ways, a table of routes, and errors that reach span, log and caller. Spans
 * and their propagation are the instrumentation's business, which sees every `http.request` and every server.
 */

import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { core } from '@opentelemetry/sdk-node';
import type { Logger } from './logger.ts';
import { stopTelemetry } from './telemetry.ts';

/** Requests that are under way when a service is to end have so long, */
const DRAIN_MAX_MS = 1000;
/** and one that has not brought out its last telemetry by then ends without. */
const STOP_MAX_MS = 2000;
/** No request of the shop is longer. */
const BODY_MAX_BYTES = 64 * 1024;

export interface Answer {
  readonly status: number;
  /** Sent as it is when it is text, else as JSON. */
  readonly body: unknown;
  readonly contentType?: string;
}

/** Takes the request's body, decoded; undefined where there is none. */
export type Handler = (body: unknown) => Promise<Answer>;

/** An error with the status that the caller is to see; any other error is a 500. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HttpError';
    this.status = status;
  }
}

async function readBody(stream: http.IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > BODY_MAX_BYTES) throw new HttpError(413, `a body of more than ${BODY_MAX_BYTES} bytes`);
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString();
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch (cause) {
    throw new HttpError(400, 'the body is not JSON', { cause });
  }
}

/** Posts JSON. An answer of any status is an answer; none within `timeoutMs` is an error with status 504. */
export function postJson(
  url: string,
  body: unknown,
  timeoutMs: number,
): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const request = http.request(url, { method: 'POST', headers }, (response) => {
      readBody(response).then(
        (answer) => resolve({ status: response.statusCode ?? 0, body: answer }),
        reject,
      );
    });
    request.setTimeout(timeoutMs, () =>
      request.destroy(new HttpError(504, `no answer from ${url} within ${timeoutMs} ms`)),
    );
    request.on('error', (cause) =>
      reject(cause instanceof HttpError ? cause : new HttpError(502, `${url}: ${cause.message}`, { cause })),
    );
    request.end(JSON.stringify(body));
  });
}

async function answerOf(
  handlers: Readonly<Record<string, Handler>>,
  request: http.IncomingMessage,
  logger: Logger,
): Promise<Answer> {
  const path = (request.url ?? '/').split('?', 1)[0]!;
  const route = `${request.method} ${path}`;
  const handler = handlers[route];
  if (!handler) return { status: 404, body: { error: `there is no ${route}` } };
  // The span and the histogram of the instrumentation are named by the route, which it cannot know by itself.
  const rpc = core.getRPCMetadata(context.active());
  if (rpc) rpc.route = path;
  try {
    return await handler(await readBody(request));
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    const status = failure instanceof HttpError ? failure.status : 500;
    if (status >= 500) {
      const span = trace.getActiveSpan();
      span?.recordException(failure);
      span?.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
      logger.log('error', failure.message, { route, status }, failure);
    }
    return { status, body: { error: failure.message } };
  }
}

/**
 * Serves `handlers` (by method and path, `POST /orders`) on `PORT` of the environment until SIGTERM or Ctrl-C; then
 * answers what is under way, sends the last telemetry, and ends.
 */
export function serve(handlers: Readonly<Record<string, Handler>>, logger: Logger): void {
  const server = http.createServer(async (request, response) => {
    const { status, body, contentType } = await answerOf(handlers, request, logger);
    response.writeHead(status, { 'content-type': contentType ?? 'application/json' });
    response.end(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`);
  });
  server.listen(Number(process.env.PORT), '127.0.0.1', () => {
    const version = process.env.SERVICE_VERSION ?? 'unknown';
    logger.log('info', 'deployed', { version, port: process.env.PORT ?? '' });
  });
  const stop = async () => {
    setTimeout(() => process.exit(1), STOP_MAX_MS).unref();
    const drained = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    await Promise.race([drained, sleep(DRAIN_MAX_MS)]);
    await logger.close();
    await stopTelemetry().catch(() => {});
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
