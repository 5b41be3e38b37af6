/**
 * Metrics whose spans are chosen by one filter that groups decide alone: group by group, column by column. What a span
 * is grouped by is a code (`row-codes.ts`), so that values and labels are made once per group of spans for each that
 * occurs, and a span costs some array look-ups.
 */

import type { SpanGroup } from '../../../model/span-group.ts';
import type { TraceReader } from '../../../storage/interface.ts';
import type { FieldExpression, Pipeline, Reference } from '../../lang/traceql/ast.ts';
import { Filter } from '../filter.ts';
import { selectFor } from '../known-trace.ts';
import { eachGroup } from '../read-groups.ts';
import type { ReadValue, SpanCursor } from '../read-value.ts';
import type { Value } from '../value.ts';
import { type RowCodes, rowCodes, rowNumbers } from './row-codes.ts';
import { gridRange, offsetOf, stepOf } from './select-spans.ts';
import type { Grid } from './series.ts';

/** Combinations of values up to which a table is made for a group of spans. */
const TABLE_MAX = 1 << 16;

/** What the columns are folded into. `S` is one series, or what becomes several. */
export interface Folding<S extends object> {
  readonly by: readonly { readonly reference: Reference; readonly read: ReadValue }[];
  /** Undefined where spans are counted. */
  readonly measured: Reference | undefined;
  /** One span's value where its column cannot be read at once; undefined: it has none. */
  readonly numberOf: (cursor: SpanCursor) => number | undefined;
  readonly seriesOf: (values: readonly (Value | undefined)[]) => S;
  readonly fold: (series: S, step: number, value: number, cursor: SpanCursor) => void;
}

export async function foldGroups<S extends object>(
  reader: TraceReader,
  { pipeline, filter }: { readonly pipeline: Pipeline; readonly filter: FieldExpression },
  grid: Grid,
  folding: Folding<S>,
  signal: AbortSignal,
): Promise<void> {
  const compiled = new Filter(filter);
  const range = gridRange(grid, 0);
  await eachGroup(await selectFor(reader, pipeline, range, signal), signal, (group) => {
    // A trace's groups are found by its id, whatever the time.
    if (group.maxMs < range.minMs || group.minMs > range.maxMs) return;
    foldGroup(group, compiled.bound(group), grid, folding);
    compiled.forget(group);
  });
}

function foldGroup<S extends object>(
  group: SpanGroup,
  mask: Uint8Array | undefined,
  grid: Grid,
  folding: Folding<S>,
): void {
  // Fast path: nothing in this group, of which no other column need be read.
  if (mask !== undefined && !mask.includes(1)) return;
  const cursor: SpanCursor = { group, row: 0, view: undefined, index: 0 };
  const seriesAt = seriesByRow(group, mask, folding);
  const numbers = folding.measured === undefined ? undefined : rowNumbers(folding.measured, group);
  const starts = group.startsNs();
  const offset = offsetOf(group.baseMs, grid);
  for (let row = 0; row < starts.length; row++) {
    if (mask !== undefined && mask[row] === 0) continue;
    const step = stepOf(offset + starts[row]!, grid);
    if (step < 0) continue;
    cursor.row = row;
    let value = 1;
    if (numbers !== undefined) {
      value = numbers[row]!;
      if (Number.isNaN(value)) continue;
    } else if (folding.measured !== undefined) {
      const number = folding.numberOf(cursor);
      if (number === undefined) continue;
      value = number;
    }
    folding.fold(seriesAt(row), step, value, cursor);
  }
}

/** The series of each row, made when the first span of it comes. */
function seriesByRow<S extends object>(
  group: SpanGroup,
  mask: Uint8Array | undefined,
  { by, seriesOf }: Folding<S>,
): (row: number) => S {
  const parts = by.map(({ reference, read }) => rowCodes(reference, read, group, mask));
  if (parts.length === 0) {
    let only: S | undefined;
    return () => (only ??= seriesOf([]));
  }
  const { codes, sizes } = combined(parts);
  const size = sizes.reduce((a, b) => a * b, 1);
  const make = (code: number) => seriesOf(valuesOf(parts, sizes, code));
  if (size <= TABLE_MAX) {
    const table = new Array<S | undefined>(size).fill(undefined);
    return (row) => (table[codes[row]!] ??= make(codes[row]!));
  }
  const table = new Map<number, S>();
  return (row) => {
    let series = table.get(codes[row]!);
    if (series === undefined) table.set(codes[row]!, (series = make(codes[row]!)));
    return series;
  };
}

/** One code for all parts: that of the first counts most. */
function combined(parts: readonly RowCodes[]): {
  codes: Uint32Array | Float64Array;
  sizes: readonly number[];
} {
  const sizes = parts.map((part) => Math.max(1, part.values.length));
  if (parts.length === 1) return { codes: parts[0]!.codes, sizes };
  const codes = Float64Array.from(parts[0]!.codes);
  for (let p = 1; p < parts.length; p++) {
    const more = parts[p]!.codes;
    for (let i = 0; i < codes.length; i++) codes[i] = codes[i]! * sizes[p]! + more[i]!;
  }
  return { codes, sizes };
}

function valuesOf(parts: readonly RowCodes[], sizes: readonly number[], code: number): (Value | undefined)[] {
  const values = new Array<Value | undefined>(parts.length);
  let rest = code;
  for (let p = parts.length - 1; p >= 0; p--) {
    values[p] = parts[p]!.values[rest % sizes[p]!];
    rest = Math.floor(rest / sizes[p]!);
  }
  return values;
}
