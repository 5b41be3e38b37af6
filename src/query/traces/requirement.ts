/**
 * What a trace must have for a pipeline to find anything in it, and where to look for it first: of filters that must
 * all have a hit, the one with the fewest hits names all traces that can match. Its hits are the *seeds*.
 */

import type { SpanGroup } from '../../model/span-group.ts';
import type { GroupFilter } from './filter.ts';
import type { Requirement } from './pipeline.ts';

/** Filters beyond this many share the last bit, as if each matched whenever one of them does. */
const BITS_MAX = 30;

export function filtersOf(requirement: Requirement): GroupFilter[] {
  return requirement.kind === 'filter' ? [requirement.filter] : requirement.parts.flatMap(filtersOf);
}

/** The filters of a requirement with a bit for each, and their masks, each made once. */
export class FilterBits {
  readonly filters: readonly GroupFilter[];
  readonly #requirement: Requirement;
  readonly #bitOf: ReadonlyMap<GroupFilter, number>;
  readonly #masks = new Map<GroupFilter, Map<SpanGroup, Uint8Array | undefined>>();

  constructor(requirement: Requirement) {
    this.#requirement = requirement;
    this.filters = [...new Set(filtersOf(requirement))];
    this.#bitOf = new Map(this.filters.map((filter, i) => [filter, 1 << Math.min(i, BITS_MAX)]));
    for (const filter of this.filters) this.#masks.set(filter, new Map());
  }

  bitOf(filter: GroupFilter): number {
    return this.#bitOf.get(filter)!;
  }

  /** Rows that may match, a byte each; undefined where all may. */
  mask(filter: GroupFilter, group: SpanGroup): Uint8Array | undefined {
    const masks = this.#masks.get(filter)!;
    let mask = masks.get(group);
    if (mask === undefined && !masks.has(group)) masks.set(group, (mask = filter.bound(group)));
    return mask;
  }

  /** The bits of the filters that have a hit in rows [start, end) of the group. */
  of(group: SpanGroup, start: number, end: number): number {
    let bits = 0;
    for (const filter of this.filters) {
      if (filter.constant !== undefined) continue;
      const mask = this.mask(filter, group);
      if (mask === undefined || hasHit(mask, start, end)) bits |= this.bitOf(filter);
    }
    return bits;
  }

  /** Whether a trace whose groups together have these bits can match. */
  met(bits: number): boolean {
    return this.#met(this.#requirement, bits);
  }

  #met(requirement: Requirement, bits: number): boolean {
    switch (requirement.kind) {
      case 'filter':
        return requirement.filter.constant ?? (bits & this.bitOf(requirement.filter)) !== 0;
      case 'all':
        return requirement.parts.every((part) => this.#met(part, bits));
      default:
        return requirement.parts.some((part) => this.#met(part, bits));
    }
  }

  /** Filters of which every trace that can match has a hit of one; undefined where any trace can. */
  seeds(sample: readonly SpanGroup[]): readonly GroupFilter[] | undefined {
    const { filters } = this.#seeds(this.#requirement, sample);
    return filters;
  }

  #seeds(requirement: Requirement, sample: readonly SpanGroup[]): Seeds {
    if (requirement.kind === 'filter') return this.#seedsOfFilter(requirement.filter, sample);
    const parts = requirement.parts.map((part) => this.#seeds(part, sample));
    if (requirement.kind === 'all') return parts.reduce((a, b) => (b.hits < a.hits ? b : a), ALL);
    return parts.reduce(
      (a, b) => ({
        filters: a.filters && b.filters && [...a.filters, ...b.filters],
        hits: a.hits + b.hits,
      }),
      { filters: [], hits: 0 },
    );
  }

  #seedsOfFilter(filter: GroupFilter, sample: readonly SpanGroup[]): Seeds {
    if (filter.constant !== undefined) return filter.constant ? ALL : { filters: [], hits: -1 };
    let hits = 0;
    for (const group of sample) {
      const mask = this.mask(filter, group);
      if (mask === undefined) return { filters: [filter], hits: Number.MAX_SAFE_INTEGER };
      for (const hit of mask) hits += hit;
    }
    return { filters: [filter], hits };
  }
}

interface Seeds {
  readonly filters: readonly GroupFilter[] | undefined;
  readonly hits: number;
}

const ALL: Seeds = { filters: undefined, hits: Number.POSITIVE_INFINITY };

function hasHit(mask: Uint8Array, start: number, end: number): boolean {
  for (let row = start; row < end; row++) if (mask[row] === 1) return true;
  return false;
}
