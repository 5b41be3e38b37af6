/**
 * Route tables: each surface lists its endpoints as data, the server mounts them on every listener. An endpoint
 * either runs a service in a reader thread or, where it only needs the front's own state, is handled in place.
 */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Access } from '../model/access.ts';
import type { ServiceAnswer, ServiceRequest } from '../query/service.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'OPTIONS';

/**
 * How many tenants a request may be about: several or one. Or the endpoint is of none of them: it is nobody's and tells
 * nothing of anybody's data (`none`), or it is the operator's, who runs the server for all (`operator`).
 */
export type RouteTenants = 'several' | 'one' | 'none' | 'operator';

interface RouteBase {
  /** The right that it asks for. */
  readonly access: Access;
  /** Of what has tenants at all; `several` where it does not say. */
  readonly tenants?: RouteTenants;
  readonly methods: readonly HttpMethod[];
  /** With `:name` for path parameters and a trailing `*` for the rest. */
  readonly path: string;
}

export interface ServiceRoute extends RouteBase {
  readonly service: string;
}

export interface HandledRoute extends RouteBase {
  /** `gone` fires when the client has left. */
  handle(request: ServiceRequest, gone?: AbortSignal): ServiceAnswer | Promise<ServiceAnswer>;
}

/** An answer that goes on until its client leaves. */
export interface EventStream {
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Begins to write; returns how to end it. */
  open(write: (text: string) => void): () => void;
}

/** An endpoint that streams; without a stream the answer is 204. */
export interface StreamRoute extends RouteBase {
  stream(): EventStream | undefined;
}

export type Route = ServiceRoute | HandledRoute;

/** Who answers a GET of paths that no endpoint has. */
export interface Pages {
  readonly access: Access;
  /** Those that are known by themselves, for who goes through all paths. */
  readonly paths: readonly string[];
  /** Undefined: nobody. */
  at(path: string): HandledRoute['handle'] | undefined;
}

/** An endpoint whose connections become something else than HTTP. */
export interface UpgradeRoute {
  readonly access: Access;
  /** Without parameters. */
  readonly paths: readonly string[];
  /** Whether what they are about belongs to tenants. */
  readonly ofTenants: boolean;
  /** Takes the connection over; `head` is what came behind the request. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The server stops: ends the connections that were taken over. */
  close(): void;
}
