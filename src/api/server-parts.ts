/** What a server of all APIs is made of: endpoints as data, and what they are answered with. */

import type { Gate } from '../access/gate.ts';
import type { Logger } from '../base/log.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Access } from '../model/access.ts';
import type { ServiceAnswer, ServiceRunner } from '../query/service.ts';
import type { Asked } from './asked.ts';
import type { BodyRequest } from './body-request.ts';
import type { CorsSettings } from './cross-origin.ts';
import type { Refuse } from './door.ts';
import type { Surface } from './error-answer.ts';
import type { Pages, Route, StreamRoute, UpgradeRoute } from './route.ts';
import type { QueryAdmission } from './run-query.ts';
import type { StrayRequests } from './stray-requests.ts';

/** An endpoint that reads its own body: it judges type, encoding and size in its protocol's words. */
export interface BodyRoute {
  readonly access: Access;
  readonly methods: readonly string[];
  readonly path: string;
  /** The manner of its 405. */
  readonly surface: 'prometheus' | 'loki' | 'otlp' | 'tempo';
  receive(request: BodyRequest): Promise<ServiceAnswer>;
  /** Words why a request is not let in, where the surface would do it otherwise. */
  readonly refuse?: Refuse;
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
  /** Where users reach the server, if that is told. */
  readonly externalUrl?: string | undefined;
}

export interface ServerParts extends ServerSettings {
  /** Lets requests in. */
  readonly gate: Gate;
  readonly surfaces: readonly SurfaceRoutes[];
  readonly bodyRoutes: readonly BodyRoute[];
  readonly upgrades?: readonly UpgradeRoute[] | undefined;
  /** Asked where no endpoint has the path. */
  readonly pages?: Pages;
  readonly runner: ServiceRunner;
  /** Whether requests say whose data they are about, and must. */
  readonly multiTenancy?: boolean;
  /** What tenants may ask; absent: anything. */
  readonly limits?: QueryAdmission | undefined;
  /** Told of questions and how they were answered, and of requests that nobody answers. */
  readonly asked?: Asked;
  readonly strays?: StrayRequests;
  /** Limit of the process: what bodies and answers may take follows from it. */
  readonly memoryBytes?: number;
  readonly telemetry: Telemetry;
  readonly log: Logger;
  readonly now: () => number;
}
