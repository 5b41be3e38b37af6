/**
 * Which spans of a group have a tag: among their attributes, those of their scope, their resource, their events and
 * links, and what answers show as tags though OTLP has it as a field. Values of every type are compared as texts. Only
 * columns of the tag's key are read, and of a dictionary each text once.
 *
 * Some keys are Jaeger's words for fields and mean nothing else: `error`, `span.kind`, `span.status`, `scope.name`,
 * `scope.version`; below `resource.` are attributes of the resource alone.
 */

import { decodeAnyValue } from '../../model/attributes.ts';
import { SPAN_KIND_WORDS } from '../../model/span.ts';
import type { AttributeColumn, AttributeTable, DictionaryColumn, SpanGroup } from '../../model/span-group.ts';
import { parseBoolParameter } from '../params.ts';
import { valueText } from './tag-values.ts';

const RESOURCE_PREFIX = 'resource.';

/** A byte per span: 1 where it has the tag. */
export function matchTag(group: SpanGroup, key: string, value: string): Uint8Array {
  const mask = new Uint8Array(group.spanCount);
  if (Object.hasOwn(FIELD_TAGS, key)) {
    FIELD_TAGS[key]!(group, value, mask);
  } else if (key.startsWith(RESOURCE_PREFIX)) {
    markResources(group, key.slice(RESOURCE_PREFIX.length), value, mask);
  } else {
    markAttribute(group.attributes, key, value, mask);
    const scopes = new Uint8Array(group.scopes.count);
    markAttribute(group.scopes.attributes, key, value, scopes);
    markThrough(scopes, mask, () => group.scopeRows());
    markResources(group, key, value, mask);
    markEvents(group, key, value, mask);
    const links = new Uint8Array(group.links.count);
    markAttribute(group.links.attributes, key, value, links);
    markOwners(links, mask, () => group.links.spanRows());
    if (Object.hasOwn(DERIVED_TAGS, key)) DERIVED_TAGS[key]!(group, value, mask);
  }
  return mask;
}

function markResources(group: SpanGroup, key: string, value: string, mask: Uint8Array): void {
  const hits = new Uint8Array(group.resources.count);
  markAttribute(group.resources.attributes, key, value, hits);
  markThrough(hits, mask, () => group.resourceRows());
}

function markEvents({ events }: SpanGroup, key: string, value: string, mask: Uint8Array): void {
  if (events.count === 0) return;
  const hits = new Uint8Array(events.count);
  if (key === 'event' && value !== '') {
    markText(events.names(), value, hits);
    // An attribute of that key stands in the place of the name.
    for (const column of events.attributes.of(key)) for (const row of column.rows()) hits[row] = 0;
  }
  markAttribute(events.attributes, key, value, hits);
  markOwners(hits, mask, () => events.spanRows());
}

type MarkField = (group: SpanGroup, value: string, mask: Uint8Array) => void;

const STATUS_OK = 1;
const STATUS_ERROR = 2;

function codeOf(word: string): number | undefined {
  return word === 'OK' ? STATUS_OK : word === 'ERROR' ? STATUS_ERROR : undefined;
}

const FIELD_TAGS: Readonly<Record<string, MarkField>> = {
  error: (group, value, mask) => {
    const wanted = parseBoolParameter(value);
    if (wanted === undefined) return;
    const codes = group.statusCodes();
    for (let row = 0; row < mask.length; row++) if ((codes[row] === STATUS_ERROR) === wanted) mask[row] = 1;
    // Spans of Jaeger's and OpenTracing's libraries may have it as an attribute.
    if (wanted) markAttribute(group.attributes, 'error', 'true', mask);
  },
  'span.status': (group, value, mask) => {
    markEqual(group.statusCodes(), codeOf(value.toUpperCase()) ?? 0, mask);
  },
  'span.kind': (group, value, mask) => {
    const kind = (SPAN_KIND_WORDS as readonly string[]).indexOf(value.toLowerCase());
    markEqual(group.kinds(), Math.max(0, kind), mask);
  },
  'scope.name': (group, value, mask) => markScope(group, value, mask, () => group.scopes.names()),
  'scope.version': (group, value, mask) => markScope(group, value, mask, () => group.scopes.versions()),
};

/** Other tags that `trace-json.ts` makes of a span's fields. One that would be empty is not there. */
const DERIVED_TAGS: Readonly<Record<string, MarkField>> = {
  'otel.status_code': (group, value, mask) => {
    const code = codeOf(value);
    if (code !== undefined) markEqual(group.statusCodes(), code, mask);
  },
  'otel.status_description': (group, value, mask) => {
    if (value !== '') markText(group.statusMessages(), value, mask);
  },
  'w3c.tracestate': (group, value, mask) => {
    if (value !== '') markText(group.traceStates(), value, mask);
  },
  'otel.scope.name': (group, value, mask) => {
    if (value !== '') markScope(group, value, mask, () => group.scopes.names());
  },
  'otel.scope.version': (group, value, mask) => {
    if (value !== '') markScope(group, value, mask, () => group.scopes.versions());
  },
};

function markScope(group: SpanGroup, value: string, mask: Uint8Array, column: () => DictionaryColumn): void {
  const hits = new Uint8Array(group.scopes.count);
  markText(column(), value, hits);
  markThrough(hits, mask, () => group.scopeRows());
}

function markEqual(codes: Int32Array, wanted: number, mask: Uint8Array): void {
  for (let row = 0; row < codes.length; row++) if (codes[row] === wanted) mask[row] = 1;
}

function markText({ indexes, strings }: DictionaryColumn, value: string, mask: Uint8Array): void {
  const wanted = strings.indexOf(value);
  if (wanted < 0) return;
  for (let row = 0; row < indexes.length; row++) if (indexes[row] === wanted) mask[row] = 1;
}

/** Lifts hits of a table beside the spans to the spans that refer to them. */
function markThrough(hits: Uint8Array, mask: Uint8Array, rows: () => Uint32Array): void {
  if (!hits.includes(1)) return;
  const ownerRows = rows();
  for (let row = 0; row < mask.length; row++) if (hits[ownerRows[row]!] === 1) mask[row] = 1;
}

/** The same for a table of which each row belongs to one span. */
function markOwners(hits: Uint8Array, mask: Uint8Array, spanRows: () => Uint32Array): void {
  if (!hits.includes(1)) return;
  const owners = spanRows();
  for (let i = 0; i < hits.length; i++) if (hits[i] === 1) mask[owners[i]!] = 1;
}

function markAttribute(table: AttributeTable, key: string, value: string, mask: Uint8Array): void {
  for (const column of table.of(key)) {
    const hit = occurrenceTest(column, value);
    if (hit === undefined) continue;
    const rows = column.rows();
    for (let i = 0; i < column.count; i++) if (hit(i)) mask[rows[i]!] = 1;
  }
}

/** Whether occurrence i has the value; undefined where none can. */
function occurrenceTest(column: AttributeColumn, value: string): ((i: number) => boolean) | undefined {
  switch (column.type) {
    case 'string': {
      const { indexes, strings } = column.values();
      const wanted = strings.indexOf(value);
      return wanted < 0 ? undefined : (i) => indexes[i] === wanted;
    }
    case 'bool': {
      if (value !== 'true' && value !== 'false') return undefined;
      const wanted = value === 'true' ? 1 : 0;
      const values = column.values();
      return (i) => values[i] === wanted;
    }
    case 'int': {
      if (!/^(0|-?[1-9]\d{0,18})$/.test(value)) return undefined;
      const exact = column.exact();
      if (exact !== undefined) {
        const wanted = BigInt(value);
        return (i) => exact[i] === wanted;
      }
      const wanted = Number(value);
      const values = column.values();
      return Number.isSafeInteger(wanted) ? (i) => values[i] === wanted : undefined;
    }
    case 'double': {
      const values = column.values();
      // `2` and `2.0` are the same number; what is no number may still be the text of one (NaN).
      const wanted = value.trim() === '' ? Number.NaN : Number(value);
      return (i) =>
        values[i] === wanted ||
        (!Number.isFinite(values[i]!) && valueText({ type: 'double', value: values[i]! }) === value);
    }
    default: {
      const { indexes, messages } = column.values();
      const hits = messages.map((message) => valueText(decodeAnyValue(message)) === value);
      return hits.includes(true) ? (i) => hits[indexes[i]!]! : undefined;
    }
  }
}
