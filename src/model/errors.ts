/**
 * Expected errors: one type with a kind, a message for the user and, where a text was parsed, a position.
 * Every surface (Prometheus, Loki, Tempo, gRPC) maps the kind to its own status and envelope; nothing else
 * decides a status code. Programmer mistakes are not these: they assert (`base/assert.ts`).
 */

export type ErrorKind =
  /** The request is malformed: a parameter, a body, a query that does not parse. */
  | 'bad_data'
  /** The query is well formed and fails while it runs. */
  | 'execution'
  /** A limit on the work of one query was reached. */
  | 'limit'
  | 'timeout'
  /** The client went away. */
  | 'canceled'
  | 'not_found'
  /** The request does not say whose it is, and must. */
  | 'unauthorized'
  /** It does, and may not do what it asks for. */
  | 'forbidden'
  /** More than was agreed on in a time: try again later, at another pace. */
  | 'rate_limited'
  /** The content type or encoding is not one that the endpoint takes. */
  | 'unsupported'
  /** The body is larger than the endpoint takes. */
  | 'too_large'
  /** Try again later: memory is short, or the server is starting or stopping. */
  | 'overloaded'
  | 'internal';

/** Where in a text: offsets in UTF-8 bytes from its start, `end` exclusive. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

export class TriliteError extends Error {
  override name = 'TriliteError';
  readonly kind: ErrorKind;
  readonly span: TextSpan | undefined;

  constructor(kind: ErrorKind, message: string, span?: TextSpan) {
    super(message);
    this.kind = kind;
    this.span = span;
  }
}
