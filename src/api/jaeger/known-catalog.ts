/**
 * Which services a group has and which operations of a service. Who builds a query asks for them again and again; groups never
 * change, so what was found is remembered as long as storage keeps the object of a group. Many groups have the same, which is
 * kept once.
 */

import { SPAN_KIND_WORDS } from '../../model/span.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import { EMPTY_SPAN_NAME, serviceNames } from './service-names.ts';

/** Different lists; then all is forgotten and found again. Some hundred bytes each. */
const LISTS_MAX = 10_000;

export interface Operation {
  readonly name: string;
  /** '' where it is unspecified. */
  readonly spanKind: string;
}

interface Known {
  readonly services: readonly string[];
  readonly operations: Map<string, readonly Operation[]>;
}

class KnownCatalog {
  #groups = new WeakMap<SpanGroup, Known>();
  readonly #lists = new Map<string, readonly unknown[]>();

  /** Distinct names in no order. */
  services(group: SpanGroup): readonly string[] {
    return this.#known(group).services;
  }

  /** Distinct ones in no order. */
  operations(group: SpanGroup, service: string): readonly Operation[] {
    const { services, operations } = this.#known(group);
    if (!services.includes(service)) return [];
    let found = operations.get(service);
    if (found === undefined) operations.set(service, (found = this.#once(findOperations(group, service))));
    return found;
  }

  #known(group: SpanGroup): Known {
    let known = this.#groups.get(group);
    if (known === undefined) {
      known = { services: this.#once([...new Set(serviceNames(group))]), operations: new Map() };
      this.#groups.set(group, known);
    }
    return known;
  }

  #once<T>(list: readonly T[]): readonly T[] {
    const text = JSON.stringify(list);
    const known = this.#lists.get(text);
    if (known !== undefined) return known as readonly T[];
    if (this.#lists.size >= LISTS_MAX) {
      this.#lists.clear();
      this.#groups = new WeakMap();
    }
    this.#lists.set(text, list);
    return list;
  }
}

function findOperations(group: SpanGroup, service: string): Operation[] {
  const isWanted = serviceNames(group).map((name) => name === service);
  const resourceRows = group.resourceRows();
  const { indexes, strings } = group.names();
  const kinds = group.kinds();
  const found: Operation[] = [];
  // Objects only for pairs that are new in the group.
  const seen = new Uint8Array(strings.length * SPAN_KIND_WORDS.length);
  for (let row = 0; row < group.spanCount; row++) {
    if (!isWanted[resourceRows[row]!]) continue;
    const kind = SPAN_KIND_WORDS[kinds[row]!] === undefined ? 0 : kinds[row]!;
    const pair = indexes[row]! * SPAN_KIND_WORDS.length + kind;
    if (seen[pair] === 1) continue;
    seen[pair] = 1;
    const name = strings[indexes[row]!]! || EMPTY_SPAN_NAME;
    found.push({ name, spanKind: kind === 0 ? '' : SPAN_KIND_WORDS[kind]! });
  }
  return found;
}

/** Of the thread. */
export const KNOWN_CATALOG = new KnownCatalog();
