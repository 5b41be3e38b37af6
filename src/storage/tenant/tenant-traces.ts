/** Reading traces for tenants: every group that storage gives is seen as they see it. */

import type { SpanGroup } from '../../model/span-group.ts';
import type { SpanGroupCursor, TraceReader } from '../interface.ts';
import { TenantGroup } from './tenant-group.ts';

export function tenantTraceReader(traces: TraceReader, groups: TenantGroups): TraceReader {
  const shown = (cursor: SpanGroupCursor) => new TenantGroupCursor(cursor, groups);
  return {
    trace: async (id, signal) => shown(await traces.trace(id, signal)),
    select: async (query, signal) => shown(await traces.select(query, signal)),
    lookup: async () => {
      const lookup = await traces.lookup();
      return { groupsOf: (id) => lookup.groupsOf(id).map((group) => groups.of(group)) };
    },
  };
}

/**
 * Stored groups as some tenants see them, one object for each, so that what is remembered of a group holds for it. What
 * had to be made of a group's columns lives as long as a job.
 */
export class TenantGroups {
  readonly #tenants: ReadonlySet<string>;
  readonly #known = new WeakMap<SpanGroup, TenantGroup>();
  readonly #open = new Set<TenantGroup>();
  readonly #opened = (group: TenantGroup) => void this.#open.add(group);

  constructor(tenants: readonly string[]) {
    this.#tenants = new Set(tenants);
  }

  of(group: SpanGroup): TenantGroup {
    let known = this.#known.get(group);
    if (!known) this.#known.set(group, (known = new TenantGroup(group, this.#tenants, this.#opened)));
    return known;
  }

  /** The job will hardly ask for its columns again. */
  passed(group: TenantGroup): void {
    group.drop();
    this.#open.delete(group);
  }

  /** The job has ended. */
  end(): void {
    for (const group of this.#open) group.drop();
    this.#open.clear();
  }
}

class TenantGroupCursor implements SpanGroupCursor {
  readonly #cursor: SpanGroupCursor;
  readonly #groups: TenantGroups;
  #group: TenantGroup | undefined;

  constructor(cursor: SpanGroupCursor, groups: TenantGroups) {
    this.#cursor = cursor;
    this.#groups = groups;
  }

  nextBatch(): Promise<boolean> {
    return this.#cursor.nextBatch();
  }

  /** Groups that are known to have nothing of the tenants are passed over; of the others it shows when they are used. */
  next(): boolean {
    while (this.#cursor.next()) {
      this.#group = this.#groups.of(this.#cursor.group());
      if (!this.#group.isKnownEmpty) return true;
    }
    return false;
  }

  group(): SpanGroup {
    return this.#group!;
  }

  passed(group: SpanGroup): void {
    if (!(group instanceof TenantGroup)) return;
    this.#groups.passed(group);
    this.#cursor.passed(group.group);
  }

  close(): void {
    this.#cursor.close();
  }
}
