/**
 * Which pages of other origins a browser lets talk to the server. Two policies, since what is at stake differs:
 *
 *   reading    Prometheus' API: every origin, or those that an expression matches (`--web.cors.origin`)
 *   bringing   the ways in that applications in browsers use (OTLP, Loki push, Zipkin): no origin, or those that are
 *              listed (`trilite.cors`), as in OpenTelemetry's collector
 *
 * A browser asks before it sends what a form could not (a preflight: `OPTIONS`), and hides every answer that does not
 * name its page's origin, refusals too: so the headers are on all answers.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServiceAnswer } from '../query/service.ts';

export interface CorsSettings {
  /** `https://shop.example`, with one `*` for any characters (`https://*.example`), or `*` alone for every page. */
  readonly allowedOrigins: readonly string[];
  /** Beside those that exporters send; `*` for all. */
  readonly allowedHeaders: readonly string[];
  /** How long a browser may remember the answer to a preflight; 0: as long as it likes to by itself. */
  readonly maxAgeSeconds: number;
}

export const NO_CORS: CorsSettings = { allowedOrigins: [], allowedHeaders: [], maxAgeSeconds: 0 };

/** What exporters send, and the tenant. */
const USUAL_HEADERS: readonly string[] = [
  'Accept',
  'Authorization',
  'Content-Encoding',
  'Content-Type',
  'X-Requested-With',
  'X-Scope-OrgID',
];

export interface CrossOriginPolicy {
  /** Says on an answer whether the page that asked may see it. */
  mark(request: IncomingMessage, response: ServerResponse): void;
}

/** Pages of every origin may read, or of those that `allowed` matches; none may send credentials. */
export function readingPolicy(allowed: { test(origin: string): boolean } | undefined): CrossOriginPolicy {
  return {
    mark: (request, response) => {
      response.setHeader('Vary', 'Accept-Encoding, Origin');
      const { origin } = request.headers;
      if (origin === undefined) return;
      response.setHeader('Access-Control-Allow-Headers', 'Accept, Authorization, Content-Type, Origin');
      response.setHeader('Access-Control-Allow-Methods', 'GET, POST, OPTIONS');
      response.setHeader('Access-Control-Expose-Headers', 'Date');
      if (allowed === undefined) response.setHeader('Access-Control-Allow-Origin', '*');
      else if (allowed.test(origin)) response.setHeader('Access-Control-Allow-Origin', origin);
    },
  };
}

/** Pages of listed origins may bring data. */
export class BringingPolicy implements CrossOriginPolicy {
  readonly #allowsAll: boolean;
  readonly #origins: readonly OriginPattern[];
  readonly #allowsAllHeaders: boolean;
  readonly #headers: string;
  readonly #maxAgeSeconds: number;

  constructor({ allowedOrigins, allowedHeaders, maxAgeSeconds }: CorsSettings) {
    this.#allowsAll = allowedOrigins.includes('*');
    this.#origins = allowedOrigins.map(originPattern);
    this.#allowsAllHeaders = allowedHeaders.includes('*');
    this.#headers = [...USUAL_HEADERS, ...allowedHeaders].join(', ');
    this.#maxAgeSeconds = maxAgeSeconds;
  }

  mark(request: IncomingMessage, response: ServerResponse): void {
    // Caches are of no matter to what is posted, but a preflight is answered by who asks.
    if (this.#origins.length > 0) response.setHeader('Vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !this.allows(origin)) return;
    response.setHeader('Access-Control-Allow-Origin', this.#allowsAll ? '*' : origin);
    // Browsers send beacons with cookies, if there are any, and then want to read this; never where every page may.
    if (!this.#allowsAll) response.setHeader('Access-Control-Allow-Credentials', 'true');
    // When to try again.
    response.setHeader('Access-Control-Expose-Headers', 'Retry-After');
  }

  /** The answer to a browser that asks before it sends; undefined where the request is no such question, or the page may not. */
  preflight(request: IncomingMessage): ServiceAnswer | undefined {
    if (request.method !== 'OPTIONS') return undefined;
    const { origin, 'access-control-request-method': method } = request.headers;
    if (origin === undefined || method === undefined || !this.allows(origin)) return undefined;
    const asked = request.headers['access-control-request-headers'];
    return {
      status: 204,
      contentType: '',
      body: new Uint8Array(0),
      headers: {
        // Data is posted, whatever else is at the path.
        'Access-Control-Allow-Methods': 'POST',
        'Access-Control-Allow-Headers': (this.#allowsAllHeaders && asked) || this.#headers,
        ...(this.#maxAgeSeconds > 0 && { 'Access-Control-Max-Age': String(this.#maxAgeSeconds) }),
      },
    };
  }

  allows(origin: string): boolean {
    const lower = origin.toLowerCase();
    return this.#origins.some(({ prefix, suffix, length }) =>
      suffix === undefined
        ? lower === prefix
        : lower.length >= length && lower.startsWith(prefix) && lower.endsWith(suffix),
    );
  }
}

/** What stands before the `*` and behind it; without one there is nothing behind, and all must be the same. */
interface OriginPattern {
  readonly prefix: string;
  readonly suffix: string | undefined;
  readonly length: number;
}

function originPattern(text: string): OriginPattern {
  const [prefix, suffix] = text.toLowerCase().split('*', 2);
  return { prefix: prefix!, suffix, length: prefix!.length + (suffix?.length ?? 0) };
}
