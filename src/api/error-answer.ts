/**
 * From an error to an answer: the one place where a kind of `TriliteError` becomes an HTTP status, and where each
 * surface puts the message into the envelope that its clients read.
 */

import { utf8Encode } from '../base/bytes.ts';
import { type ErrorKind, TriliteError } from '../model/errors.ts';
import { RateLimitError } from '../model/rate-limit-error.ts';
import type { ServiceAnswer } from '../query/service.ts';

/** Whose manners a path has. */
export type Surface = 'prometheus' | 'loki' | 'tempo' | 'jaeger' | 'alertmanager' | 'otlp' | 'front';

export const PLAIN_TEXT = 'text/plain; charset=utf-8';

interface Mapping {
  readonly status: number;
  /** Prometheus' `errorType`. */
  readonly type: string;
}

const MAPPINGS: Readonly<Record<ErrorKind, Mapping>> = {
  bad_data: { status: 400, type: 'bad_data' },
  execution: { status: 422, type: 'execution' },
  limit: { status: 422, type: 'execution' },
  timeout: { status: 503, type: 'timeout' },
  canceled: { status: 499, type: 'canceled' },
  not_found: { status: 404, type: 'not_found' },
  unauthorized: { status: 401, type: 'bad_data' },
  forbidden: { status: 403, type: 'bad_data' },
  rate_limited: { status: 429, type: 'unavailable' },
  unsupported: { status: 415, type: 'bad_data' },
  too_large: { status: 413, type: 'bad_data' },
  overloaded: { status: 503, type: 'unavailable' },
  internal: { status: 500, type: 'internal' },
};

export function textAnswer(status: number, text: string, contentType = PLAIN_TEXT): ServiceAnswer {
  return { status, contentType, body: utf8Encode(text) };
}

/** An error that nobody foresaw says no more than that: its text may hold what is not the client's to see. */
function expectedError(error: unknown): TriliteError {
  const foreseen = error instanceof TriliteError && error.kind !== 'internal';
  return foreseen ? error : new TriliteError('internal', 'internal error');
}

/** For envelopes that a surface writes itself. */
export function describeError(error: unknown): { readonly status: number; readonly message: string } {
  const { kind, message } = expectedError(error);
  return { status: MAPPINGS[kind].status, message };
}

/** In the surface's manner; one who asked too much is told when to ask again. */
export function errorAnswer(surface: Surface, error: unknown): ServiceAnswer {
  const answer = plainErrorAnswer(surface, error);
  if (!(error instanceof RateLimitError)) return answer;
  return { ...answer, headers: { ...answer.headers, 'Retry-After': String(error.retrySeconds) } };
}

function plainErrorAnswer(surface: Surface, error: unknown): ServiceAnswer {
  const { kind, message } = expectedError(error);
  const { status, type } = MAPPINGS[kind];
  if (surface === 'prometheus') {
    const body = JSON.stringify({ status: 'error', errorType: type, error: message.toWellFormed() });
    return textAnswer(status, body, 'application/json');
  }
  if (surface === 'jaeger') {
    const errors = [{ code: status, msg: message }];
    const body = JSON.stringify({ data: null, total: 0, limit: 0, offset: 0, errors });
    return textAnswer(status, body, 'application/json');
  }
  if (surface === 'alertmanager') return codedAnswer(status, message);
  // To Loki and Tempo a query that takes too long is a gateway's timeout.
  return textAnswer(kind === 'timeout' ? 504 : status, `${message}\n`);
}

/** As Alertmanager's framework says it. */
function codedAnswer(status: number, message: string): ServiceAnswer {
  return textAnswer(status, JSON.stringify({ code: status, message }), 'application/json');
}

/** Go's servers say of every such text that it is one. */
export const NO_SNIFF = { 'X-Content-Type-Options': 'nosniff' };

export function notFoundAnswer(): ServiceAnswer {
  return { ...textAnswer(404, '404 page not found\n'), headers: NO_SNIFF };
}

/** `methods` are the allowed ones, `asked` is the one that was not. */
export function wrongMethodAnswer(
  surface: Surface,
  methods: readonly string[],
  asked: string,
): ServiceAnswer {
  const headers = { Allow: methods.join(', ') };
  if (surface === 'alertmanager') {
    const message = `method ${asked} is not allowed, but [${methods.join(',')}] are`;
    return { ...codedAnswer(405, message), headers };
  }
  if (surface === 'otlp') {
    const text = `405 method not allowed, supported: [${methods.join(', ')}]`;
    return { ...textAnswer(405, text, 'text/plain'), headers };
  }
  return { ...textAnswer(405, 'Method Not Allowed\n'), headers: { ...headers, ...NO_SNIFF } };
}
