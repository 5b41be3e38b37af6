/**
 * Against guessing: an address from which wrong credentials came too often has to wait, whatever it brings. But behind an address
 * may be many (a proxy, one machine with one agent that has an old token): credentials that were good from there before go on
 * being looked at. Only whoever shares an address with a client could so try that client's.
 */

import { addressGroup, FailedAttempts } from '../base/failed-attempts.ts';
import { RecentMap } from '../base/recent-map.ts';
import { RateLimitError } from '../model/rate-limit-error.ts';
import type { KeyedDigest } from './keyed-digest.ts';

/** More than there are clients that matter at a time; a digest each. */
const GOOD_MAX = 4096;
const MS_PER_SECOND = 1000;

export class Guessing {
  readonly #digest: KeyedDigest;
  /** Undefined: nobody has to wait. */
  readonly #failed: FailedAttempts | undefined;
  /** Of an address and what was good from there. */
  readonly #good = new RecentMap<string, true>(GOOD_MAX);

  /** `perMinute` as `AuthSettings` has it. */
  constructor(digest: KeyedDigest, now: () => number, perMinute: number | undefined) {
    this.#digest = digest;
    this.#failed = perMinute === 0 ? undefined : new FailedAttempts(now, perMinute);
  }

  /** Throws `RateLimitError` where the address has to wait. */
  check(address: string, authorization: string): void {
    const waitSeconds = this.#failed?.waitSeconds(address) ?? 0;
    if (waitSeconds === 0 || this.#good.peek(this.#key(address, authorization))) return;
    throw new RateLimitError('too many wrong credentials from this address', waitSeconds * MS_PER_SECOND);
  }

  wrong(address: string): void {
    this.#failed?.failed(address);
  }

  good(address: string, authorization: string): void {
    if (this.#failed) this.#good.use(this.#key(address, authorization), () => true);
  }

  #key(address: string, authorization: string): string {
    return this.#digest.of(addressGroup(address), authorization).toString('latin1');
  }
}
