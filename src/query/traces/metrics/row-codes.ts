/**
 * A reference over a whole group as codes: a small number per row, and what each stands for. Where the column is a
 * dictionary or belongs to few resources, values are made once for each distinct one and not once for each span.
 */

import type { SpanGroup } from '../../../model/span-group.ts';
import type { Reference } from '../../lang/traceql/ast.ts';
import { KIND_LIST, STATUS_LIST } from '../column-match.ts';
import type { ReadValue, SpanCursor } from '../read-value.ts';
import { type Value, valueKey } from '../value.ts';

export interface RowCodes {
  /** Per span. */
  readonly codes: Uint32Array;
  /** Undefined: the span has no such thing. */
  readonly values: readonly (Value | undefined)[];
}

/** `read` reads the reference; rows with a 0 in `mask` may have any code. */
export function rowCodes(
  reference: Reference,
  read: ReadValue,
  group: SpanGroup,
  mask: Uint8Array | undefined,
): RowCodes {
  const fast = reference.kind === 'intrinsic' ? intrinsicCodes(reference.name, group) : undefined;
  if (fast !== undefined) return fast;
  if (reference.kind === 'attribute' && reference.scope === 'resource') return resourceCodes(read, group);
  if (reference.kind === 'attribute' && reference.scope === 'span') {
    const codes = textCodes(group, reference.name);
    if (codes !== undefined) return codes;
  }
  return readCodes(read, group, mask);
}

function intrinsicCodes(name: string, group: SpanGroup): RowCodes | undefined {
  switch (name) {
    case 'name': {
      const { indexes, strings } = group.names();
      return { codes: indexes, values: strings.map((value) => ({ type: 'string', value })) };
    }
    case 'status':
      return wordCodes('status', group.statusCodes(), STATUS_LIST);
    case 'kind':
      return wordCodes('kind', group.kinds(), KIND_LIST);
    default:
      return undefined;
  }
}

function wordCodes(
  type: 'status' | 'kind',
  codes: Int32Array,
  words: readonly string[],
): RowCodes | undefined {
  // Numbers that have no word are rare: they are read one by one.
  for (let i = 0; i < codes.length; i++) if (codes[i]! < 0 || codes[i]! >= words.length) return undefined;
  return {
    codes: new Uint32Array(codes.buffer, codes.byteOffset, codes.length),
    values: words.map((value) => ({ type, value })),
  };
}

function resourceCodes(read: ReadValue, group: SpanGroup): RowCodes {
  const codes = group.resourceRows();
  const values = new Array<Value | undefined>(group.resources.count);
  const cursor: SpanCursor = { group, row: 0, view: undefined, index: 0 };
  // A resource is read through the first span that has it.
  const isRead = new Uint8Array(values.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (isRead[code] === 1) continue;
    isRead[code] = 1;
    cursor.row = row;
    values[code] = read(cursor);
  }
  return { codes, values };
}

/** Where all values of the attribute are texts. */
function textCodes(group: SpanGroup, key: string): RowCodes | undefined {
  const columns = group.attributes.of(key);
  const [column] = columns;
  if (column === undefined) return { codes: new Uint32Array(group.spanCount), values: [undefined] };
  if (columns.length > 1 || column.type !== 'string') return undefined;
  const { indexes, strings } = column.values();
  const values = strings.map((value): Value => ({ type: 'string', value }));
  if (column.dense) return { codes: indexes, values };
  const codes = new Uint32Array(group.spanCount).fill(values.length);
  const rows = column.rows();
  // Backwards: of several values of a span the first stays.
  for (let i = rows.length - 1; i >= 0; i--) codes[rows[i]!] = indexes[i]!;
  return { codes, values: [...values, undefined] };
}

function readCodes(read: ReadValue, group: SpanGroup, mask: Uint8Array | undefined): RowCodes {
  const codes = new Uint32Array(group.spanCount);
  const values: (Value | undefined)[] = [];
  const byKey = new Map<string, number>();
  const cursor: SpanCursor = { group, row: 0, view: undefined, index: 0 };
  for (let row = 0; row < codes.length; row++) {
    if (mask !== undefined && mask[row] === 0) continue;
    cursor.row = row;
    const value = read(cursor);
    const key = valueKey(value);
    let code = byKey.get(key);
    if (code === undefined) {
      byKey.set(key, (code = values.length));
      values.push(value);
    }
    codes[row] = code;
  }
  return { codes, values };
}

/**
 * The numbers of a reference per span, NaN where it has none; undefined where they must be read one by one. Durations
 * and integers.
 */
export function rowNumbers(reference: Reference, group: SpanGroup): Float64Array | undefined {
  if (reference.kind === 'intrinsic') return reference.name === 'duration' ? group.durationsNs() : undefined;
  if (reference.scope !== 'span') return undefined;
  const columns = group.attributes.of(reference.name);
  const [column] = columns;
  if (column === undefined) return new Float64Array(group.spanCount).fill(Number.NaN);
  if (columns.length > 1 || column.type !== 'int') return undefined;
  const values = column.values();
  const out = new Float64Array(group.spanCount).fill(Number.NaN);
  const rows = column.rows();
  // Backwards: of several values of a span the first stays.
  for (let i = rows.length - 1; i >= 0; i--) out[rows[i]!] = values[i]!;
  return out;
}
