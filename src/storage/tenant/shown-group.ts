/**
 * A group with its attributes as tenants see them: without the one that tells whose a resource is, and a client's own of
 * that name has its name back. They stand by name: in a group their order follows from all of its spans, of whichever
 * tenant.
 */

import { compareText } from '../../model/labels.ts';
import type {
  AttributeColumn,
  AttributeTable,
  EventTable,
  LinkTable,
  ResourceTable,
  ScopeTable,
  SpanGroup,
} from '../../model/span-group.ts';
import { TENANT_LABEL } from '../../model/tenant.ts';
import { attributeTable, once } from '../chunkenc/span-columns.ts';
import { DelegatingGroup } from '../select/delegating-group.ts';
import { shownName, storedName } from './tenant-view.ts';

export class ShownGroup extends DelegatingGroup {
  readonly spanCount: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly traceBounds: SpanGroup['traceBounds'];
  protected readonly open: SpanGroup;
  readonly #attributes: AttributeTable;
  readonly #resources: ResourceTable;
  readonly #scopes: ScopeTable;
  readonly #events: EventTable;
  readonly #links: LinkTable;

  constructor(group: SpanGroup) {
    super();
    this.open = group;
    this.spanCount = group.spanCount;
    this.minMs = group.minMs;
    this.maxMs = group.maxMs;
    this.traceBounds = group.traceBounds;
    this.#attributes = new ShownAttributes(group.attributes);
    this.#resources = shownResources(group.resources);
    this.#scopes = shownScopes(group.scopes);
    this.#events = shownEvents(group.events);
    this.#links = shownLinks(group.links);
  }

  override get attributes(): AttributeTable {
    return this.#attributes;
  }
  override get resources(): ResourceTable {
    return this.#resources;
  }
  override get scopes(): ScopeTable {
    return this.#scopes;
  }
  override get events(): EventTable {
    return this.#events;
  }
  override get links(): LinkTable {
    return this.#links;
  }
}

function shownResources(table: ResourceTable): ResourceTable {
  return {
    get count() {
      return table.count;
    },
    attributes: new ShownResourceAttributes(table.attributes),
    droppedAttributes: () => table.droppedAttributes(),
  };
}

function shownScopes(table: ScopeTable): ScopeTable {
  return {
    get count() {
      return table.count;
    },
    names: () => table.names(),
    versions: () => table.versions(),
    attributes: new ShownAttributes(table.attributes),
    droppedAttributes: () => table.droppedAttributes(),
  };
}

function shownEvents(table: EventTable): EventTable {
  return {
    get count() {
      return table.count;
    },
    spanRows: () => table.spanRows(),
    sinceStartNs: () => table.sinceStartNs(),
    names: () => table.names(),
    attributes: new ShownAttributes(table.attributes),
    droppedAttributes: () => table.droppedAttributes(),
    exactTimes: () => table.exactTimes(),
  };
}

function shownLinks(table: LinkTable): LinkTable {
  return {
    get count() {
      return table.count;
    },
    spanRows: () => table.spanRows(),
    traceIds: () => table.traceIds(),
    spanIds: () => table.spanIds(),
    traceStates: () => table.traceStates(),
    flags: () => table.flags(),
    attributes: new ShownAttributes(table.attributes),
    droppedAttributes: () => table.droppedAttributes(),
  };
}

/** Attributes by name, and of a name by type. */
class ShownAttributes implements AttributeTable {
  protected readonly table: AttributeTable;
  readonly #sorted: () => AttributeTable;

  constructor(table: AttributeTable) {
    this.table = table;
    this.#sorted = once(() => attributeTable([...this.shown()].sort(inOrder)));
  }

  protected shown(): readonly AttributeColumn[] {
    return this.table.columns;
  }

  get columns(): readonly AttributeColumn[] {
    return this.#sorted().columns;
  }

  keys(): readonly string[] {
    return this.#sorted().keys();
  }

  of(key: string): readonly AttributeColumn[] {
    return [...this.table.of(key)].sort(inOrder);
  }
}

function inOrder(a: AttributeColumn, b: AttributeColumn): number {
  return compareText(a.key, b.key) || compareText(a.type, b.type);
}

/** Those of resources, under the names that clients gave them. */
class ShownResourceAttributes extends ShownAttributes {
  protected override shown(): readonly AttributeColumn[] {
    const others = this.table.keys().filter((key) => key !== TENANT_LABEL);
    return others.flatMap((key) => this.of(shownName(key)));
  }

  override of(key: string): readonly AttributeColumn[] {
    const stored = storedName(key);
    const columns = super.of(stored);
    return stored === key ? columns : columns.map((column) => renamed(column, key));
  }
}

function renamed(column: AttributeColumn, key: string): AttributeColumn {
  const { type, count, dense } = column;
  const values = () => column.values();
  const exact = column.type === 'int' ? { exact: () => column.exact() } : {};
  // What goes with the type is the column's own.
  return { key, type, count, dense, rows: () => column.rows(), values, ...exact } as AttributeColumn;
}
