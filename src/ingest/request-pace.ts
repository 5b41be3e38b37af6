/**
 * How many requests a tenant, and a credential, may make in a time, whatever their size: asked before anything else is done for
 * one. Bringing data and asking for it are counted apart, so that a broken dashboard does not stop a collector.
 */

import type { Counter, Family, Telemetry } from '../base/telemetry.ts';
import { RateLimitError } from '../model/rate-limit-error.ts';
import { DEFAULT_TENANT } from '../model/tenant.ts';
import { type ByTenant, isAnySet, type Pace, type RequestLimits } from '../model/tenant-limits.ts';
import { LimitGroups } from './limit-groups.ts';
import { type PaceByTenant, paceByTenant } from './pace-by-tenant.ts';

export type PacedScope = keyof RequestLimits;

export interface RequestPaceSettings {
  readonly tenants: ByTenant<RequestLimits>;
  /** Those of each credential. */
  readonly credentials: RequestLimits;
}

type Groups = LimitGroups<Pace, PaceByTenant>;
type Whose = 'tenant' | 'credential';

export class RequestPace {
  readonly #now: () => number;
  readonly #groups: Readonly<Record<Whose, Readonly<Record<PacedScope, Groups>>>>;
  readonly #refused: Family<Counter> | undefined;
  #isAny: boolean;

  constructor(settings: RequestPaceSettings, now: () => number, telemetry?: Telemetry) {
    this.#now = now;
    const groups = (limits: ByTenant<RequestLimits>, scope: PacedScope) =>
      new LimitGroups(paces(limits, scope), paceByTenant);
    const both = (limits: ByTenant<RequestLimits>) => ({
      ingest: groups(limits, 'ingest'),
      read: groups(limits, 'read'),
    });
    const credentials = { defaults: settings.credentials, tenants: {} };
    this.#groups = { tenant: both(settings.tenants), credential: both(credentials) };
    this.#isAny = isAny(settings);
    const help = 'Number of requests refused because their tenant or their credential made too many.';
    this.#refused = telemetry?.counter('trilite_rate_limited_requests_total', help, ['scope', 'whose']);
  }

  /** Limits that stay as they are go on where they were. */
  change(settings: RequestPaceSettings): void {
    const credentials = { defaults: settings.credentials, tenants: {} };
    for (const scope of ['ingest', 'read'] as const) {
      this.#groups.tenant[scope].take(paces(settings.tenants, scope));
      this.#groups.credential[scope].take(paces(credentials, scope));
    }
    this.#isAny = isAny(settings);
  }

  /** Whether anybody is limited. */
  get isAny(): boolean {
    return this.#isAny;
  }

  /** Counts a request about the tenants, or about the default one. Throws `RateLimitError`. */
  ofTenants(scope: PacedScope, tenants: readonly string[] = [DEFAULT_TENANT]): void {
    if (!this.#isAny) return;
    for (const tenant of tenants) this.#take('tenant', scope, tenant);
  }

  /** Counts a request of the credential of this name. Throws `RateLimitError`. */
  ofCredential(scope: PacedScope, name: string): void {
    if (this.#isAny) this.#take('credential', scope, name);
  }

  #take(whose: Whose, scope: PacedScope, name: string): void {
    const group = this.#groups[whose][scope].of(whose === 'tenant' ? name : '');
    const waitMs = group?.take(name, 1, this.#now()) ?? 0;
    if (!group || waitMs === 0) return;
    this.#refused?.with(scope, whose).add();
    const { perSecond, burst } = group.pace;
    const message = `the request has been rejected because the ${whose} exceeded the request rate limit, set to ${perSecond} requests/s with a maximum allowed burst of ${burst} (err-mimir-tenant-max-request-rate)`;
    throw new RateLimitError(message, waitMs);
  }
}

function paces({ defaults, tenants }: ByTenant<RequestLimits>, scope: PacedScope): ByTenant<Pace> {
  const own = Object.entries(tenants).map(([tenant, limits]) => [tenant, limits[scope]] as const);
  return { defaults: defaults[scope], tenants: Object.fromEntries(own) };
}

function isAny({ tenants, credentials }: RequestPaceSettings): boolean {
  return [tenants.defaults, ...Object.values(tenants.tenants), credentials].some(isAnySet);
}
