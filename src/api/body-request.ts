/** A request as an endpoint gets it that reads its own body. */

import type { IncomingMessage } from 'node:http';
import { boundedBody, contentTypeOf } from './exchange.ts';

/** What a request brings to an endpoint that reads its own body. */
export interface BodyRequest {
  readonly contentType: string | undefined;
  /** The address at the other end. */
  readonly peer: string | undefined;
  /** Lower-case name; several headers of one name are joined by commas. */
  header(name: string): string | undefined;
  /** From `Content-Length`; unknown for a chunked body. */
  readonly declaredBytes: number | undefined;
  readonly nowMs: number;
  /** Once. Rejects with `too_large` or `canceled`. */
  readBody(maxBytes: number, onBytes?: (length: number) => void): Promise<Uint8Array>;
}

export function bodyRequest(request: IncomingMessage, nowMs: number): BodyRequest {
  const declared = Number(request.headers['content-length'] ?? Number.NaN);
  return {
    contentType: contentTypeOf(request),
    get peer() {
      return request.socket.remoteAddress;
    },
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    declaredBytes: Number.isNaN(declared) ? undefined : declared,
    nowMs,
    readBody: (maxBytes, onBytes) => boundedBody(request, maxBytes, onBytes),
  };
}
