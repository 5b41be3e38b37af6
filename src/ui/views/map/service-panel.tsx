/** One service of the map: its rate, faults and durations over time, whom it calls and who calls it, its operations, and where to go. */

import { useEffect, useState } from 'preact/hooks';
import { queryRange } from '../../api/prometheus.ts';
import { useLoad } from '../../api/use-load.ts';
import { logsAddress, metricsAddress, tracesAddress } from '../../correlate/jump.ts';
import { Graph } from '../../graph/graph.tsx';
import { href } from '../../location.ts';
import { Fact } from '../../parts/fact.tsx';
import { type Column, SortedTable } from '../../parts/sorted-table.tsx';
import { Shown } from '../../parts/states.tsx';
import { Swatch, useServiceColour } from '../../parts/swatch.tsx';
import { stepFor } from '../../time/range.ts';
import { rangeParams, useTime, zoomTo } from '../../time/use-time.ts';
import { rangeSeconds, vectors } from './load-graph.ts';
import { failedShare, latencyText, percentText, rateText } from './numbers-text.ts';
import type { ServiceGraph, ServiceNode } from './service-graph.ts';
import { type Operation, operationQueries, operationsOf, overTime, sparkQueries } from './service-numbers.ts';

const SPARK_POINTS = 60;
const SPARK_PX = 110;

interface PanelProps {
  readonly node: ServiceNode;
  readonly graph: ServiceGraph;
  onClose(): void;
  onChoose(name: string): void;
}

export function ServicePanel({ node, graph, onClose, onChoose }: PanelProps) {
  const { name, kind } = node;
  const callers = graph.edges.filter(({ server }) => server === name);
  const called = graph.edges.filter(({ client }) => client === name);
  return (
    <aside class="panel service-panel" aria-label="Service">
      <div class="row">
        <h2 class="grow">
          <Swatch service={name} /> {name}
        </h2>
        <button type="button" class="quiet" aria-label="Close" title="Close (x)" onClick={onClose}>
          ✕
        </button>
      </div>
      {kind !== 'service' && (
        <p class="faint">
          {kind === 'database' ? 'A database' : 'Sends no spans of its own'}: what is known of it, those who
          call it say.
        </p>
      )}
      <dl class="trace-facts">
        <Fact name="Calls">{rateText(node.rate)}</Fact>
        <Fact name="Failed">
          <span class={node.failedRate > 0 ? 'fault' : ''}>{percentText(failedShare(node))}</span>
        </Fact>
        <Fact name="Median">{latencyText(node.medianS)}</Fact>
        <Fact name="p95">{latencyText(node.p95S)}</Fact>
      </dl>
      <Jumps node={node} />
      <Sparks name={name} kind={kind} />
      <Neighbours
        title="Called by"
        edges={callers.map((edge) => ({ ...edge, other: edge.client }))}
        onChoose={onChoose}
      />
      <Neighbours
        title="Calls"
        edges={called.map((edge) => ({ ...edge, other: edge.server }))}
        onChoose={onChoose}
      />
      {kind === 'service' && <Operations name={name} />}
    </aside>
  );
}

/** Its spans are those of its callers where it sends none. */
function Jumps({ node: { name, kind } }: { readonly node: ServiceNode }) {
  const time = useTime();
  const [found, setFound] = useState<{ readonly logs: string; readonly metrics: string }>();
  useEffect(() => {
    setFound(undefined);
    if (kind !== 'service') return;
    const gone = new AbortController();
    const ask = async () => {
      const [logs, metrics] = await Promise.all([
        logsAddress(name, time, gone.signal),
        metricsAddress(name, time, gone.signal),
      ]);
      setFound({ logs, metrics });
    };
    // What is broken off nobody waits for.
    ask().catch(() => {});
    return () => gone.abort();
  }, [name, kind, time]);
  if (kind !== 'service') {
    const peer = ['peer.service', 'db.namespace', 'db.name', 'db.system', 'db.system.name', 'server.address'];
    const q = `{ ${peer.map((attribute) => `span.${attribute} = ${JSON.stringify(name)}`).join(' || ')} }`;
    return (
      <p class="row span-jumps">
        <a class="button" href={href('/search', { q, ...rangeParams() })}>
          Traces
        </a>
      </p>
    );
  }
  const failed = `{ resource.service.name = ${JSON.stringify(name)} && status = error }`;
  return (
    <p class="row span-jumps">
      <a class="button" href={tracesAddress(name, time)}>
        Traces
      </a>
      <a class="button" href={href('/search', { q: failed, ...rangeParams() })}>
        Failed traces
      </a>
      {found && (
        <>
          <a class="button" href={found.logs}>
            Logs
          </a>
          <a class="button" href={found.metrics}>
            Metrics
          </a>
        </>
      )}
    </p>
  );
}

function Sparks({ name, kind }: Pick<ServiceNode, 'name' | 'kind'>) {
  const time = useTime();
  const stepMs = stepFor(time, SPARK_POINTS);
  const colour = useServiceColour()(name);
  const loaded = useLoad(
    async (signal) => {
      const queries = sparkQueries(name, stepMs, kind === 'peer' ? 'client' : 'server');
      const ask = (expr: string) =>
        queryRange({ expr, startMs: time.startMs, endMs: time.endMs, stepMs }, signal);
      const [rate, failed, p95] = await Promise.all([
        ask(queries.rate),
        ask(queries.failed),
        ask(queries.p95),
      ]);
      return { rate: overTime(rate!.data), failed: overTime(failed!.data), p95: overTime(p95!.data) };
    },
    [name, kind, time, stepMs],
  );
  return (
    <Shown loaded={loaded} what="Its numbers over time cannot be had">
      {({ rate, failed, p95 }) => (
        <>
          <h3>Calls and faults</h3>
          <Graph
            label={`Calls to ${name} and failed ones`}
            timesMs={rate.timesMs}
            series={[
              { name: 'calls', values: rate.values, colour },
              { name: 'failed', values: alignedTo(rate.timesMs, failed), colour: '#d4553f' },
            ]}
            kind="lines"
            heightPx={SPARK_PX}
            startMs={time.startMs}
            endMs={time.endMs}
            format={rateText}
            onZoom={zoomTo}
          />
          <h3>Duration, p95</h3>
          <Graph
            label={`Duration of calls to ${name}`}
            timesMs={p95.timesMs}
            series={[{ name: 'p95', values: p95.values, colour }]}
            kind="lines"
            heightPx={SPARK_PX}
            startMs={time.startMs}
            endMs={time.endMs}
            format={latencyText}
            onZoom={zoomTo}
          />
        </>
      )}
    </Shown>
  );
}

function alignedTo(
  timesMs: readonly number[],
  other: ReturnType<typeof overTime>,
): readonly (number | null)[] {
  const values = new Map(other.timesMs.map((time, i) => [time, other.values[i] ?? null]));
  return timesMs.map((time) => values.get(time) ?? 0);
}

function Neighbours(props: {
  readonly title: string;
  readonly edges: readonly (ServiceGraph['edges'][number] & { readonly other: string })[];
  onChoose(name: string): void;
}) {
  const { title, edges, onChoose } = props;
  if (edges.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="map-neighbours">
        {edges.map((edge) => (
          <li key={edge.other}>
            <Swatch service={edge.other} />
            <button type="button" class="link grow" onClick={() => onChoose(edge.other)}>
              {edge.other}
            </button>
            {edge.isMessaging && <span class="badge">messages</span>}
            <span>{rateText(edge.rate)}</span>
            <span class={edge.failedRate > 0 ? 'fault' : 'faint'}>{percentText(failedShare(edge))}</span>
            <span class="faint">{latencyText(edge.p95S)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Operations({ name }: { readonly name: string }) {
  const time = useTime();
  const loaded = useLoad(
    async (signal) =>
      operationsOf(await vectors(operationQueries(name, rangeSeconds(time)), time.endMs, signal)),
    [name, time],
  );
  const columns: readonly Column<Operation>[] = [
    {
      name: 'name',
      title: 'Operation',
      value: ({ operation }) => operation,
      cell: ({ operation }) => {
        const q = `{ resource.service.name = ${JSON.stringify(name)} && name = ${JSON.stringify(operation)} }`;
        return <a href={href('/search', { q, ...rangeParams() })}>{operation}</a>;
      },
    },
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
      cell: (one) => (
        <span class={one.failedRate > 0 ? 'fault' : 'faint'}>{percentText(failedShare(one))}</span>
      ),
    },
    {
      name: 'p95',
      title: 'p95',
      isNumber: true,
      value: ({ p95S }) => p95S,
      cell: ({ p95S }) => latencyText(p95S),
    },
  ];
  return (
    <Shown loaded={loaded} what="Its operations cannot be had">
      {(operations) => (
        <>
          <h3>Operations</h3>
          <SortedTable
            rows={operations}
            columns={columns}
            label={`Operations of ${name}`}
            param="operations"
            initial="-rate"
            keyOf={({ operation, kind }) => `${operation}\0${kind}`}
          />
        </>
      )}
    </Shown>
  );
}
