/**
 * One router for every listener. Surfaces and receivers bring their endpoints as data; here they are joined into
 * one table, so that a path knows all methods it has, and mounted on one fastify instance:
 *
 *   listener ─▶ router ─▶ front handler / receiver        (in place)
 *                     └─▶ service runner ─▶ reader thread ─▶ answer
 *
 * A client that goes away fires the signal of its query. What no route answers is 404; a known path asked with
 * another method is 405 with `Allow`.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HTTPMethods,
} from 'fastify';
import { BugError } from '../base/assert.ts';
import type { Logger } from '../base/log.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { TriliteError } from '../model/errors.ts';
import type { ServiceAnswer, ServiceRunner } from '../query/service.ts';
import { BodyBudget } from './body-budget.ts';
import {
  BringingPolicy,
  type CorsSettings,
  type CrossOriginPolicy,
  NO_CORS,
  readingPolicy,
} from './cross-origin.ts';
import { errorAnswer, notFoundAnswer, type Surface, wrongMethodAnswer } from './error-answer.ts';
import { boundedBody, contentTypeOf, readServiceRequest, sendAnswer, sendStream } from './exchange.ts';
import type { EventStream, Pages, Route, StreamRoute, UpgradeRoute } from './route.ts';
import { type QueryParts, runQuery } from './run-query.ts';
import { forTenants } from './tenancy.ts';
import { UnsentAnswers } from './unsent-answers.ts';

/** The longest named part of a path: a label name or a rule group in it may be long. */
const PATH_PART_MAX_CHARS = 8192;

const PROMETHEUS_PREFIX = '/api/v1/';
const NO_CONTENT: ServiceAnswer = { status: 204, contentType: '', body: new Uint8Array(0) };

/** What a request brings to an endpoint that reads its own body. */
export interface BodyRequest {
  readonly contentType: string | undefined;
  /** Lower-case name; several headers of one name are joined by commas. */
  header(name: string): string | undefined;
  /** From `Content-Length`; unknown for a chunked body. */
  readonly declaredBytes: number | undefined;
  readonly nowMs: number;
  /** Once. Rejects with `too_large` or `canceled`. */
  readBody(maxBytes: number, onBytes?: (length: number) => void): Promise<Uint8Array>;
}

/** An endpoint that reads its own body: it judges type, encoding and size in its protocol's words. */
export interface BodyRoute {
  readonly methods: readonly string[];
  readonly path: string;
  /** The manner of its 405. */
  readonly surface: 'prometheus' | 'loki' | 'otlp' | 'tempo';
  receive(request: BodyRequest): Promise<ServiceAnswer>;
}

/** The endpoints of one surface. */
export interface SurfaceRoutes {
  readonly surface: Surface;
  /** Whether what they are about belongs to tenants, where those are told apart. */
  readonly ofTenants?: boolean;
  readonly routes: readonly (Route | StreamRoute)[];
}

/** What of a server can change while it runs. */
export interface ServerSettings {
  /** Deadline of what the runner runs; 0 is none. */
  readonly queryTimeoutMs: number;
  /** Origins whose pages may read Prometheus' API; undefined: every one. */
  readonly corsOrigin?: { test(origin: string): boolean } | undefined;
  /** Whose pages may bring data; without it none. */
  readonly cors?: CorsSettings;
}

export interface ServerParts extends ServerSettings {
  readonly surfaces: readonly SurfaceRoutes[];
  readonly bodyRoutes: readonly BodyRoute[];
  readonly upgrades?: readonly UpgradeRoute[] | undefined;
  /** Asked where no endpoint has the path. */
  readonly pages?: Pages;
  readonly runner: ServiceRunner;
  /** Whether requests say whose data they are about, and must. */
  readonly multiTenancy?: boolean;
  /** Limit of the process: what bodies and answers may take follows from it. */
  readonly memoryBytes?: number;
  readonly telemetry: Telemetry;
  readonly log: Logger;
  readonly now: () => number;
}

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

type Answerer = (request: FastifyRequest, gone: AbortController) => Promise<ServiceAnswer | EventStream>;

interface Endpoint {
  readonly surface: Surface;
  /** Whether applications in browsers bring data to it. */
  bringing: boolean;
  readonly answers: Map<string, Answerer>;
}

/** Answers the requests of all listeners once `ready` has resolved. */
export class HttpServer {
  readonly #app: FastifyInstance;
  readonly #parts: ServerParts;
  #queries: QueryParts;
  #reading: CrossOriginPolicy;
  #bringing: BringingPolicy;
  readonly #bodies: BodyBudget;
  readonly #unsent: UnsentAnswers;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#bodies = new BodyBudget(parts.memoryBytes ?? 0);
    this.#unsent = new UnsentAnswers(parts.memoryBytes ?? 0);
    this.#queries = parts;
    this.#reading = readingPolicy(parts.corsOrigin);
    this.#bringing = new BringingPolicy(parts.cors ?? NO_CORS);
    this.#app = fastify({
      logger: false,
      exposeHeadRoutes: false,
      // A path that is none (a broken escape) never reaches the router.
      frameworkErrors: (error, request, reply) =>
        void this.#answer('front', request as FastifyRequest, reply as FastifyReply, async () => {
          throw new TriliteError('bad_data', error.message);
        }),
      routerOptions: { maxParamLength: PATH_PART_MAX_CHARS },
      // No route has a schema; without these the library loads its schema compilers, 15 MB that nothing uses.
      schemaController: { compilersFactory: { buildValidator: noSchema, buildSerializer: noSchema } },
    });
    const app = this.#app;
    // Endpoints read their bodies themselves: each has its own limit and its own words for what it does not take.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, done) => done(null));
    app.setNotFoundHandler((request, reply) => {
      // A browser asks before it sends, whatever the path: Prometheus allows it below its prefix.
      const asks = request.method === 'OPTIONS' && request.url.startsWith(PROMETHEUS_PREFIX);
      if (asks) return this.#answer('prometheus', request, reply, async () => NO_CONTENT, this.#reading);
      return this.#answer('front', request, reply, () => this.#page(request.raw));
    });
    app.setErrorHandler((error, request, reply) =>
      this.#answer('front', request, reply, async () => {
        // The router's own complaints (a path with a broken escape) are the client's.
        const status = (error as { statusCode?: number }).statusCode ?? 500;
        throw status < 500 ? new TriliteError('bad_data', (error as Error).message) : error;
      }),
    );
    this.#mount();
  }

  /** Requests from now on go by these. */
  change({ queryTimeoutMs, corsOrigin, cors }: ServerSettings): void {
    this.#queries = { runner: this.#parts.runner, queryTimeoutMs };
    this.#reading = readingPolicy(corsOrigin);
    this.#bringing = new BringingPolicy(cors ?? NO_CORS);
  }

  /** Resolves when the router stands. */
  async ready(): Promise<void> {
    await this.#app.ready();
  }

  get handler(): HttpHandler {
    const routing = this.#app.routing as HttpHandler;
    return (request, response) => {
      const clean = cleanPath(request.url!);
      if (clean === undefined) routing(request, response);
      else redirect(response, clean);
    };
  }

  /** Gives a connection that is to become a WebSocket to its endpoint; false where the request has none. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (request.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket') return false;
    const path = request.url!.split('?', 1)[0]!;
    const route = this.#parts.upgrades?.find(({ paths }) => paths.includes(path));
    route?.upgrade(request, socket, head);
    return route !== undefined;
  }

  /** Ends the connections that were taken over. */
  endUpgraded(): void {
    for (const route of this.#parts.upgrades ?? []) route.close();
  }

  /** What no endpoint has may be a page; a request of another method means none. */
  async #page(request: IncomingMessage): Promise<ServiceAnswer> {
    const { pages, now } = this.#parts;
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const page = reads ? pages?.(request.url!.split('?', 1)[0]!) : undefined;
    return page ? page(await readServiceRequest(request, {}, now())) : notFoundAnswer();
  }

  #mount(): void {
    const { surfaces, bodyRoutes, now, multiTenancy } = this.#parts;
    const table = new Map<string, Endpoint>();
    const add = (
      surface: Surface,
      path: string,
      methods: readonly string[],
      answer: Answerer,
      bringing = false,
    ) => {
      const endpoint: Endpoint = table.get(path) ?? {
        surface,
        bringing: false,
        answers: new Map<string, Answerer>(),
      };
      table.set(path, endpoint);
      endpoint.bringing ||= bringing;
      for (const method of methods) endpoint.answers.set(method, answer);
    };
    for (const { surface, ofTenants, routes } of surfaces) {
      for (const route of routes) {
        if ('stream' in route) {
          add(surface, route.path, route.methods, async () => route.stream() ?? NO_CONTENT);
          continue;
        }
        add(surface, route.path, route.methods, async (request, gone) => {
          const path = { ...(request.params as Record<string, string>) };
          const body = this.#bodies.begin();
          try {
            const given = await readServiceRequest(request.raw, path, now(), body);
            const asked = multiTenancy && ofTenants ? forTenants(given, route.tenants) : given;
            if ('status' in asked) return asked;
            return await ('service' in route
              ? runQuery(this.#queries, route.service, asked, gone)
              : route.handle(asked));
          } finally {
            body.release();
          }
        });
      }
    }
    for (const route of bodyRoutes) {
      const receive: Answerer = (request) => route.receive(bodyRequest(request.raw, now()));
      // Prometheus' ways in are of its API, and have its policy.
      add(route.surface, route.path, route.methods, receive, route.surface !== 'prometheus');
    }
    for (const [path, endpoint] of table) this.#mountEndpoint(path, endpoint);
  }

  #mountEndpoint(path: string, { surface, bringing, answers }: Endpoint): void {
    const app = this.#app;
    const durations = this.#parts.telemetry.histogram(
      'trilite_http_request_duration_seconds',
      'Time to answer a request.',
      ['path'],
    );
    const get = answers.get('GET');
    if (get && !answers.has('HEAD')) answers.set('HEAD', get);
    const allowed = [...answers.keys()].filter((m) => m !== 'HEAD').sort();
    if (surface === 'prometheus' && !answers.has('OPTIONS')) {
      answers.set('OPTIONS', async () => NO_CONTENT);
      allowed.push('OPTIONS');
      allowed.sort();
    }
    const wrong: Answerer = async ({ method }) => wrongMethodAnswer(surface, allowed, method);
    // One route for all methods: what the router makes per route is most of the time of mounting.
    app.route({
      method: [...app.supportedMethods] as HTTPMethods[],
      url: path,
      handler: async (request, reply) => {
        const start = performance.now();
        const bringingPolicy = bringing ? this.#bringing : undefined;
        const policy = bringingPolicy ?? (surface === 'prometheus' ? this.#reading : undefined);
        const preflight = bringingPolicy?.preflight(request.raw);
        const answer = preflight ? async () => preflight : answers.get(request.method);
        await this.#answer(surface, request, reply, answer ?? wrong, policy);
        if (answer) durations.with(path).observe((performance.now() - start) / 1000);
      },
    });
  }

  /** Runs the endpoint and writes its answer; whatever it throws becomes one too. */
  async #answer(
    surface: Surface,
    request: FastifyRequest,
    reply: FastifyReply,
    answer: Answerer,
    policy?: CrossOriginPolicy,
  ): Promise<void> {
    reply.hijack();
    const response = reply.raw;
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished)
        gone.abort(new TriliteError('canceled', 'the client closed the connection'));
    });
    policy?.mark(request.raw, response);
    let result: ServiceAnswer | EventStream;
    try {
      result = await answer(request, gone);
    } catch (error) {
      if (!(error instanceof TriliteError) || error.kind === 'internal') {
        this.#parts.log.error('request failed', {
          path: request.url,
          error: (error as Error)?.stack ?? error,
        });
      }
      result = errorAnswer(surface, error);
    }
    try {
      if ('open' in result) sendStream(request.raw, response, result);
      else {
        // A client that takes nothing any more would hold it for ever.
        if (result.rest) gone.signal.addEventListener('abort', () => response.destroy(), { once: true });
        await sendAnswer(request.raw, response, result, this.#unsent);
      }
    } catch (error) {
      this.#parts.log.warn('answer not sent', { path: request.url, error });
      response.destroy();
    }
  }
}

function bodyRequest(request: IncomingMessage, nowMs: number): BodyRequest {
  const declared = Number(request.headers['content-length'] ?? Number.NaN);
  return {
    contentType: contentTypeOf(request),
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    declaredBytes: Number.isNaN(declared) ? undefined : declared,
    nowMs,
    readBody: (maxBytes, onBytes) => boundedBody(request, maxBytes, onBytes),
  };
}

function noSchema(): never {
  throw new BugError('BUG: a route with a schema');
}

/** The target with single slashes where it has repeated ones, to which the originals redirect; else undefined. */
function cleanPath(target: string): string | undefined {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return path.includes('//') ? path.replace(/\/{2,}/g, '/') + target.slice(path.length) : undefined;
}

function redirect(response: ServerResponse, location: string): void {
  const link = location.replaceAll('&', '&amp;').replaceAll('"', '&#34;').replaceAll('<', '&lt;');
  response.writeHead(301, { Location: location, 'Content-Type': 'text/html; charset=utf-8' });
  response.end(`<a href="${link}">Moved Permanently</a>.\n\n`);
}
