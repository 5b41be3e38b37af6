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
import { spanMasks } from './span-masks.ts';
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
    for (const [group, mask] of masks) {
      if (mask === undefined) {
        for (const key of KNOWN_TAGS.names(group, scope, () => ownerOf(group, scope).table.keys()))
          names.add(key);
      } else {
        const { table, rows } = ownerOf(group, scope);
        const wanted = rows(mask)!;
        for (const column of table.columns) {
          if (!names.has(column.key) && column.rows().some((row) => wanted[row] === 1)) names.add(column.key);
        }
      }
    }
    if (names.size > 0) out.set(scope, [...names].sort());
  }
  return out;
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
    const key = `${reference.scope}.${reference.name}`;
    for (const [group, mask] of masks) {
      const collect = (own: ValueSet) => {
        for (const scope of scopes) attributeValues(ownerOf(group, scope), mask, reference.name, own);
        if (scopes.includes('resource') && reference.name === 'service.name') {
          addMissingService(group, mask, own);
        }
      };
      addGroup(found, group, mask, key, collect);
      if (found.full) break;
    }
  }
  return found.values();
}

/** Adds what `collect` finds in the group; of a whole group it is remembered. */
function addGroup(
  found: ValueSet,
  group: SpanGroup,
  mask: Uint8Array | undefined,
  key: string,
  collect: (own: ValueSet) => void,
): void {
  if (mask !== undefined) {
    collect(found);
    return;
  }
  const values = KNOWN_TAGS.values(group, key, () => {
    const own = new ValueSet(0);
    collect(own);
    return own.values();
  });
  for (const value of values) found.add(value);
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

type Masks = ReadonlyMap<SpanGroup, Uint8Array | undefined>;

function intrinsicValues(
  groups: readonly SpanGroup[],
  masks: Masks,
  name: IntrinsicName,
  found: ValueSet,
): void {
  switch (name) {
    case 'name':
      dictionaryValues(name, masks, (g) => g.names(), undefined, found);
      return;
    case 'statusMessage':
      dictionaryValues(name, masks, (g) => g.statusMessages(), undefined, found);
      return;
    case 'eventName':
      dictionaryValues(name, masks, (g) => g.events.names(), 'event', found);
      return;
    case 'instrumentationName':
      dictionaryValues(name, masks, (g) => g.scopes.names(), 'instrumentation', found);
      return;
    case 'instrumentationVersion':
      dictionaryValues(name, masks, (g) => g.scopes.versions(), 'instrumentation', found);
      return;
    case 'status':
      wordValues(masks, (g) => g.statusCodes(), STATUS_LIST, 'status', found);
      return;
    case 'kind':
      wordValues(masks, (g) => g.kinds(), KIND_LIST, 'kind', found);
      return;
    case 'rootName':
    case 'rootServiceName':
    case 'childCount':
    case 'nestedSetLeft':
    case 'nestedSetRight':
    case 'nestedSetParent':
      traceValues(groups, masks, name, found);
      return;
    default:
    // Durations and ids are too many to list.
  }
}

function dictionaryValues(
  key: string,
  masks: Masks,
  columnOf: (group: SpanGroup) => DictionaryColumn,
  scope: TagScope | undefined,
  found: ValueSet,
): void {
  for (const [group, mask] of masks) {
    addGroup(found, group, mask, key, (own) => {
      const wanted = scope === undefined ? mask : ownerOf(group, scope).rows(mask);
      const texts = usedStrings(columnOf(group), (i) => wanted === undefined || wanted[i] === 1);
      for (const value of texts) own.add({ type: 'string', value });
    });
    if (found.full) return;
  }
}

function wordValues(
  masks: Masks,
  codesOf: (group: SpanGroup) => Int32Array,
  words: readonly string[],
  type: 'status' | 'kind',
  found: ValueSet,
): void {
  for (const [group, mask] of masks) {
    addGroup(found, group, mask, type, (own) => {
      const codes = codesOf(group);
      const used = new Uint8Array(words.length);
      for (let i = 0; i < codes.length; i++) if (mask === undefined || mask[i]) used[codes[i]!] = 1;
      for (let code = 0; code < words.length; code++) if (used[code]) own.add({ type, value: words[code]! });
    });
  }
}

function traceValues(groups: readonly SpanGroup[], masks: Masks, name: IntrinsicName, found: ValueSet): void {
  const read = compileValue({ kind: 'intrinsic', name, at: 0 });
  const cursor: SpanCursor = { group: groups[0]!, row: 0, view: undefined, index: 0 };
  for (const { segments } of findCandidates(groups, { kind: 'all', parts: [] })) {
    const view = new TraceView(segments);
    cursor.view = view;
    for (let i = 0; i < view.count && !found.full; i++) {
      const group = view.groups[i]!;
      const mask = masks.get(group);
      if (masks.has(group) && (mask === undefined || mask[view.rows[i]!] === 1)) {
        cursor.index = i;
        found.add(read(cursor));
      }
    }
  }
}
