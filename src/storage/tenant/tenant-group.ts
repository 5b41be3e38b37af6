/**
 * A group of spans as some tenants see it. Whose a span is stands in an attribute of its resource, which has few values:
 * where all are the tenants' the group is seen as it is, where none is it is empty, else it is narrowed
 * (`select/narrowed-group.ts`).
 */

import type { SpanGroup } from '../../model/span-group.ts';
import { DEFAULT_TENANT, TENANT_LABEL } from '../../model/tenant.ts';
import { DelegatingGroup } from '../select/delegating-group.ts';
import { KeptRows } from '../select/kept-rows.ts';
import { narrowedGroup } from '../select/narrowed-group.ts';
import { ShownGroup } from './shown-group.ts';

export class TenantGroup extends DelegatingGroup {
  readonly group: SpanGroup;
  readonly #tenants: ReadonlySet<string>;
  readonly #opened: (group: TenantGroup) => void;
  /** Undefined: not looked at yet. */
  #count: number | undefined;
  #open: SpanGroup | undefined;

  constructor(group: SpanGroup, tenants: ReadonlySet<string>, opened: (group: TenantGroup) => void) {
    super();
    this.group = group;
    this.#tenants = tenants;
    this.#opened = opened;
  }

  /** Whether it was looked at and has nothing of the tenants. */
  get isKnownEmpty(): boolean {
    return this.#count === 0;
  }

  get spanCount(): number {
    if (this.#count === undefined) void this.open;
    return this.#count!;
  }

  // Bounds are no tighter than those of all spans: nobody sees them, they say what need not be looked at.
  get minMs(): number {
    return this.group.minMs;
  }
  get maxMs(): number {
    return this.group.maxMs;
  }
  get traceBounds(): SpanGroup['traceBounds'] {
    return this.group.traceBounds;
  }

  protected get open(): SpanGroup {
    if (!this.#open) {
      this.#open = seenBy(this.group, this.#tenants);
      this.#count = this.#open.spanCount;
      this.#opened(this);
    }
    return this.#open;
  }

  /** Forgets the columns that it made. Who has one keeps that. */
  drop(): void {
    this.#open = undefined;
  }
}

function seenBy(group: SpanGroup, tenants: ReadonlySet<string>): SpanGroup {
  const own = ownResources(group, tenants);
  if (!own.includes(0)) return new ShownGroup(group);
  const rowOfSpan = own.includes(1) ? group.resourceRows() : undefined;
  const keeps = new Uint8Array(group.spanCount);
  if (rowOfSpan) for (let i = 0; i < keeps.length; i++) keeps[i] = own[rowOfSpan[i]!]!;
  return new ShownGroup(narrowedGroup(group, KeptRows.of(keeps)));
}

/** 1 for each resource that is one of the tenants'. */
function ownResources({ resources }: SpanGroup, tenants: ReadonlySet<string>): Uint8Array {
  const own = new Uint8Array(resources.count).fill(tenants.has(DEFAULT_TENANT) ? 1 : 0);
  for (const column of resources.attributes.of(TENANT_LABEL)) {
    // Of another type it is what a client sent while tenants were not told apart.
    if (column.type !== 'string') continue;
    const { indexes, strings } = column.values();
    const rows = column.rows();
    const hits = strings.map((tenant) => (tenants.has(tenant) ? 1 : 0));
    for (let i = 0; i < column.count; i++) own[rows[i]!] = hits[indexes[i]!]!;
  }
  return own;
}
