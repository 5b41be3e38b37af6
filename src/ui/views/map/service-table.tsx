/** The map's numbers as a table, which is the map for those who cannot see it, or have little room. */

import { type Column, SortedTable } from '../../parts/sorted-table.tsx';
import { Swatch } from '../../parts/swatch.tsx';
import { failedShare, latencyText, percentText, rateText } from './numbers-text.ts';
import type { ServiceGraph, ServiceNode } from './service-graph.ts';

export function ServiceTable(props: {
  readonly graph: ServiceGraph;
  readonly chosen: string | undefined;
  onChoose(name: string): void;
}) {
  const { graph, chosen, onChoose } = props;
  const calls = ({ name }: ServiceNode) =>
    graph.edges.filter(({ client }) => client === name).map(({ server }) => server);
  const columns: readonly Column<ServiceNode>[] = [
    {
      name: 'name',
      title: 'Service',
      value: ({ name }) => name,
      cell: ({ name }) => (
        <>
          <Swatch service={name} />{' '}
          <button type="button" class="link" onClick={() => onChoose(name)}>
            {name}
          </button>
        </>
      ),
    },
    { name: 'kind', title: 'Kind', value: ({ kind }) => (kind === 'peer' ? 'not instrumented' : kind) },
    {
      name: 'rate',
      title: 'Calls',
      isNumber: true,
      value: ({ rate }) => rate,
      cell: ({ rate }) => rateText(rate),
    },
    {
      name: 'failed',
      title: 'Failed',
      isNumber: true,
      value: failedShare,
      cell: (node) => (
        <span class={node.failedRate > 0 ? 'fault' : 'faint'}>{percentText(failedShare(node))}</span>
      ),
    },
    latency('median', 'Median', ({ medianS }) => medianS),
    latency('p95', 'p95', ({ p95S }) => p95S),
    { name: 'calls', title: 'Calls to', value: (node) => calls(node).join(', ') },
  ];
  return (
    <SortedTable
      rows={graph.nodes}
      columns={columns}
      label="Services"
      param="sort"
      initial="-rate"
      keyOf={({ name }) => name}
      isCurrent={({ name }) => name === chosen}
    />
  );
}

function latency(name: string, title: string, value: (node: ServiceNode) => number): Column<ServiceNode> {
  return { name, title, isNumber: true, value, cell: (node) => latencyText(value(node)) };
}
