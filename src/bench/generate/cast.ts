/**
 * The cast of the log and trace workloads: a company's services in tiers, each with its operations, and the shapes of
 * the traces that a request to one of the entry services leaves behind. All of it follows from a seed.
 *
 * A shape is the tree of one kind of request, laid out flat in pre-order: a span knows its parent's index and how
 * many spans are below it, so that leaving a call out (a cache was hit) is a jump, and a trace is made in one pass.
 */

import { Random, seedOf } from '../random.ts';

export interface Service {
  readonly index: number;
  readonly name: string;
  readonly namespace: string;
  readonly version: string;
  readonly language: string;
  /** 0 takes requests from outside, the last tier calls databases only. */
  readonly tier: number;
}

/** What a span is about, which decides the attributes that change from one request to the next. */
export type Role = 'server' | 'client' | 'database' | 'cache' | 'publish' | 'consume' | 'internal';

export interface ShapeSpan {
  readonly service: number;
  /** Index within the shape; -1 for the root. */
  readonly parent: number;
  /** Spans of the subtree, this one included. */
  readonly size: number;
  readonly role: Role;
  readonly name: string;
  /** Attributes that are the same in every request. */
  readonly attributes: readonly (readonly [string, string])[];
  /** `/api/v1/orders/{id}`; empty where there is none. */
  readonly route: string;
  /** When it begins and how long it takes, as shares of its parent's duration. */
  readonly begins: number;
  readonly takes: number;
  /** How likely the call is made at all. */
  readonly chance: number;
}

export interface Shape {
  readonly spans: readonly ShapeSpan[];
  /** Median duration of the root. */
  readonly medianMs: number;
}

export interface Cast {
  readonly services: readonly Service[];
  readonly shapes: readonly Shape[];
}

const DOMAINS =
  'checkout cart payment catalog search user auth inventory shipping email pricing ad recommendation order \
review gateway fraud billing media wishlist loyalty returns tax profile session'.split(' ');
const ROLES = ['api', 'worker', 'core', 'edge'];
const NAMESPACES = ['shop', 'shop', 'platform', 'data'];
const LANGUAGES = ['go', 'java', 'nodejs', 'python', 'dotnet'];
const RESOURCES = ['orders', 'items', 'users', 'carts', 'sessions', 'invoices', 'labels', 'quotes'];
const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'];
const TIERS = 4;
const OPERATIONS_PER_ENTRY = 4;
/** Deeper requests would be rare in life and dear to make. */
const SHAPE_SPANS_MAX = 40;
const ROOT_MEDIAN_MS_MIN = 15;
const ROOT_MEDIAN_MS_SPREAD = 180;

export function serviceName(index: number): string {
  const domain = DOMAINS[index % DOMAINS.length]!;
  const round = Math.floor(index / DOMAINS.length);
  const role = ROLES[round % ROLES.length]!;
  const more = Math.floor(round / ROLES.length);
  return more === 0 ? `${domain}-${role}` : `${domain}-${role}-${more}`;
}

export function makeServices(count: number, seed: number): Service[] {
  return Array.from({ length: count }, (_, index) => {
    const random = new Random(seedOf(seed, index));
    return {
      index,
      name: serviceName(index),
      namespace: random.pick(NAMESPACES),
      version: `${1 + random.int(4)}.${random.int(20)}.${random.int(9)}`,
      language: random.pick(LANGUAGES),
      // A fifth takes requests from outside; with one service it is that one.
      tier: index % 5 === 0 ? 0 : 1 + (index % (TIERS - 1)),
    };
  });
}

export function makeCast(serviceCount: number, seed: number): Cast {
  const services = makeServices(serviceCount, seed);
  const random = new Random(seedOf(seed, 0xca57));
  const shapes: Shape[] = [];
  for (const entry of services) {
    if (entry.tier !== 0) continue;
    for (let o = 0; o < OPERATIONS_PER_ENTRY; o++) {
      const spans = new ShapeMaker(services, random).request(entry);
      shapes.push({ spans, medianMs: ROOT_MEDIAN_MS_MIN + random.next() * ROOT_MEDIAN_MS_SPREAD });
    }
  }
  return { services, shapes };
}

type Draft = Omit<ShapeSpan, 'size'> & { size: number };

/** Grows the tree of one kind of request. */
class ShapeMaker {
  readonly #services: readonly Service[];
  readonly #random: Random;
  readonly #spans: Draft[] = [];

  constructor(services: readonly Service[], random: Random) {
    this.#services = services;
    this.#random = random;
  }

  request(entry: Service): ShapeSpan[] {
    this.#server(entry, -1, 0, 1, 1);
    return this.#spans;
  }

  #add(span: Omit<Draft, 'size'>): number {
    return this.#spans.push({ ...span, size: 1 }) - 1;
  }

  #close(index: number): void {
    this.#spans[index]!.size = this.#spans.length - index;
  }

  /** A server's span with what it calls. */
  #server(service: Service, parent: number, begins: number, takes: number, chance: number): void {
    const random = this.#random;
    const method = random.pick(METHODS);
    const resource = random.pick(RESOURCES);
    const route = method === 'POST' ? `/api/v1/${resource}` : `/api/v1/${resource}/{id}`;
    const index = this.#add({
      service: service.index,
      parent,
      role: 'server',
      name: `${method} ${route}`,
      attributes: [
        ['http.method', method],
        ['http.route', route],
        ['http.scheme', 'http'],
      ],
      route,
      begins,
      takes,
      chance,
    });
    this.#calls(service, index);
    this.#close(index);
  }

  /** One to four calls, one after the other, within the span `parent`. */
  #calls(service: Service, parent: number): void {
    const random = this.#random;
    const count = service.tier === 0 ? 2 + random.int(3) : 1 + random.int(2);
    const below = this.#services.filter((s) => s.tier > service.tier);
    for (let c = 0; c < count && this.#spans.length < SHAPE_SPANS_MAX; c++) {
      const begins = (c + 0.1) / (count + 0.2);
      const takes = (0.5 + 0.4 * random.next()) / (count + 0.2);
      const way = random.next();
      if (below.length > 0 && way < (service.tier === 0 ? 0.7 : 0.4)) {
        this.#remote(service, random.pick(below), parent, begins, takes);
      } else if (way < 0.75) this.#database(service, parent, begins, takes);
      else if (way < 0.9) this.#cache(service, parent, begins, takes);
      else this.#publish(service, parent, begins, takes);
    }
  }

  #remote(service: Service, to: Service, parent: number, begins: number, takes: number): void {
    const index = this.#add({
      service: service.index,
      parent,
      role: 'client',
      name: `HTTP ${to.name}`,
      attributes: [
        ['http.method', 'GET'],
        ['net.peer.name', `${to.name}.${to.namespace}.svc`],
      ],
      route: '',
      begins,
      takes,
      chance: 0.8,
    });
    this.#server(to, index, 0.05, 0.9, 1);
    this.#close(index);
  }

  #database(service: Service, parent: number, begins: number, takes: number): void {
    const random = this.#random;
    const table = random.pick(RESOURCES);
    const verb = random.pick(['SELECT', 'SELECT', 'UPDATE', 'INSERT']);
    const statement = {
      SELECT: `SELECT * FROM ${table} WHERE id = $1 AND deleted_at IS NULL`,
      UPDATE: `UPDATE ${table} SET state = $2, updated_at = now() WHERE id = $1`,
      INSERT: `INSERT INTO ${table} (id, state, owner) VALUES ($1, $2, $3)`,
    }[verb]!;
    this.#add({
      service: service.index,
      parent,
      role: 'database',
      name: `${verb} ${table}`,
      attributes: [
        ['db.system', random.pick(['postgresql', 'postgresql', 'mysql'])],
        ['db.name', service.name.split('-')[0]!],
        ['db.statement', statement],
      ],
      route: '',
      begins,
      takes,
      chance: 0.9,
    });
  }

  #cache(service: Service, parent: number, begins: number, takes: number): void {
    this.#add({
      service: service.index,
      parent,
      role: 'cache',
      name: 'redis GET',
      attributes: [
        ['db.system', 'redis'],
        ['net.peer.name', 'redis-master.data.svc'],
      ],
      route: '',
      begins,
      takes: takes / 4,
      chance: 0.7,
    });
  }

  /** A message and, in another service, its processing, which may outlast the request. */
  #publish(service: Service, parent: number, begins: number, takes: number): void {
    const topic = `${service.name.split('-')[0]}.events`;
    const attributes = [
      ['messaging.system', 'kafka'],
      ['messaging.destination', topic],
    ] as const;
    const shared = { begins, takes, chance: 0.6, route: '' };
    const index = this.#add({
      ...shared,
      service: service.index,
      parent,
      role: 'publish',
      name: `${topic} publish`,
      attributes,
    });
    const consumer = this.#random.pick(this.#services);
    this.#add({
      service: consumer.index,
      parent: index,
      role: 'consume',
      name: `${topic} process`,
      attributes,
      route: '',
      begins: 1,
      takes: 3,
      chance: 1,
    });
    this.#close(index);
  }
}
