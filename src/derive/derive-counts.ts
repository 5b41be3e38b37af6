/** What becomes of spans, edges and series on the way to metrics, of all tenants together, and its metrics. */

import type { Telemetry } from '../base/telemetry.ts';

export class DeriveCounts {
  spans = 0;
  outsideSlack = 0;
  /** Of tenants beyond the limit. */
  tenants = 0;
  spanMetricsFiltered = 0;
  serviceGraphsFiltered = 0;
  /** Halves of edges that there was no room for. */
  serviceGraphsFull = 0;
  /** Edges that began. */
  edges = 0;
  /** Edges that ended without their other half and without a word of what it was, by the half that came. */
  expiredClient = 0;
  expiredServer = 0;
  /** Edges whose other half a policy left out. */
  droppedEdges = 0;
  /** Series that the limit refused, each time. */
  seriesLimited = 0;
  collections = 0;
  failedCollections = 0;
}

const PREFIX = 'trilite_metrics_generator_';

export interface GeneratorState {
  readonly activeSeries: number;
  readonly waitingEdges: number;
}

/** `state` is asked when metrics are, until the function that this gives back is called. */
export function watchGenerator(
  telemetry: Telemetry,
  counts: DeriveCounts,
  state: () => GeneratorState,
): () => void {
  const counter = (name: string, help: string, labels: readonly string[] = []) =>
    telemetry.counter(PREFIX + name, help, labels);
  const spans = counter('spans_total', 'Spans that metrics were to be derived from.').with();
  const discarded = counter('spans_discarded_total', 'Spans that metrics were not derived from.', ['reason']);
  const edges = counter('edges_total', 'Edges of the service graph that began.').with();
  const expired = counter('expired_edges_total', 'Edges whose other half did not come.', ['half']);
  const dropped = counter('dropped_edges_total', 'Edges whose other half a filter policy left out.').with();
  const limited = counter('series_limited_total', 'Series that were refused by the limit.').with();
  const collections = counter('collections_total', 'Times that series were written.').with();
  const failed = counter('collections_failed_total', 'Times that series could not be written.').with();
  const active = telemetry.gauge(`${PREFIX}active_series`, 'Series that are derived from spans.').with();
  const waiting = telemetry.gauge(`${PREFIX}waiting_edges`, 'Edges that wait for their other half.').with();
  return telemetry.onCollect(() => {
    spans.value = counts.spans;
    discarded.with('outside_slack').value = counts.outsideSlack;
    discarded.with('too_many_tenants').value = counts.tenants;
    discarded.with('span_metrics_filtered').value = counts.spanMetricsFiltered;
    discarded.with('service_graphs_filtered').value = counts.serviceGraphsFiltered;
    discarded.with('service_graphs_full').value = counts.serviceGraphsFull;
    edges.value = counts.edges;
    expired.with('client').value = counts.expiredClient;
    expired.with('server').value = counts.expiredServer;
    dropped.value = counts.droppedEdges;
    limited.value = counts.seriesLimited;
    collections.value = counts.collections;
    failed.value = counts.failedCollections;
    const now = state();
    active.set(now.activeSeries);
    waiting.set(now.waitingEdges);
  });
}
