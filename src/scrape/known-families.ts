/**
 * What a target has said of its metric families. A family is remembered for some scrapes after the last one that had
 * it, so that metadata do not come and go with a family that does.
 */

import type { FamilyMetadata } from '../model/batch.ts';

/** Scrapes after which a family that is gone is forgotten. */
const KEEP_SCRAPES = 10;

interface Known {
  readonly metadata: FamilyMetadata;
  seen: number;
}

export class KnownFamilies {
  readonly #known = new Map<string, Known>();
  /** Those that changed since `takeChanged`. */
  #changed = new Set<string>();

  note(families: readonly FamilyMetadata[], scrape: number): void {
    for (const told of families) {
      const known = this.#known.get(told.family);
      const metadata = known ? over(known.metadata, told) : told;
      if (known !== undefined && isSame(known.metadata, metadata)) {
        known.seen = scrape;
        continue;
      }
      this.#known.set(metadata.family, { metadata, seen: scrape });
      this.#changed.add(metadata.family);
    }
  }

  /** After a scrape that brought something. */
  sweep(scrape: number): void {
    for (const [family, { seen }] of this.#known) {
      if (scrape - seen > KEEP_SCRAPES) this.#known.delete(family);
    }
  }

  /** The families that are new or not what they were; asked again, those since then. */
  takeChanged(): FamilyMetadata[] {
    const out: FamilyMetadata[] = [];
    for (const family of this.#changed) {
      const known = this.#known.get(family);
      if (known) out.push(known.metadata);
    }
    this.#changed = new Set();
    return out;
  }

  list(): FamilyMetadata[] {
    return Array.from(this.#known.values(), (known) => known.metadata);
  }
}

/** What an exposition leaves open is as it was. */
function over(before: FamilyMetadata, { family, type, help, unit }: FamilyMetadata): FamilyMetadata {
  return {
    family,
    type: type === 'unknown' ? before.type : type,
    help: help || before.help,
    unit: unit || before.unit,
  };
}

function isSame(a: FamilyMetadata, b: FamilyMetadata): boolean {
  return a.type === b.type && a.help === b.help && a.unit === b.unit;
}
