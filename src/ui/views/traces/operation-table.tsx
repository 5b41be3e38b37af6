/** Which service and operation took the time of a trace, and which failed. */

import { useMemo } from 'preact/hooks';
import { formatCount, formatNanoseconds } from '../../format/number.ts';
import { type Column, SortedTable } from '../../parts/sorted-table.tsx';
import { Swatch } from '../../parts/swatch.tsx';
import type { SpanTree } from './span-tree.ts';
import { type OperationTime, operationTimes } from './trace-summary.ts';

export function OperationTable(props: {
  readonly tree: SpanTree;
  readonly selfNs: Float64Array;
  onChoose(row: number): void;
}) {
  const { tree, selfNs, onChoose } = props;
  const times = useMemo(() => operationTimes(tree, selfNs), [tree, selfNs]);
  const allNs = times.reduce((sum, one) => sum + one.selfNs, 0) || 1;
  const columns: readonly Column<OperationTime>[] = [
    {
      name: 'service',
      title: 'Service',
      value: ({ service }) => service,
      cell: ({ service }) => (
        <>
          <Swatch service={service} /> {service}
        </>
      ),
    },
    { name: 'name', title: 'Operation', value: ({ operation }) => operation },
    count('spans', 'Spans', ({ spanCount }) => spanCount),
    {
      ...count('errors', 'Errors', ({ errorCount }) => errorCount),
      cell: ({ errorCount }) => (
        <span class={errorCount > 0 ? 'fault' : 'faint'}>{formatCount(errorCount)}</span>
      ),
    },
    {
      name: 'self',
      title: 'Own time',
      isNumber: true,
      value: (one) => one.selfNs,
      cell: (one) => (
        <>
          {formatNanoseconds(one.selfNs)}
          <meter class="share" value={one.selfNs / allNs} aria-label="Share of all own time" />
        </>
      ),
    },
    duration('total', 'All time', ({ totalNs }) => totalNs),
    duration('average', 'Average', ({ totalNs, spanCount }) => totalNs / spanCount),
    {
      ...duration('longest', 'Longest', ({ longestNs }) => longestNs),
      cell: ({ longestNs, longest }) => (
        <button
          type="button"
          class="link"
          title="Show this span"
          onClick={() => onChoose(tree.rows.findIndex(({ span }) => span === longest))}
        >
          {formatNanoseconds(longestNs)}
        </button>
      ),
    },
  ];
  return (
    <SortedTable
      rows={times}
      columns={columns}
      label="Services and operations"
      param="sort"
      initial="-self"
      keyOf={({ service, operation }) => `${service}\0${operation}`}
    />
  );
}

function count(name: string, title: string, value: (row: OperationTime) => number): Column<OperationTime> {
  return { name, title, isNumber: true, value, cell: (row) => formatCount(value(row)) };
}

function duration(name: string, title: string, value: (row: OperationTime) => number): Column<OperationTime> {
  return { name, title, isNumber: true, value, cell: (row) => formatNanoseconds(value(row)) };
}
