/**
 * One router for every listener. Surfaces and receivers bring their endpoints as data; here they are joined into
 * one table, so that a path knows all methods it has, and mounted on one fastify instance:
 *
 *   listener ─▶ router ─▶ front handler / receiver        (in place)
 *                     └─▶ service runner ─▶ reader thread ─▶ answer
 *
 * Before anything else of a request is looked at, its body included, the gate (`access/gate.ts`) lets it in or not: by what its
 * endpoint demands, or, where there is none, only to tell that there is none.
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
import { type Demand, KNOWN, OPEN } from '../access/gate.ts';
import { BugError } from '../base/assert.ts';
import { TriliteError } from '../model/errors.ts';
import type { ServiceAnswer, ServiceRequest } from '../query/service.ts';
import { BodyBudget } from './body-budget.ts';
import { bodyRequest } from './body-request.ts';
import { cleanPath, redirect } from './clean-path.ts';
import { BringingPolicy, type CrossOriginPolicy, NO_CORS, readingPolicy } from './cross-origin.ts';
import { Door, type Guarded, type ListedEndpoint, type Refuse } from './door.ts';
import { errorAnswer, notFoundAnswer, type Surface, wrongMethodAnswer } from './error-answer.ts';
import { readServiceRequest, sendAnswer, sendStream } from './exchange.ts';
import { demandOf } from './http-attempt.ts';
import type { EventStream, Pages, RouteTenants, ServiceRoute, UpgradeRoute } from './route.ts';
import { type QueryParts, runQuery } from './run-query.ts';
import type { ServerParts, ServerSettings } from './server-parts.ts';
import type { StrayKind } from './stray-requests.ts';
import { forTenants } from './tenancy.ts';
import { UnsentAnswers } from './unsent-answers.ts';

/** The longest named part of a path: a label name or a rule group in it may be long. */
const PATH_PART_MAX_CHARS = 8192;

const PROMETHEUS_PREFIX = '/api/v1/';
const NO_CONTENT: ServiceAnswer = { status: 204, contentType: '', body: new Uint8Array(0) };

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

type Answerer = (request: FastifyRequest, gone: AbortController) => Promise<ServiceAnswer | EventStream>;

interface Method {
  readonly demand: Demand;
  readonly refuse?: Refuse | undefined;
  readonly answer: Answerer;
}

interface Endpoint {
  readonly surface: Surface;
  /** Whether applications in browsers bring data to it. */
  bringing: boolean;
  readonly methods: Map<string, Method>;
}

/** A request on its way to an answer. */
interface Job extends Guarded {
  readonly policy?: CrossOriginPolicy | undefined;
  run(gone: AbortController): Promise<ServiceAnswer | EventStream>;
}

/** Answers the requests of all listeners once `ready` has resolved. */
export class HttpServer {
  readonly #app: FastifyInstance;
  readonly #parts: ServerParts;
  readonly #endpoints: ListedEndpoint[] = [];
  readonly #door: Door;
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
    this.#door = new Door(parts.gate, { externalUrl: parts.externalUrl, bringing: this.#bringing });
    this.#app = fastify({
      logger: false,
      exposeHeadRoutes: false,
      // A path that is none (a broken escape) never reaches the router.
      frameworkErrors: (error, request, reply) =>
        void this.#reply(request as FastifyRequest, reply as FastifyReply, {
          surface: 'front',
          demand: KNOWN,
          run: async () => {
            throw new TriliteError('bad_data', error.message);
          },
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
      if (asks) {
        const policy = this.#reading;
        const run = async () => NO_CONTENT;
        return this.#reply(request, reply, { surface: 'prometheus', demand: OPEN, policy, run });
      }
      return this.#reply(request, reply, this.#page(request.raw));
    });
    app.setErrorHandler((error, request, reply) => {
      const run = async () => {
        // The router's own complaints (a path with a broken escape) are the client's.
        const status = (error as { statusCode?: number }).statusCode ?? 500;
        throw status < 500 ? new TriliteError('bad_data', (error as Error).message) : error;
      };
      return this.#reply(request, reply, { surface: 'front', demand: KNOWN, run });
    });
    this.#mount();
  }

  /** What queries run by at present. */
  get queries(): QueryParts {
    return this.#queries;
  }

  /** Requests from now on go by these. */
  change({ queryTimeoutMs, corsOrigin, cors, externalUrl }: ServerSettings): void {
    const { runner, limits } = this.#parts;
    this.#queries = { runner, queryTimeoutMs, limits };
    this.#reading = readingPolicy(corsOrigin);
    this.#bringing = new BringingPolicy(cors ?? NO_CORS);
    this.#door.change({ externalUrl, bringing: this.#bringing });
  }

  /** Resolves when the router stands. */
  async ready(): Promise<void> {
    await this.#app.ready();
  }

  get handler(): HttpHandler {
    const routing = this.#app.routing as HttpHandler;
    return (request, response) => {
      const clean = cleanPath(request.url!);
      if (clean === undefined) return routing(request, response);
      this.#stray('double_slash', request);
      redirect(response, clean);
    };
  }

  /** Answers on ports that do not have the path of a request: as if there were no endpoint. */
  readonly absent: HttpHandler = (request, response) => {
    const run = async () => notFoundAnswer();
    void this.#answer(request, response, { surface: 'front', demand: KNOWN, run });
  };

  /** All that is served, pages included. */
  get endpoints(): readonly ListedEndpoint[] {
    const { pages, upgrades = [] } = this.#parts;
    const page = (path: string) => ({
      method: 'GET',
      path,
      surface: 'front' as const,
      demand: pageDemand(pages!),
    });
    const upgrade = (route: UpgradeRoute) =>
      route.paths.map((path) => ({
        method: 'UPGRADE',
        path,
        surface: 'loki' as const,
        demand: this.#upgradeDemand(route),
      }));
    return [...this.#endpoints, ...(pages?.paths ?? []).map(page), ...upgrades.flatMap(upgrade)];
  }

  /** Gives a connection that is to become a WebSocket to its endpoint; false where the request has none. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (request.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket') return false;
    const path = request.url!.split('?', 1)[0]!;
    const route = this.#parts.upgrades?.find(({ paths }) => paths.includes(path));
    if (route === undefined) return false;
    void this.#door.upgrade(request, socket, this.#upgradeDemand(route), () =>
      route.upgrade(request, socket, head),
    );
    return true;
  }

  #upgradeDemand({ access, paths, ofTenants }: UpgradeRoute): Demand {
    return demandOf(paths[0]!, access, this.#parts.multiTenancy && ofTenants ? 'named' : 'all');
  }

  /** Ends the connections that were taken over. */
  endUpgraded(): void {
    for (const route of this.#parts.upgrades ?? []) route.close();
  }

  /** What no endpoint has may be a page; a request of another method means none. */
  #page(request: IncomingMessage): Job {
    const { pages, now } = this.#parts;
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const page = reads ? pages?.at(request.url!.split('?', 1)[0]!) : undefined;
    if (!page) {
      const run = async () => {
        this.#stray('no_endpoint', request);
        return notFoundAnswer();
      };
      return { surface: 'front', demand: KNOWN, run };
    }
    const run = async () => page(await readServiceRequest(request, {}, now()));
    return { surface: 'front', demand: pageDemand(pages!), run };
  }

  /** For whom a caller of such a route must be there. */
  #demanded(ofTenants: boolean | undefined, tenants: RouteTenants = 'several'): Demand['tenants'] {
    if (tenants === 'none') return 'none';
    return this.#parts.multiTenancy && ofTenants && tenants !== 'operator' ? 'named' : 'all';
  }

  /** Reading of what is nowhere is remembered of Grafana alone: browsers and whoever looks for holes ask for much. */
  #stray(kind: StrayKind, request: IncomingMessage): void {
    const { method = '', url = '' } = request;
    const isOfNote = method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
    const agent = request.headers['user-agent'] ?? '';
    if (!isOfNote && kind !== 'wrong_method' && !agent.startsWith('Grafana/')) return;
    this.#parts.strays?.note({ kind, method, path: url.split('?', 1)[0]! }, bodyRequest(request, 0));
  }

  #mount(): void {
    const { surfaces, bodyRoutes, now, multiTenancy, limits } = this.#parts;
    const table = new Map<string, Endpoint>();
    const add = (
      surface: Surface,
      path: string,
      methods: readonly string[],
      method: Method,
      bringing = false,
    ) => {
      const endpoint: Endpoint = table.get(path) ?? { surface, bringing: false, methods: new Map() };
      table.set(path, endpoint);
      endpoint.bringing ||= bringing;
      for (const name of methods) endpoint.methods.set(name, method);
    };
    for (const { surface, ofTenants, routes } of surfaces) {
      for (const route of routes) {
        const demand = demandOf(route.path, route.access, this.#demanded(ofTenants, route.tenants));
        if ('stream' in route) {
          const answer = async () => route.stream() ?? NO_CONTENT;
          add(surface, route.path, route.methods, { demand, answer });
          continue;
        }
        const answer: Answerer = async (request, gone) => {
          const path = { ...(request.params as Record<string, string>) };
          const body = this.#bodies.begin();
          try {
            const given = await readServiceRequest(request.raw, path, now(), body);
            const asked = multiTenancy && ofTenants ? forTenants(given, route.tenants) : given;
            if ('status' in asked) return asked;
            if ('service' in route) return await this.#query(surface, route, request, asked, gone);
            // Health and metrics of the server itself are always told.
            if (surface !== 'front') limits?.admit(asked.tenants);
            return await route.handle(asked, gone.signal);
          } finally {
            body.release();
          }
        };
        add(surface, route.path, route.methods, { demand, answer });
      }
    }
    for (const route of bodyRoutes) {
      const answer: Answerer = (request) => route.receive(bodyRequest(request.raw, now()));
      const demand = demandOf(route.path, route.access, multiTenancy ? 'named' : 'all');
      const { refuse } = route;
      // Prometheus' ways in are of its API, and have its policy.
      const bringing = route.surface !== 'prometheus';
      add(route.surface, route.path, route.methods, { demand, answer, ...(refuse && { refuse }) }, bringing);
    }
    for (const [path, endpoint] of table) this.#mountEndpoint(path, endpoint);
  }

  /** Runs a query, and has its outcome remembered. */
  async #query(
    surface: Surface,
    { service, path }: ServiceRoute,
    request: FastifyRequest,
    asked: ServiceRequest,
    gone: AbortController,
  ): Promise<ServiceAnswer> {
    const note = (outcome: unknown) => {
      const agent = request.headers['user-agent'] ?? '';
      this.#parts.asked?.note(surface, path, asked, agent, outcome);
    };
    try {
      const answer = await runQuery(this.#queries, service, asked, gone);
      note(answer);
      return answer;
    } catch (error) {
      note(error);
      throw error;
    }
  }

  #mountEndpoint(path: string, { surface, bringing, methods }: Endpoint): void {
    const app = this.#app;
    const durations = this.#parts.telemetry.histogram(
      'trilite_http_request_duration_seconds',
      'Time to answer a request.',
      ['path'],
    );
    const get = methods.get('GET');
    if (get && !methods.has('HEAD')) methods.set('HEAD', get);
    const allowed = [...methods.keys()].filter((m) => m !== 'HEAD').sort();
    if (surface === 'prometheus' && !methods.has('OPTIONS')) {
      methods.set('OPTIONS', NOTHING);
      allowed.push('OPTIONS');
      allowed.sort();
    }
    for (const [method, { demand }] of methods) this.#endpoints.push({ method, path, surface, demand });
    // That a path answers to other methods is told to those alone who may be told of it at all.
    const isOpen = [...methods.values()].some((known) => known !== NOTHING && known.demand.right === 'open');
    const wrong: Method = {
      demand: isOpen ? OPEN : KNOWN,
      answer: async ({ method, raw }) => {
        this.#stray('wrong_method', raw);
        return wrongMethodAnswer(surface, allowed, method);
      },
    };
    // One route for all methods: what the router makes per route is most of the time of mounting.
    app.route({
      method: [...app.supportedMethods] as HTTPMethods[],
      url: path,
      handler: async (request, reply) => {
        const start = performance.now();
        const bringingPolicy = bringing ? this.#bringing : undefined;
        const policy = bringingPolicy ?? (surface === 'prometheus' ? this.#reading : undefined);
        const preflight = bringingPolicy?.preflight(request.raw);
        // A browser sends no credentials with its question.
        const known = preflight
          ? { demand: OPEN, answer: async () => preflight }
          : methods.get(request.method);
        const { demand, answer, refuse } = known ?? wrong;
        const run = (gone: AbortController) => answer(request, gone);
        await this.#reply(request, reply, { surface, demand, refuse, policy, bringing, run });
        if (known) durations.with(path).observe((performance.now() - start) / 1000);
      },
    });
  }

  #reply(request: FastifyRequest, reply: FastifyReply, job: Job): Promise<void> {
    reply.hijack();
    return this.#answer(request.raw, reply.raw, job);
  }

  /** Asks the gate, runs the endpoint and writes its answer; whatever is thrown becomes one too. */
  async #answer(request: IncomingMessage, response: ServerResponse, job: Job): Promise<void> {
    const { surface, policy } = job;
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished)
        gone.abort(new TriliteError('canceled', 'the client closed the connection'));
    });
    policy?.mark(request, response);
    let result: ServiceAnswer | EventStream;
    try {
      result = (await this.#door.refusal(request, response, job)) ?? (await job.run(gone));
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
      if ('open' in result) sendStream(request, response, result);
      else {
        // A client that takes nothing any more would hold it for ever.
        if (result.rest) gone.signal.addEventListener('abort', () => response.destroy(), { once: true });
        await sendAnswer(request, response, result, this.#unsent);
      }
    } catch (error) {
      this.#parts.log.warn('answer not sent', { path: request.url, error });
      response.destroy();
    }
  }
}

/** An endpoint's answer to a browser that asks whether it may ask. */
const NOTHING: Method = { demand: OPEN, answer: async () => NO_CONTENT };

function pageDemand({ access }: Pages): Demand {
  return demandOf('a page', access, 'none');
}

function noSchema(): never {
  throw new BugError('BUG: a route with a schema');
}
