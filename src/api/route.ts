/**
 * Route tables: each surface lists its endpoints as data, the server mounts them on every listener. An endpoint
 * either runs a service in a reader thread or, where it only needs the front's own state, is handled in place.
 */

import type { ServiceAnswer, ServiceRequest } from '../query/service.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'OPTIONS';

interface RouteBase {
  readonly methods: readonly HttpMethod[];
  /** With `:name` for path parameters and a trailing `*` for the rest. */
  readonly path: string;
}

export interface ServiceRoute extends RouteBase {
  readonly service: string;
}

export interface HandledRoute extends RouteBase {
  handle(request: ServiceRequest): ServiceAnswer | Promise<ServiceAnswer>;
}

export type Route = ServiceRoute | HandledRoute;
