/**
 * The piece of Grafana between its page and Prometheus, as far as the page's code calls it: the health check, resources
 * that are passed on, and queries, which become requests of Prometheus' API and frames of their answers. It sends what
 * Grafana's server sends.
 */

import { apiUrl } from '../../../support/http-api.ts';
import { type ExemplarSeries, exemplarFrame, type Frame, frames, type QueryAnswer } from './frames.ts';

type Parameters = Readonly<Record<string, string | number | readonly string[]>>;

export interface PageRequest {
  readonly url: string;
  readonly method?: string;
  readonly params?: Parameters;
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PageAnswer {
  readonly status: number;
  readonly ok: boolean;
  readonly statusText: string;
  readonly data: unknown;
}

interface PageQuery {
  readonly refId: string;
  readonly expr: string;
  readonly range?: boolean;
  readonly instant?: boolean;
  readonly exemplar?: boolean;
  readonly intervalMs: number;
}

interface QueryBody {
  /** Milliseconds as text. */
  readonly from: string;
  readonly to: string;
  readonly queries: readonly PageQuery[];
}

const FORM = 'application/x-www-form-urlencoded';

export class GrafanaServer {
  readonly #base: string;
  /** Methods and paths of what was asked of the data source, oldest first. */
  readonly asked: string[] = [];

  /** `base` is the data source's address. */
  constructor(base: string) {
    this.#base = base;
  }

  async handle({ url, method = 'GET', params, data, headers }: PageRequest): Promise<PageAnswer> {
    if (url.endsWith('/health')) return this.#health();
    if (url.startsWith('/api/ds/query')) return this.#queries(data as QueryBody);
    if (method === 'POST' && headers?.['Content-Type'] !== FORM)
      throw new Error(`${url} does not come as a form`);
    return this.#ask(method, resourcePath(url), (method === 'POST' ? data : params) as Parameters);
  }

  /** The answer to a resource that is passed on piece by piece. */
  async stream({ url, params = {} }: PageRequest): Promise<Response> {
    const path = resourcePath(url);
    this.asked.push(`GET ${path}`);
    return fetch(apiUrl(this.#base, path, params));
  }

  async #ask(method: string, path: string, parameters: Parameters = {}): Promise<PageAnswer> {
    this.asked.push(`${method} ${path}`);
    const url = new URL(apiUrl(this.#base, path, parameters));
    const response = await (method === 'POST'
      ? fetch(this.#base + path, { method, body: url.searchParams })
      : fetch(url, { method }));
    const { status, ok, statusText } = response;
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status, ok, statusText, data: isJson ? await response.json() : await response.text() };
  }

  async #health(): Promise<PageAnswer> {
    const { ok, status, statusText } = await this.#ask('POST', '/api/v1/query', { query: '1+1', time: 4 });
    await this.#ask('GET', '/api/v1/status/buildinfo');
    const message = ok ? 'Successfully queried the Prometheus API.' : `${status} ${statusText}`;
    return answered({ status: ok ? 'OK' : 'ERROR', message });
  }

  async #queries({ queries, from, to }: QueryBody): Promise<PageAnswer> {
    const results: Record<string, unknown> = {};
    for (const query of queries) {
      try {
        results[query.refId] = { status: 200, frames: await this.#frames(query, Number(from), Number(to)) };
      } catch (error) {
        results[query.refId] = { status: 400, error: (error as Error).message, frames: [] };
      }
    }
    return answered({ results });
  }

  async #frames(query: PageQuery, fromMs: number, toMs: number): Promise<Frame[]> {
    const step = Math.max(query.intervalMs / 1000, 1);
    const expr = query.expr
      .replaceAll('$__interval', `${step}s`)
      .replaceAll('$__rate_interval', `${4 * step}s`);
    const executed = `Expr: ${expr}\nStep: ${step}s`;
    const aligned = (ms: number) => Math.floor(ms / 1000 / step) * step;
    const range = { query: expr, start: aligned(fromMs), end: aligned(toMs) };
    const out: Frame[] = [];
    if (query.range) {
      const answer = await this.#query<QueryAnswer>('/api/v1/query_range', { ...range, step });
      out.push(...frames(query.refId, answer, executed));
    }
    if (query.instant) {
      const answer = await this.#query<QueryAnswer>('/api/v1/query', { query: expr, time: toMs / 1000 });
      out.push(...frames(query.refId, answer, executed));
    }
    if (query.exemplar) {
      const { data } = await this.#query<{ data: readonly ExemplarSeries[] }>(
        '/api/v1/query_exemplars',
        range,
      );
      if (data.length > 0) out.push(exemplarFrame(query.refId, data));
    }
    return out;
  }

  async #query<T>(path: string, parameters: Parameters): Promise<T> {
    const { ok, data } = await this.#ask('POST', path, parameters);
    const { errorType, error } = data as { readonly errorType?: string; readonly error?: string };
    if (!ok) throw new Error(`${errorType}: ${error}`);
    return data as T;
  }
}

function resourcePath(url: string): string {
  const path = /\/resources(\/api\/v1\/.+)$/.exec(url)?.[1];
  if (path === undefined) throw new Error(`${url} is none of the paths that are known here`);
  return path;
}

function answered(data: unknown): PageAnswer {
  return { status: 200, ok: true, statusText: 'OK', data };
}
