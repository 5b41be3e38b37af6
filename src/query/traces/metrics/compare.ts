/**
 * `compare({selection}, n)`: how a selection differs from the rest. For every attribute, the spans that have it are
 * counted by value, apart for the selection and for the baseline. The n most frequent values of each are shown, and
 * a total for each attribute.
 */

import type { AttributeTable, SpanGroup } from '../../../model/span-group.ts';
import type { TraceReader } from '../../../storage/interface.ts';
import type { Attribute, Compare, Intrinsic, IntrinsicName } from '../../lang/traceql/ast.ts';
import { printReference } from '../../lang/traceql/printer.ts';
import { compileValue, isTrue, readAttribute, type SpanCursor } from '../read-value.ts';
import { type Value, valueKey } from '../value.ts';
import { visitSpans } from './select-spans.ts';
import type { Grid, Series } from './series.ts';

const INTRINSICS: readonly IntrinsicName[] = [
  'name',
  'kind',
  'status',
  'statusMessage',
  'rootName',
  'rootServiceName',
  'childCount',
  'instrumentationName',
  'instrumentationVersion',
];

/** Always there, perhaps empty. */
const SERVICE: Attribute = { kind: 'attribute', scope: 'resource', name: 'service.name', at: 0 };
const SERVICE_LABEL = printReference(SERVICE);

const NIL: Value = { type: 'string', value: 'nil' };

interface ValueCounts {
  readonly value: Value;
  readonly counts: Float64Array;
  total: number;
}

type Side = 'baseline' | 'selection';
/** Attribute → value → counts per step. */
type Counts = Map<string, Map<string, ValueCounts>>;

export async function compare(
  reader: TraceReader,
  node: Compare,
  grid: Grid,
  signal: AbortSignal,
): Promise<Series[]> {
  const selects = compileValue(node.selection);
  const service = compileValue(SERVICE);
  const bounded = node.startNs !== 0n || node.endNs !== 0n;
  const intrinsics = INTRINSICS.map((name) => {
    const reference: Intrinsic = { kind: 'intrinsic', name, at: 0 };
    return { label: printReference(reference), read: compileValue(reference) };
  });
  const sides: Record<Side, Counts> = { baseline: new Map(), selection: new Map() };
  await visitSpans(reader, node.pipeline, grid, signal, (cursor, step) => {
    const selected = isTrue(selects(cursor)) && (!bounded || startsWithin(cursor, node));
    const counts = sides[selected ? 'selection' : 'baseline'];
    const add = (label: string, value: Value | undefined) => {
      if (value !== undefined) count(counts, label, value, step, grid.count);
    };
    for (const { label, read } of intrinsics) add(label, read(cursor));
    add(SERVICE_LABEL, service(cursor));
    for (const { scope, table, row } of ownersOf(cursor.group, cursor.row)) {
      for (const key of table.keys()) {
        const label = printReference({ kind: 'attribute', scope, name: key, at: 0 });
        if (label !== SERVICE_LABEL) add(label, readAttribute(table, key, row));
      }
    }
  });
  return (['baseline', 'selection'] as const).flatMap((side) => seriesOf(side, sides[side], node.topN, grid));
}

function startsWithin({ group, row }: SpanCursor, node: Compare): boolean {
  const startNs = BigInt(group.baseMs) * 1_000_000n + BigInt(Math.round(group.startsNs()[row]!));
  return startNs > node.startNs && startNs <= node.endNs;
}

interface Owner {
  readonly scope: 'span' | 'resource' | 'instrumentation';
  readonly table: AttributeTable;
  readonly row: number;
}

function ownersOf(group: SpanGroup, row: number): Owner[] {
  return [
    { scope: 'span', table: group.attributes, row },
    { scope: 'resource', table: group.resources.attributes, row: group.resourceRows()[row]! },
    { scope: 'instrumentation', table: group.scopes.attributes, row: group.scopeRows()[row]! },
  ];
}

function count(counts: Counts, label: string, value: Value, step: number, steps: number): void {
  const one = value.type === 'many' || value.type === 'opaque' ? NIL : value;
  let values = counts.get(label);
  if (values === undefined) counts.set(label, (values = new Map()));
  const key = valueKey(one);
  let entry = values.get(key);
  if (entry === undefined)
    values.set(key, (entry = { value: one, counts: new Float64Array(steps), total: 0 }));
  entry.counts[step]!++;
  entry.total++;
}

function seriesOf(side: Side, counts: Counts, topN: number, grid: Grid): Series[] {
  const out: Series[] = [];
  const series = (type: string, label: string, value: Value, values: Float64Array): Series => ({
    name: undefined,
    labels: [
      ['__meta_type', { type: 'string', value: type }],
      [label, value],
    ],
    values,
    present: new Uint8Array(grid.count).fill(1),
    exemplars: [],
  });
  for (const [label, values] of counts) {
    const all = [...values.values()].sort((a, b) => b.total - a.total);
    for (const { value, counts: perStep } of all.slice(0, topN))
      out.push(series(side, label, value, perStep));
    const totals = new Float64Array(grid.count);
    for (const { counts: perStep } of all)
      for (let i = 0; i < totals.length; i++) totals[i] = totals[i]! + perStep[i]!;
    out.push(series(`${side}_total`, label, NIL, totals));
  }
  return out;
}
