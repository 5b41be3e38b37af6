/**
 * Secrets are compared, and remembered, as digests under a key that only this process knows and only while it runs: digests
 * have one length, so that comparing them takes one time, and what a dump of memory or a cache shows is of no use elsewhere.
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const KEY_BYTES = 32;

export class KeyedDigest {
  readonly #key = randomBytes(KEY_BYTES);

  /** Of several texts as one: no other texts have the same digest. */
  of(...texts: readonly string[]): Buffer {
    const hmac = createHmac('sha256', this.#key);
    for (const text of texts) {
      hmac.update(`${Buffer.byteLength(text)}:`);
      hmac.update(text);
    }
    return hmac.digest();
  }
}

/** In a time that does not depend on where they differ. */
export function isSameDigest(a: Buffer, b: Buffer): boolean {
  return timingSafeEqual(a, b);
}
