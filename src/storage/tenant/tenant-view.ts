/**
 * What a set of tenants sees of storage: which series, under which labels. A series of a tenant carries `__tenant_id__`;
 * one without belongs to the default tenant. A label of that name that a client sent is `original___tenant_id__` in
 * storage (and one called so has the prefix twice), so nothing that a client writes, in a push or in a matcher, reaches the
 * label that tenants are told apart by.
 *
 *   one tenant      sees its series as it sent them: the tenant's label is taken off, its own gets its name back
 *   several         see the union; every series says whose it is, and matchers on `__tenant_id__` choose among them
 */

import { compareText, Labels } from '../../model/labels.ts';
import { Matcher } from '../../model/matcher.ts';
import { DEFAULT_TENANT, TENANT_LABEL } from '../../model/tenant.ts';

/** As the originals call a label that is in the way of theirs. */
const PREFIX = 'original_';
const RESERVED = /^(?:original_)*__tenant_id__$/;

/** The label's value in storage. */
function storedId(tenant: string): string {
  return tenant === DEFAULT_TENANT ? '' : tenant;
}

/** Selects the series of the tenants, of which there is one at least. */
export function tenantMatcher(tenants: readonly string[]): Matcher {
  if (tenants.length === 1) return new Matcher('=', TENANT_LABEL, storedId(tenants[0]!));
  const ids = tenants.map((t) => storedId(t).replaceAll(/[.*()]/g, '\\$&'));
  return new Matcher('=~', TENANT_LABEL, ids.join('|'));
}

/** The labels under which a series that a client calls `given` is stored. */
export function storedLabels(given: Labels, tenant: string): Labels {
  return renamed(given, storedName).with(TENANT_LABEL, storedId(tenant));
}

/** The name in storage of a label, or of an attribute of a resource, that a client calls `name`. */
export function storedName(name: string): string {
  return RESERVED.test(name) ? PREFIX + name : name;
}

/** What a client calls what is called `stored` in storage, other than that of tenants. */
export function shownName(stored: string): string {
  return stored.startsWith(PREFIX) && RESERVED.test(stored) ? stored.slice(PREFIX.length) : stored;
}

/** The labels under other names; the same object where none is another. */
function renamed(labels: Labels, to: (name: string) => string): Labels {
  const { pairs } = labels;
  const entries: [string, string][] = [];
  let isSame = true;
  for (let i = 0; i < pairs.length; i += 2) {
    const name = to(pairs[i]!);
    isSame &&= name === pairs[i];
    entries.push([name, pairs[i + 1]!]);
  }
  return isSame ? labels : Labels.from(entries);
}

/** A stream's labels as its own tenant sees them. */
export function ownLabels(stored: Labels): Labels {
  return renamed(stored.without(TENANT_LABEL), shownName);
}

/** Between a tenant and the name of a metric family in what is stored of its metadata: in no id, and refused in a name. */
const FAMILY_MARK = '\u0001';

/** The name under which a tenant's metadata of a family is stored; undefined for a name that none may have. */
export function storedFamily(family: string, tenant: string): string | undefined {
  if (family.includes(FAMILY_MARK)) return undefined;
  return tenant === DEFAULT_TENANT ? family : tenant + FAMILY_MARK + family;
}

/** Whose metadata is stored under a name, and of which family. */
export function tenantFamily(stored: string): { readonly tenant: string; readonly family: string } {
  const mark = stored.indexOf(FAMILY_MARK);
  if (mark < 0) return { tenant: DEFAULT_TENANT, family: stored };
  return { tenant: stored.slice(0, mark), family: stored.slice(mark + 1) };
}

/** Translates between what tenants say and what is stored. Not for several threads' label sets. */
export class TenantView {
  /** Ascending, one at least. */
  readonly tenants: readonly string[];
  readonly #single: boolean;
  /** By stored labels: a cursor gives the same object for every chunk of a stream, and so it stays. */
  readonly #shown = new WeakMap<Labels, Labels>();

  constructor(tenants: readonly string[]) {
    this.tenants = tenants;
    this.#single = tenants.length === 1;
  }

  /** A client's matchers as they are asked of storage; undefined where they choose none of the tenants. */
  matchers(given: readonly Matcher[]): Matcher[] | undefined {
    if (this.#single) {
      const own = given.map((m) =>
        RESERVED.test(m.name) ? new Matcher(m.type, storedName(m.name), m.value) : m,
      );
      return [...own, tenantMatcher(this.tenants)];
    }
    const choosing = given.filter((m) => m.name === TENANT_LABEL);
    const chosen = this.tenants.filter((t) => choosing.every((m) => m.matches(t)));
    if (chosen.length === 0) return undefined;
    return [...given.filter((m) => m.name !== TENANT_LABEL), tenantMatcher(chosen)];
  }

  /** As `matchers`, of sets of which any may match; none left means that nothing does. */
  matcherSets(given: readonly (readonly Matcher[])[]): (readonly Matcher[])[] {
    const sets = given.length === 0 ? [[]] : given;
    return sets.map((set) => this.matchers(set)).filter((set) => set !== undefined);
  }

  /** Stored labels as the tenants see them. */
  labels(stored: Labels): Labels {
    let shown = this.#shown.get(stored);
    if (!shown) {
      shown = this.#show(stored);
      this.#shown.set(stored, shown);
    }
    return shown;
  }

  #show(stored: Labels): Labels {
    if (!this.#single) return stored.has(TENANT_LABEL) ? stored : stored.with(TENANT_LABEL, DEFAULT_TENANT);
    return ownLabels(stored);
  }

  /** The stored name of the label that the tenants call `name`. */
  storedName(name: string): string {
    return this.#single ? storedName(name) : name;
  }

  /** Names of stored labels as the tenants see them, sorted. */
  names(stored: readonly string[]): string[] {
    const others = stored.filter((name) => name !== TENANT_LABEL);
    const shown = this.#single ? others.map(shownName) : [...others, TENANT_LABEL];
    return shown.sort(compareText);
  }
}
