/**
 * Who calls whom, how often, how fast and with how many faults: out of the metrics that are made from spans
 * (docs/derived-metrics.md), or out of Jaeger's dependencies where there are none.
 * Durations are read off the histograms' buckets, which begin at zero when an edge is new; sums do not.
 *
 * A service's numbers are those of the calls to it. What nobody instruments is on the map as well: databases, queues' systems,
 * peers that only their callers know, and callers that only the called know (`user`).
 */

import type { Labels } from '../../../model/correlate/labels.ts';

/** One sample of an instant query. */
export interface Sample {
  readonly metric: Labels;
  readonly value?: readonly [seconds: number, value: string];
}

export type ServiceKind = 'service' | 'database' | 'peer';

export interface CallNumbers {
  /** Per second. */
  readonly rate: number;
  readonly failedRate: number;
  /** Seconds; NaN where nothing was measured. */
  readonly medianS: number;
  readonly p95S: number;
}

export interface ServiceNode extends CallNumbers {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly namespace: string;
}

export interface ServiceEdge extends CallNumbers {
  readonly client: string;
  readonly server: string;
  /** Through a messaging system. */
  readonly isMessaging: boolean;
}

export interface ServiceGraph {
  readonly nodes: readonly ServiceNode[];
  readonly edges: readonly ServiceEdge[];
}

const EDGE = 'client, server, connection_type, client_service_namespace, server_service_namespace';
const METRIC = 'traces_service_graph_request';

/** Who measured: the called one, or (of calls to what is not instrumented) the caller. */
type Side = 'server' | 'client';
type QuantileName = `${Side}${'Edge' | 'Median' | 'P95'}`;
export type GraphQueries = Readonly<Record<'total' | 'failed' | 'instrumented' | QuantileName, string>>;

/** Instant queries over the last `rangeS` seconds. */
export function graphQueries(rangeS: number): GraphQueries {
  const rate = (name: string, by: string) => `sum by (${by}) (rate(${METRIC}_${name}[${rangeS}s]))`;
  const quantile = (q: number, side: Side, by: string) =>
    `histogram_quantile(${q}, ${rate(`${side}_seconds_bucket`, `${by}, le`)})`;
  return {
    total: rate('total', EDGE),
    failed: rate('failed_total', EDGE),
    instrumented: `sum by (service) (rate(traces_spanmetrics_calls_total[${rangeS}s]))`,
    serverEdge: quantile(0.95, 'server', 'client, server'),
    clientEdge: quantile(0.95, 'client', 'client, server'),
    serverMedian: quantile(0.5, 'server', 'server'),
    clientMedian: quantile(0.5, 'client', 'server'),
    serverP95: quantile(0.95, 'server', 'server'),
    clientP95: quantile(0.95, 'client', 'server'),
  };
}

export type GraphSamples = { readonly [K in keyof GraphQueries]: readonly Sample[] };

interface Edge {
  readonly client: string;
  readonly server: string;
  rate: number;
  failedRate: number;
  readonly kinds: Set<string>;
}

const keyOf = ({ client = '', server = '' }: Labels) => `${client}\0${server}`;

export function serviceGraph(samples: GraphSamples): ServiceGraph {
  const { edges, namespaces } = edgesOf(samples);
  const instrumented = new Set(samples.instrumented.flatMap(({ metric }) => metric.service ?? []));
  const names = new Set([...instrumented, ...edges.flatMap(({ client, server }) => [client, server])]);
  const kinds = new Map([...names].map((name) => [name, kindOf(name, edges, instrumented)]));
  const quantile = (name: 'Edge' | 'Median' | 'P95', labels: Labels): number => {
    const side: Side = kinds.get(labels.server ?? '') === 'peer' ? 'client' : 'server';
    const key = keyOf(labels);
    return Number(samples[`${side}${name}`].find(({ metric }) => keyOf(metric) === key)?.value?.[1]);
  };
  const nodes = [...names].sort().map((name): ServiceNode => {
    const calls = edges.filter(({ server }) => server === name);
    return {
      name,
      kind: kinds.get(name)!,
      namespace: namespaces.get(name) ?? '',
      rate: calls.reduce((sum, { rate }) => sum + rate, 0),
      failedRate: calls.reduce((sum, { failedRate }) => sum + failedRate, 0),
      medianS: quantile('Median', { server: name }),
      p95S: quantile('P95', { server: name }),
    };
  });
  return {
    nodes,
    edges: edges.map(({ client, server, rate, failedRate, kinds: of }) => ({
      client,
      server,
      isMessaging: of.has('messaging_system'),
      rate,
      failedRate,
      medianS: Number.NaN,
      p95S: quantile('Edge', { client, server }),
    })),
  };
}

function edgesOf({ total, failed }: GraphSamples) {
  const edges = new Map<string, Edge>();
  const namespaces = new Map<string, string>();
  for (const { metric, value } of total) {
    const { client, server, connection_type: kind } = metric;
    if (!client || !server) continue;
    const edge = edges.get(keyOf(metric)) ?? { client, server, rate: 0, failedRate: 0, kinds: new Set() };
    edges.set(keyOf(metric), edge);
    edge.rate += number(value);
    edge.kinds.add(kind ?? '');
    if (metric.client_service_namespace) namespaces.set(client, metric.client_service_namespace);
    if (metric.server_service_namespace) namespaces.set(server, metric.server_service_namespace);
  }
  for (const { metric, value } of failed) {
    const edge = edges.get(keyOf(metric));
    if (edge) edge.failedRate += number(value);
  }
  return { edges: [...edges.values()], namespaces };
}

function number(value: Sample['value']): number {
  const found = Number(value?.[1]);
  return Number.isFinite(found) ? found : 0;
}

function kindOf(name: string, edges: readonly Edge[], instrumented: ReadonlySet<string>): ServiceKind {
  if (instrumented.has(name)) return 'service';
  return edges.some(({ server, kinds }) => server === name && kinds.has('database')) ? 'database' : 'peer';
}

export interface Dependency {
  readonly parent: string;
  readonly child: string;
  readonly callCount: number;
}

/** Counts of calls alone, in `rangeS` seconds. */
export function graphOfDependencies(dependencies: readonly Dependency[], rangeS: number): ServiceGraph {
  const nothing = { failedRate: 0, medianS: Number.NaN, p95S: Number.NaN };
  const names = new Set(dependencies.flatMap(({ parent, child }) => [parent, child]));
  const rateTo = (name: string) =>
    dependencies.reduce((sum, { child, callCount }) => sum + (child === name ? callCount : 0), 0) / rangeS;
  return {
    nodes: [...names]
      .sort()
      .map((name) => ({ name, kind: 'service', namespace: '', rate: rateTo(name), ...nothing })),
    edges: dependencies.map(({ parent, child, callCount }) => ({
      client: parent,
      server: child,
      isMessaging: false,
      rate: callCount / rangeS,
      ...nothing,
    })),
  };
}

export interface GraphFilter {
  /** Part of a service's name. */
  readonly text: string;
  readonly namespace: string;
}

/** Services that fit, with those they call and those who call them. */
export function filtered(graph: ServiceGraph, { text, namespace }: GraphFilter): ServiceGraph {
  if (text === '' && namespace === '') return graph;
  const word = text.toLowerCase();
  const fits = new Set(
    graph.nodes
      .filter((node) => node.name.toLowerCase().includes(word))
      .filter((node) => namespace === '' || node.namespace === namespace)
      .map(({ name }) => name),
  );
  const edges = graph.edges.filter(({ client, server }) => fits.has(client) || fits.has(server));
  const shown = new Set([...fits, ...edges.flatMap(({ client, server }) => [client, server])]);
  return { nodes: graph.nodes.filter(({ name }) => shown.has(name)), edges };
}

/** Services that neither call nor are called have no place in a picture: `alone` are their names. */
export function apart({ nodes, edges }: ServiceGraph): {
  readonly joined: ServiceGraph;
  readonly alone: readonly string[];
} {
  const ends = new Set(edges.flatMap(({ client, server }) => [client, server]));
  return {
    joined: { nodes: nodes.filter(({ name }) => ends.has(name)), edges },
    alone: nodes.map(({ name }) => name).filter((name) => !ends.has(name)),
  };
}
