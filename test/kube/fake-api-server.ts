/**
 * A Kubernetes API server that tests hold in their hands: it speaks the real protocol (lists in pages, watches that are replayed from a
 * version, bookmarks, 410, `Status` objects, bearer tokens, TLS) and does what a test tells it at once. Nothing happens by itself but what
 * its clients ask for.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import {
  type Change,
  eventFor,
  type FakeKind,
  type FakeObject,
  FakeStore,
  KINDS,
  type View,
} from './fake-store.ts';

export interface FakeApiOptions {
  /** PEM. With `ca`, clients need a certificate of that authority. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
  /** Requests without it are answered with 401. */
  readonly token?: string;
  /** 0 is any. */
  readonly port?: number;
}

export interface FakeRequest {
  readonly verb: 'get' | 'list' | 'watch';
  readonly group: string;
  readonly plural: string;
  /** '' for all, and for objects outside of namespaces. */
  readonly namespace: string;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

interface Watch {
  readonly store: FakeStore;
  readonly response: ServerResponse;
  readonly tell: (change: Change) => void;
}

interface Failure {
  readonly status: number;
  readonly plural: string;
  skip: number;
  left: number;
}

/** A name of an object as tests write it. */
export type ObjectName = { readonly kind: string; readonly namespace?: string; readonly name: string };

export class FakeApiServer {
  readonly #server: Server;
  readonly #scheme: string;
  readonly #stores: FakeStore[] = KINDS.map((kind) => new FakeStore(kind));
  readonly #watches = new Set<Watch>();
  readonly #sockets = new Set<Socket>();
  readonly #failures: Failure[] = [];
  #version = 1000;
  /** Watches from before this are told that it is gone. */
  #oldest = 0;
  #token: string | undefined;
  #port: number;
  /** How a version that is gone is told: of a request, or within a watch that has begun. */
  expiresBy: 'status' | 'event' = 'status';
  /** Every request that was understood, in order. */
  readonly requests: FakeRequest[] = [];

  private constructor(server: Server, options: FakeApiOptions) {
    this.#server = server;
    this.#scheme = options.tls ? 'https' : 'http';
    this.#token = options.token;
    this.#port = options.port ?? 0;
    server.on('request', (request, response) => this.#serve(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(options: FakeApiOptions = {}): Promise<FakeApiServer> {
    const { tls } = options;
    const server = tls ? createTlsServer({ ...tls, requestCert: tls.ca !== undefined }) : createServer();
    const fake = new FakeApiServer(server as Server, options);
    await fake.comeBack();
    return fake;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Watches that are open; of one kind's plural where that is given. */
  watches(plural = ''): number {
    return [...this.#watches].filter(({ store }) => plural === '' || store.kind.plural === plural).length;
  }

  /** A kind that the server does not know by itself. */
  define(kind: FakeKind): void {
    this.#stores.push(new FakeStore(kind));
  }

  /** Whatever is of that kind is not known any more, as where no CustomResourceDefinition is installed. */
  undefine(plural: string): void {
    this.#stores.splice(this.#stores.indexOf(this.#storeOf((kind) => kind.plural === plural)), 1);
  }

  /** Makes the object, or replaces it; `kind` says what it is. Gives back what is stored. */
  put(object: KubeObject & { readonly kind: string }): FakeObject {
    const store = this.#storeOf((kind) => kind.kind === object.kind);
    const { group, version, kind, isNamespaced } = store.kind;
    const { name = '' } = object.metadata;
    const namespace = isNamespaced ? (object.metadata.namespace ?? 'default') : '';
    const known = store.get(namespace, name);
    const next = ++this.#version;
    const stored: FakeObject = {
      ...object,
      apiVersion: group === '' ? version : `${group}/${version}`,
      kind,
      metadata: {
        uid: known?.metadata.uid ?? `uid-${next}`,
        ...object.metadata,
        ...(isNamespaced && { namespace }),
        resourceVersion: String(next),
      },
    };
    store.set(next, stored, namespace, name);
    return stored;
  }

  /** Throws where there is no such object. */
  remove({ kind, namespace, name }: ObjectName): void {
    const store = this.#storeOf((known) => known.kind === kind);
    const within = store.kind.isNamespaced ? (namespace ?? 'default') : '';
    if (!store.get(within, name)) throw new Error(`there is no ${kind} ${within}/${name}`);
    store.set(++this.#version, undefined, within, name);
  }

  object({ kind, namespace, name }: ObjectName): FakeObject | undefined {
    const store = this.#storeOf((known) => known.kind === kind);
    return store.get(store.kind.isNamespaced ? (namespace ?? 'default') : '', name);
  }

  /** All of a kind, by namespace and name. */
  objects(kind: string): FakeObject[] {
    const all = { namespace: '', labelSelector: '', fieldSelector: '' };
    return this.#storeOf((known) => known.kind === kind).list(all);
  }

  /** Ends every watch: as a server does when their time is over, or as a network that breaks. */
  breakWatches(how: 'end' | 'reset' = 'end'): void {
    for (const watch of [...this.#watches]) {
      // At once: what changes from here on is for the next watch.
      this.#forget(watch);
      if (how === 'end') watch.response.end();
      else watch.response.destroy();
    }
  }

  /** Watches stay open and are told nothing from now on, as behind a proxy that has lost the other end. */
  silenceWatches(): void {
    for (const { store, tell } of this.#watches) store.watchers.delete(tell);
  }

  /** The version that everything has now, to every watch. */
  bookmark(): void {
    for (const { store, response } of this.#watches) response.write(line('BOOKMARK', this.#marker(store)));
  }

  /** Versions until now are not known any more: watches that are open go on, new ones cannot begin there. */
  expire(): void {
    this.#oldest = ++this.#version;
    for (const store of this.#stores) store.forget();
  }

  /** The next requests after `skip`, of one kind's plural where that is given, are answered with that status. */
  failNext(status: number, options: { times?: number; plural?: string; skip?: number } = {}): void {
    const { times = 1, plural = '', skip = 0 } = options;
    this.#failures.push({ status, plural, skip, left: times });
  }

  /** From now on no other token is taken. Watches that are open go on, as they do. */
  rotateToken(token: string): void {
    this.#token = token;
  }

  /** Nothing answers at the address any more; what is stored stays. */
  async goAway(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async comeBack(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await this.goAway();
  }

  #storeOf(isMeant: (kind: FakeKind) => boolean): FakeStore {
    const store = this.#stores.find(({ kind }) => isMeant(kind));
    if (!store) throw new Error('the fake API server has no such kind: define it');
    return store;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, 'http://kubernetes');
    if (this.#token !== undefined && request.headers.authorization !== `Bearer ${this.#token}`) {
      return void status(response, 401, 'Unauthorized', 'Unauthorized');
    }
    if (url.pathname === '/version')
      return void json(response, { major: '1', minor: '34', gitVersion: 'v1.34.0' });
    const match =
      /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?$/.exec(
        url.pathname,
      );
    const [, group = '', version, namespace = '', plural, name = ''] = match ?? [];
    const store = this.#stores.find(
      ({ kind }) => kind.group === group && kind.version === version && kind.plural === plural,
    );
    if (!store) return void response.writeHead(404).end('404 page not found\n');
    const query = url.searchParams;
    const isWatch = ['1', 'true'].includes(query.get('watch') ?? '');
    const verb = name !== '' ? 'get' : isWatch ? 'watch' : 'list';
    this.requests.push({ verb, group, plural: plural!, namespace, name, query, headers: request.headers });
    const failure = this.#failures.find((f) => f.left > 0 && (f.plural === '' || f.plural === plural));
    if (failure && failure.skip-- <= 0) {
      failure.left--;
      return void this.#fail(response, failure.status, verb, store.kind);
    }
    const view = {
      namespace,
      labelSelector: query.get('labelSelector') ?? '',
      fieldSelector: query.get('fieldSelector') ?? '',
    };
    if (verb === 'get') return void this.#get(response, store, namespace, name);
    if (verb === 'watch') return void this.#watch(response, store, view, query);
    return void this.#list(response, store, view, query);
  }

  #fail(response: ServerResponse, code: number, verb: string, { plural, group }: FakeKind): void {
    const forbidden = `${plural} is forbidden: User "system:serviceaccount:monitoring:trilite" cannot ${verb} resource "${plural}" in API group "${group}" at the cluster scope`;
    status(
      response,
      code,
      code === 403 ? 'Forbidden' : 'Failure',
      code === 403 ? forbidden : `failure ${code}`,
    );
  }

  #get(response: ServerResponse, store: FakeStore, namespace: string, name: string): void {
    const object = store.get(namespace, name);
    if (object) json(response, object);
    else status(response, 404, 'NotFound', `${store.kind.plural} "${name}" not found`);
  }

  #list(response: ServerResponse, store: FakeStore, view: View, query: URLSearchParams): void {
    const { from, version } = readContinue(query.get('continue'), this.#version);
    if (version < this.#oldest) {
      return void status(response, 410, 'Expired', 'The provided continue parameter is too old');
    }
    const all = store.list(view);
    const rest = all.filter((object) => keyText(object) > from);
    const limit = Number(query.get('limit') ?? 0) || rest.length;
    const items = rest.slice(0, limit);
    const isLast = items.length === rest.length;
    const { group, version: apiVersion, kind } = store.kind;
    json(response, {
      kind: `${kind}List`,
      apiVersion: group === '' ? apiVersion : `${group}/${apiVersion}`,
      metadata: {
        resourceVersion: String(version),
        ...(!isLast && { continue: writeContinue(keyText(items.at(-1)!), version) }),
      },
      // Elements of a list do not say what they are.
      items: items.map(({ apiVersion: _, kind: __, ...object }) => object),
    });
  }

  #watch(response: ServerResponse, store: FakeStore, view: View, query: URLSearchParams): void {
    const from = Number(query.get('resourceVersion') || this.#version);
    if (query.get('sendInitialEvents') === 'true') {
      return void status(response, 422, 'Invalid', 'sendInitialEvents is forbidden: this server sends none');
    }
    const isGone = from < this.#oldest;
    if (isGone && this.expiresBy === 'status')
      return void status(response, 410, 'Expired', 'too old resource version');
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    if (isGone) {
      response.end(line('ERROR', statusObject(410, 'Expired', 'too old resource version')));
      return;
    }
    const tell = (change: Change): void => {
      const event = eventFor(change, view);
      if (event) response.write(`${JSON.stringify(event)}\n`);
    };
    for (const change of store.since(from)) tell(change);
    const watch = { store, response, tell };
    store.watchers.add(tell);
    this.#watches.add(watch);
    response.on('close', () => this.#forget(watch));
  }

  #forget(watch: Watch): void {
    watch.store.watchers.delete(watch.tell);
    this.#watches.delete(watch);
  }

  #marker({ kind: { group, version, kind } }: FakeStore): object {
    const apiVersion = group === '' ? version : `${group}/${version}`;
    return { kind, apiVersion, metadata: { resourceVersion: String(this.#version) } };
  }
}

function keyText({ metadata: { namespace = '', name } }: FakeObject): string {
  return `${namespace}/${name}`;
}

function writeContinue(from: string, version: number): string {
  return Buffer.from(JSON.stringify({ from, version })).toString('base64url');
}

function readContinue(token: string | null, now: number): { from: string; version: number } {
  if (token === null || token === '') return { from: '', version: now };
  return JSON.parse(Buffer.from(token, 'base64url').toString());
}

function line(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function json(response: ServerResponse, body: object, code = 200): void {
  response.writeHead(code, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}

function status(response: ServerResponse, code: number, reason: string, message: string): void {
  json(response, statusObject(code, reason, message), code);
}

function statusObject(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}
