/**
 * What there is to ask for: names of attributes per scope, and the values of one attribute or intrinsic, over all
 * spans or over those that satisfy a filter.
 */

import {
  type AttributeTable,
  type DictionaryColumn,
  occurrenceOf,
  type SpanGroup,
} from '../../model/span-group.ts';
import type { FieldExpression, IntrinsicName, Reference } from '../lang/traceql/ast.ts';
import { findCandidates } from './candidates.ts';
import { KIND_LIST, STATUS_LIST } from './column-match.ts';
import { KNOWN_TAGS } from './known-tags.ts';
import { compileValue, type SpanCursor } from './read-value.ts';
import { NO_SPANS, type SpanMasks, spanMasks } from './span-masks.ts';
import { TraceView } from './trace-view.ts';
import { complexValue, intValue, literalValue, type Value, valueKey } from './value.ts';

export const TAG_SCOPES = ['span', 'resource', 'event', 'link', 'instrumentation'] as const;
export type TagScope = (typeof TAG_SCOPES)[number];

/** Intrinsics as tag lists name them. */
export const INTRINSIC_TAGS: readonly string[] = [
  'duration',
  'event:name',
  'event:timeSinceStart',
  'instrumentation:name',
  'instrumentation:version',
  'kind',
  'link:spanID',
  'link:traceID',
  'name',
  'rootName',
  'rootServiceName',
  'span:duration',
  'span:id',
  'span:kind',
  'span:name',
  'span:parentID',
  'span:status',
  'span:statusMessage',
  'status',
  'statusMessage',
  'trace:duration',
  'trace:id',
  'trace:rootName',
  'trace:rootService',
  'traceDuration',
];

interface Owner {
  readonly table: AttributeTable;
  readonly count: number;
  /** Which of the owner's rows belong to the masked spans; undefined: all. */
  rows(mask: Uint8Array | undefined): Uint8Array | undefined;
}

function ownerOf(group: SpanGroup, scope: TagScope): Owner {
  switch (scope) {
    case 'span':
      return { table: group.attributes, count: group.spanCount, rows: (mask) => mask };
    case 'resource':
      return pointedAt(group.resources.attributes, group.resources.count, () => group.resourceRows());
    case 'instrumentation':
      return pointedAt(group.scopes.attributes, group.scopes.count, () => group.scopeRows());
    case 'event':
      return owned(group.events.attributes, group.events.count, () => group.events.spanRows());
    default:
      return owned(group.links.attributes, group.links.count, () => group.links.spanRows());
  }
}

/** A table that spans point into. */
function pointedAt(table: AttributeTable, count: number, rowOfSpan: () => Uint32Array): Owner {
  return {
    table,
    count,
    rows(mask) {
      if (mask === undefined) return undefined;
      const out = new Uint8Array(count);
      const rows = rowOfSpan();
      for (let i = 0; i < mask.length; i++) if (mask[i]) out[rows[i]!] = 1;
      return out;
    },
  };
}

/** A table whose rows belong to spans. */
function owned(table: AttributeTable, count: number, spanOfRow: () => Uint32Array): Owner {
  return { table, count, rows: (mask) => mask && Uint8Array.from(spanOfRow(), (span) => mask[span]!) };
}

/** Names of attributes per scope, sorted; scopes without any are left out. */
export function tagNames(
  groups: readonly SpanGroup[],
  scopes: readonly TagScope[],
  filter: FieldExpression | undefined,
): Map<TagScope, string[]> {
  const masks = spanMasks(groups, filter);
  const out = new Map<TagScope, string[]>();
  for (const scope of scopes) {
    const names = new Set<string>();
    for (const group of groups) {
      const all = KNOWN_TAGS.names(group, scope, () => ownerOf(group, scope).table.keys());
      // Fast path: nothing new in this group, whichever of its spans are meant.
      if (all.every((name) => names.has(name))) continue;
      const mask = masks.of(group);
      if (mask === undefined) for (const name of all) names.add(name);
      else if (mask !== NO_SPANS) addNames(ownerOf(group, scope), mask, names);
    }
    if (names.size > 0) out.set(scope, [...names].sort());
  }
  return out;
}

function addNames({ table, rows }: Owner, mask: Uint8Array, names: Set<string>): void {
  const wanted = rows(mask)!;
  for (const column of table.columns) {
    if (!names.has(column.key) && column.rows().some((row) => wanted[row] === 1)) names.add(column.key);
  }
}

/** Distinct values in the order in which they were met, up to a limit. */
class ValueSet {
  readonly #values = new Map<string, Value>();
  readonly #limit: number;

  /** No limit where it is 0. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get full(): boolean {
    return this.#limit > 0 && this.#values.size >= this.#limit;
  }

  has(value: Value): boolean {
    return this.#values.has(valueKey(value));
  }

  add(value: Value | undefined): void {
    if (value === undefined || value.type === 'opaque' || this.full) return;
    if (value.type === 'many') for (const one of value.values) this.add(one);
    else this.#values.set(valueKey(value), value);
  }

  values(): Value[] {
    return [...this.#values.values()];
  }
}

/** The value that the filter demands of the very tag that is asked for: then it is the only one. */
export function pinnedValue(filter: FieldExpression | undefined, reference: Reference): Value | undefined {
  if (filter?.kind !== 'binary') return undefined;
  const { op, left, right } = filter;
  if (op === '&&') return pinnedValue(left, reference) ?? pinnedValue(right, reference);
  if (op !== '=' || right.kind !== 'literal' || !sameReference(left, reference)) return undefined;
  return literalValue(right);
}

function sameReference(a: FieldExpression, b: Reference): boolean {
  if (a.kind === 'attribute' && b.kind === 'attribute') return a.scope === b.scope && a.name === b.name;
  return a.kind === 'intrinsic' && b.kind === 'intrinsic' && a.name === b.name;
}

/** The values of `reference` on the spans that satisfy the filter. Unscoped names are looked up in three scopes. */
export function tagValues(
  groups: readonly SpanGroup[],
  reference: Reference,
  filter: FieldExpression | undefined,
  limit: number,
): Value[] {
  const found = new ValueSet(limit);
  const masks = spanMasks(groups, filter);
  if (reference.kind === 'intrinsic') intrinsicValues(groups, masks, reference.name, found);
  else {
    const scopes: readonly TagScope[] =
      reference.scope === 'none' ? ['span', 'resource', 'instrumentation'] : [reference.scope as TagScope];
    const collect: Collect = (group, mask, own) => {
      for (const scope of scopes) attributeValues(ownerOf(group, scope), mask, reference.name, own);
      if (scopes.includes('resource') && reference.name === 'service.name')
        addMissingService(group, mask, own);
    };
    collectFrom(groups, masks, `${reference.scope}.${reference.name}`, collect, found);
  }
  return found.values();
}

type Collect = (group: SpanGroup, mask: Uint8Array | undefined, own: ValueSet) => void;

/** Adds what `collect` finds in the groups. What it finds in a whole group is remembered under the key. */
function collectFrom(
  groups: readonly SpanGroup[],
  masks: SpanMasks,
  key: string,
  collect: Collect,
  found: ValueSet,
): void {
  for (const group of groups) {
    if (found.full) return;
    const values = KNOWN_TAGS.values(group, key, () => {
      const own = new ValueSet(0);
      collect(group, undefined, own);
      return own.values();
    });
    // Fast path: nothing new in this group, whichever of its spans are meant.
    if (values.every((value) => found.has(value))) continue;
    const mask = masks.of(group);
    if (mask === undefined) for (const value of values) found.add(value);
    else if (mask !== NO_SPANS) collect(group, mask, found);
  }
}

function attributeValues(owner: Owner, mask: Uint8Array | undefined, key: string, found: ValueSet): void {
  const wanted = owner.rows(mask);
  for (const column of owner.table.of(key)) {
    const rows = wanted && column.rows();
    const keep = (i: number) => rows === undefined || wanted![rows[i]!] === 1;
    switch (column.type) {
      case 'string':
        for (const text of usedStrings(column.values(), keep)) found.add({ type: 'string', value: text });
        break;
      case 'complex': {
        const { indexes, messages } = column.values();
        const used = new Uint8Array(messages.length);
        for (let i = 0; i < indexes.length; i++) if (keep(i)) used[indexes[i]!] = 1;
        for (let m = 0; m < messages.length; m++) if (used[m]) found.add(complexValue(messages[m]!));
        break;
      }
      case 'bool': {
        const values = column.values();
        for (let i = 0; i < values.length; i++)
          if (keep(i)) found.add({ type: 'bool', value: values[i] === 1 });
        break;
      }
      case 'int': {
        const exact = column.exact();
        const values = column.values();
        for (let i = 0; i < values.length; i++) if (keep(i)) found.add(intValue(values[i]!, exact?.[i]));
        break;
      }
      default: {
        const values = column.values();
        for (let i = 0; i < values.length; i++) if (keep(i)) found.add({ type: 'float', value: values[i]! });
      }
    }
    if (found.full) return;
  }
}

function usedStrings({ indexes, strings }: DictionaryColumn, keep: (i: number) => boolean): string[] {
  const used = new Uint8Array(strings.length);
  for (let i = 0; i < indexes.length; i++) if (used[indexes[i]!] === 0 && keep(i)) used[indexes[i]!] = 1;
  return strings.filter((_, i) => used[i] === 1);
}

/** A resource without `service.name` has an empty one. */
function addMissingService(group: SpanGroup, mask: Uint8Array | undefined, found: ValueSet): void {
  const { resources } = group;
  const rows = ownerOf(group, 'resource').rows(mask);
  const columns = resources.attributes.of('service.name');
  for (let row = 0; row < resources.count; row++) {
    if (rows !== undefined && rows[row] === 0) continue;
    if (columns.every((column) => occurrenceOf(column, row) < 0)) {
      found.add({ type: 'string', value: '' });
      return;
    }
  }
}

function intrinsicValues(
  groups: readonly SpanGroup[],
  masks: SpanMasks,
  name: IntrinsicName,
  found: ValueSet,
): void {
  const collect = intrinsicCollector(name);
  if (collect !== undefined) collectFrom(groups, masks, name, collect, found);
  else if (TRACE_TEXTS.has(name)) traceValues(groups, masks, name, found);
}

/** Listed trace by trace. Durations and ids are too many to list. */
const TRACE_TEXTS: ReadonlySet<IntrinsicName> = new Set([
  'rootName',
  'rootServiceName',
  'childCount',
  'nestedSetLeft',
  'nestedSetRight',
  'nestedSetParent',
]);

function intrinsicCollector(name: IntrinsicName): Collect | undefined {
  switch (name) {
    case 'name':
      return texts((g) => g.names(), undefined);
    case 'statusMessage':
      return texts((g) => g.statusMessages(), undefined);
    case 'eventName':
      return texts((g) => g.events.names(), 'event');
    case 'instrumentationName':
      return texts((g) => g.scopes.names(), 'instrumentation');
    case 'instrumentationVersion':
      return texts((g) => g.scopes.versions(), 'instrumentation');
    case 'status':
      return words((g) => g.statusCodes(), STATUS_LIST, 'status');
    case 'kind':
      return words((g) => g.kinds(), KIND_LIST, 'kind');
    default:
      return undefined;
  }
}

function texts(columnOf: (group: SpanGroup) => DictionaryColumn, scope: TagScope | undefined): Collect {
  return (group, mask, own) => {
    const wanted = scope === undefined ? mask : ownerOf(group, scope).rows(mask);
    const used = usedStrings(columnOf(group), (i) => wanted === undefined || wanted[i] === 1);
    for (const value of used) own.add({ type: 'string', value });
  };
}

function words(
  codesOf: (group: SpanGroup) => Int32Array,
  list: readonly string[],
  type: 'status' | 'kind',
): Collect {
  return (group, mask, own) => {
    const codes = codesOf(group);
    const used = new Uint8Array(list.length);
    for (let i = 0; i < codes.length; i++) if (mask === undefined || mask[i]) used[codes[i]!] = 1;
    for (let code = 0; code < list.length; code++) if (used[code]) own.add({ type, value: list[code]! });
  };
}

function traceValues(
  groups: readonly SpanGroup[],
  masks: SpanMasks,
  name: IntrinsicName,
  found: ValueSet,
): void {
  const read = compileValue({ kind: 'intrinsic', name, at: 0 });
  const cursor: SpanCursor = { group: groups[0]!, row: 0, view: undefined, index: 0 };
  for (const { segments } of findCandidates(groups, { kind: 'all', parts: [] })) {
    const view = new TraceView(segments);
    cursor.view = view;
    for (let i = 0; i < view.count && !found.full; i++) {
      const mask = masks.of(view.groups[i]!);
      if (mask === undefined || mask[view.rows[i]!] === 1) {
        cursor.index = i;
        found.add(read(cursor));
      }
    }
  }
}
