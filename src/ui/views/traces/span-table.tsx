/** A trace's spans as a table that every column sorts. */

import { formatNanoseconds } from '../../format/number.ts';
import { type Column, SortedTable } from '../../parts/sorted-table.tsx';
import { Swatch } from '../../parts/swatch.tsx';
import type { SpanTree, TreeSpan } from './span-tree.ts';

export function SpanTable(props: {
  readonly tree: SpanTree;
  readonly selfNs: Float64Array;
  readonly chosen: number | undefined;
  onChoose(row: number): void;
}) {
  const { tree, selfNs, chosen, onChoose } = props;
  const columns: readonly Column<TreeSpan>[] = [
    {
      name: 'service',
      title: 'Service',
      value: ({ span }) => span.resource.service,
      cell: ({ span }) => (
        <>
          <Swatch service={span.resource.service} /> {span.resource.service}
        </>
      ),
    },
    {
      name: 'name',
      title: 'Operation',
      value: ({ span }) => span.name,
      cell: ({ span, index }) => (
        <button type="button" class="link" onClick={() => onChoose(index)}>
          {span.name || '(no name)'}
        </button>
      ),
    },
    { name: 'kind', title: 'Kind', value: ({ span }) => span.kind },
    {
      name: 'status',
      title: 'Status',
      value: ({ span }) => span.status,
      cell: ({ span }) => <span class={span.status === 'error' ? 'fault' : 'faint'}>{span.status}</span>,
    },
    duration('start', 'Start', ({ span }) => span.startNs),
    duration('duration', 'Duration', ({ span }) => span.durationNs),
    duration('self', 'Own time', ({ index }) => selfNs[index]!),
    { name: 'depth', title: 'Depth', isNumber: true, value: ({ depth }) => depth + 1 },
  ];
  return (
    <SortedTable
      rows={tree.rows}
      columns={columns}
      label="Spans"
      param="sort"
      initial="start"
      keyOf={({ index }) => String(index)}
      isCurrent={({ index }) => index === chosen}
    />
  );
}

function duration(name: string, title: string, value: (row: TreeSpan) => number): Column<TreeSpan> {
  return { name, title, isNumber: true, value, cell: (row) => formatNanoseconds(value(row)) };
}
