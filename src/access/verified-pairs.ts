/**
 * What came of comparing a password with a hash, for those who ask again: bcrypt is slow on purpose, and clients send their
 * password with every request. Kept as digests, good ones and wrong ones apart, so that whoever tries passwords pushes out no good one.
 */

/** Far more than there are users; so many digests are half a megabyte. */
export const KEPT_MAX = 4096;

export class VerifiedPairs {
  readonly #good = new Set<string>();
  readonly #wrong = new Set<string>();

  /** Undefined: not known. */
  get(digest: Buffer): boolean | undefined {
    const key = digest.toString('latin1');
    if (this.#good.has(key)) return true;
    return this.#wrong.has(key) ? false : undefined;
  }

  add(digest: Buffer, isGood: boolean): void {
    const kept = isGood ? this.#good : this.#wrong;
    kept.add(digest.toString('latin1'));
    if (kept.size <= KEPT_MAX) return;
    // The oldest: sets keep the order in which they got their members.
    const [oldest] = kept;
    kept.delete(oldest!);
  }
}
