/**
 * Questions of this process to its own APIs, without a socket: the endpoint is looked for in the same tables that the server mounts,
 * and its service runs in a reader, for the tenants and within the limits of whoever is asked for.
 */

import type { Question, Reply, Transport } from '../client/transport.ts';
import { TriliteError } from '../model/errors.ts';
import type { ServiceRequest } from '../query/service.ts';
import { errorAnswer, type Surface } from './error-answer.ts';
import type { Route, ServiceRoute } from './route.ts';
import { type QueryParts, runQuery } from './run-query.ts';

export interface InnerSurface {
  readonly surface: Surface;
  readonly routes: readonly Route[];
}

/** In whose name is asked. */
export type Asker = Pick<ServiceRequest, 'tenants' | 'nowMs' | 'client'>;

export class InnerTransport implements Transport {
  readonly #surfaces: readonly InnerSurface[];
  readonly #queries: QueryParts;
  readonly #asker: Asker;

  constructor(surfaces: readonly InnerSurface[], queries: QueryParts, asker: Asker) {
    this.#surfaces = surfaces;
    this.#queries = queries;
    this.#asker = asker;
  }

  async ask({ path, params = [], headers = {}, body, signal }: Question): Promise<Reply> {
    const gone = new AbortController();
    const end = () => gone.abort(signal?.reason);
    signal?.addEventListener('abort', end, { once: true });
    const { surface, route, parts } = this.#find(path);
    const own = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const request = { ...this.#asker, params, path: parts, headers: own, ...(body && { body }) };
    try {
      const {
        status,
        contentType,
        body: answered,
      } = await runQuery(this.#queries, route.service, request, gone);
      return { status, contentType, body: answered };
    } catch (error) {
      const { status, contentType, body: told } = errorAnswer(surface, error);
      return { status, contentType, body: told };
    } finally {
      signal?.removeEventListener('abort', end);
    }
  }

  /** What reads alone is asked: nothing else has a service and this right. */
  #find(path: string): { surface: Surface; route: ServiceRoute; parts: Record<string, string> } {
    for (const { surface, routes } of this.#surfaces) {
      for (const route of routes) {
        if (!('service' in route) || route.access !== 'read') continue;
        const parts = partsOf(route.path, path);
        if (parts) return { surface, route, parts };
      }
    }
    throw new TriliteError('not_found', `no endpoint at ${path}`);
  }

  close(): void {}
}

/** The named parts of `path` where `template` has it. */
function partsOf(template: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [template.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const parts: Record<string, string> = {};
  for (const [i, word] of wanted.entries()) {
    if (word.startsWith(':')) parts[word.slice(1)] = decodeURIComponent(given[i]!);
    else if (word !== given[i]) return undefined;
  }
  return parts;
}
