/**
 * What has been shown, so that a tail which begins again where it was broken off shows nothing twice: it asks for some
 * time before the newest line, since lines come late, and knows the lines of that time.
 */

import { createHash } from 'node:crypto';
import type { TailedLine } from './tail-connection.ts';

/** How late a line may come that was sent while the server was away. */
const OVERLAP_NS = 30_000_000_000n;
/** Lines that are known; more than a server gives at a time. */
const KNOWN_MAX = 20_000;

export class TailMemory {
  /** In order of being shown. */
  readonly #known = new Set<string>();
  /** What is older was not asked for, or left out by the limit. */
  #oldestNs: bigint;
  #newestNs: bigint | undefined;

  /** `startNs`: the first lines are from here on. */
  constructor(startNs: bigint) {
    this.#oldestNs = startNs;
  }

  /** Where to begin again. */
  get resumeNs(): bigint {
    if (this.#newestNs === undefined) return this.#oldestNs;
    const early = this.#newestNs - OVERLAP_NS;
    return early > this.#oldestNs ? early : this.#oldestNs;
  }

  /** Whether the line has not been shown; it has from now on. */
  isNew(line: TailedLine): boolean {
    const identity = identityOf(line);
    if (this.#known.has(identity)) return false;
    this.#known.add(identity);
    if (this.#known.size > KNOWN_MAX) {
      const [first] = this.#known;
      this.#known.delete(first!);
    }
    const ns = BigInt(line.ns);
    // The very first one is the oldest that the limit let through.
    if (this.#newestNs === undefined) {
      this.#oldestNs = ns;
      this.#newestNs = ns;
    } else if (ns > this.#newestNs) {
      this.#newestNs = ns;
    }
    return true;
  }
}

function identityOf({ ns, line, stream, structuredMetadata }: TailedLine): string {
  const text = JSON.stringify([
    ns,
    Object.entries(stream).sort(),
    Object.entries(structuredMetadata).sort(),
    line,
  ]);
  return createHash('sha1').update(text).digest('base64');
}
