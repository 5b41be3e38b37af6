/** A pace that each tenant has for itself. */

import { RecentMap } from '../base/recent-map.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import type { Pace } from '../model/tenant-limits.ts';

/** Names of tenants come with requests. Some 500 KB of buckets. */
const TENANTS_MAX = 4096;

/** Undefined where there is no limit; `before` where it is the same. */
export function paceByTenant(pace: Pace, before?: PaceByTenant): PaceByTenant | undefined {
  if (pace.perSecond === 0) return undefined;
  const isSame = before?.pace.perSecond === pace.perSecond && before.pace.burst === pace.burst;
  return isSame ? before : new PaceByTenant(pace);
}

export class PaceByTenant {
  readonly pace: Pace;
  readonly #buckets = new RecentMap<string, TokenBucket>(TENANTS_MAX);
  readonly #newBucket: () => TokenBucket;
  #nowMs = 0;

  constructor(pace: Pace) {
    this.pace = pace;
    this.#newBucket = () => new TokenBucket(pace.perSecond, pace.burst, this.#nowMs);
  }

  /**
   * Takes `count` of the tenant's allowance and gives 0, or takes nothing and gives the ms until they are there, which is
   * infinite for more than may ever come at once.
   */
  take(tenant: string, count: number, nowMs: number): number {
    this.#nowMs = nowMs;
    const bucket = this.#buckets.use(tenant, this.#newBucket);
    return bucket.take(count, nowMs) ? 0 : Math.max(Number.MIN_VALUE, bucket.waitMs(count, nowMs));
  }

  /** Gives back what was taken for something that did not come to be stored. */
  give(tenant: string, count: number): void {
    this.#buckets.peek(tenant)?.give(count);
  }
}
