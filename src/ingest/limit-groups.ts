/**
 * State that hangs on limits: one for all tenants that have the defaults, and one for each tenant with limits of its own.
 * Where limits stay as they are when others are taken in, their state goes on.
 */

import { type ByTenant, limitsOf } from '../model/tenant-limits.ts';

/** Gives undefined where the limits limit nothing. `before` is the state of the limits that were in force for the same tenants. */
type Make<Limits, State> = (limits: Limits, before?: State) => State | undefined;

export class LimitGroups<Limits, State> {
  readonly #make: Make<Limits, State>;
  #limits: ByTenant<Limits>;
  #defaults: State | undefined;
  #tenants = new Map<string, State | undefined>();

  constructor(limits: ByTenant<Limits>, make: Make<Limits, State>) {
    this.#make = make;
    this.#limits = limits;
    this.#defaults = make(limits.defaults);
    for (const [tenant, own] of Object.entries(limits.tenants)) this.#tenants.set(tenant, make(own));
  }

  take(next: ByTenant<Limits>): void {
    const before = this.#limits;
    const kept = (old: Limits, own: Limits, state: State | undefined) =>
      JSON.stringify(old) === JSON.stringify(own) ? state : this.#make(own, state);
    const tenants = new Map<string, State | undefined>();
    for (const [tenant, own] of Object.entries(next.tenants)) {
      const old = Object.hasOwn(before.tenants, tenant) ? before.tenants[tenant] : undefined;
      tenants.set(tenant, old ? kept(old, own, this.#tenants.get(tenant)) : this.#make(own));
    }
    this.#defaults = kept(before.defaults, next.defaults, this.#defaults);
    this.#tenants = tenants;
    this.#limits = next;
  }

  /** Undefined where the tenant is not limited. */
  of(tenant: string): State | undefined {
    return this.#tenants.has(tenant) ? this.#tenants.get(tenant) : this.#defaults;
  }

  limits(tenant: string): Limits {
    return limitsOf(this.#limits, tenant);
  }

  /** Whether any tenant is limited. */
  get isAny(): boolean {
    return this.#defaults !== undefined || [...this.#tenants.values()].some((state) => state !== undefined);
  }
}
