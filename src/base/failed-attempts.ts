/**
 * Failed attempts to say who one is, by address: after some in a minute an address has to wait, whatever it brings, so that
 * secrets cannot be guessed by trying. IPv6 addresses count by their /64, of which one machine has all; what is remembered is
 * bounded, so that it cannot be filled from many addresses.
 */

import { isIPv6 } from 'node:net';
import { RecentMap } from './recent-map.ts';
import { TokenBucket } from './token-bucket.ts';

/** A person who mistypes, or a sender whose secret was just changed, is not stopped by so many; guessing is. */
const FAILURES_PER_MINUTE = 10;
const MINUTE_SECONDS = 60;
/**
 * Some 3 MB. Who has more addresses than this to try from can forget one failure by failing elsewhere, and gains nothing: each of
 * the others has as many attempts.
 */
const ADDRESSES_MAX = 16_384;

/** What sums of floats may be off, in seconds. */
const ROUNDING = 1e-6;

export class FailedAttempts {
  readonly #now: () => number;
  readonly #buckets = new RecentMap<string, TokenBucket>(ADDRESSES_MAX);
  readonly #newBucket: () => TokenBucket;

  constructor(now: () => number, perMinute = FAILURES_PER_MINUTE) {
    this.#now = now;
    this.#newBucket = () => new TokenBucket(perMinute / MINUTE_SECONDS, perMinute, now());
  }

  /** Seconds, whole, that the address has to wait before it is listened to; 0: it is. */
  waitSeconds(address: string): number {
    const waitMs = this.#buckets.peek(addressGroup(address))?.waitMs(1, this.#now()) ?? 0;
    return Math.max(0, Math.ceil(waitMs / 1000 - ROUNDING));
  }

  /** Notes that what the address brought was wrong. */
  failed(address: string): void {
    this.#buckets.use(addressGroup(address), this.#newBucket).take(1, this.#now());
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }
}

const GROUPS = 8;
const PREFIX_GROUPS = 4;
const MAPPED = /^::ffff:(?:\d+\.){3}\d+$/i;

/** What addresses of one machine have in common: an IPv4 address, also in IPv6's dress, or the first 64 bits of an IPv6 one. */
export function addressGroup(address: string): string {
  if (!isIPv6(address)) return address;
  if (MAPPED.test(address)) return address.slice(address.lastIndexOf(':') + 1);
  const plain = address.split('%', 1)[0]!.toLowerCase();
  const [head, tail] = plain.split('::') as [string, string | undefined];
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - before.length - after.length);
  const groups = [...before, ...new Array<string>(zeros).fill('0'), ...after];
  const prefix = groups.slice(0, PREFIX_GROUPS).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${prefix.join(':')}::/64`;
}
