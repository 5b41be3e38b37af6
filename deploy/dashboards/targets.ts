/** Queries of panels, one function for a kind of query. Their refIds (A, B, …) are given by the panel. */

import type { DataLink, DatasourceRef, DatasourceUid, Target } from './json-model.ts';

/** A target before its panel has named it. */
export type UnnamedTarget = Omit<Target, 'refId'> & { readonly datasource: DatasourceRef };

/** Types and uids are the same words here. */
export function datasource(uid: DatasourceUid): DatasourceRef {
  return { type: uid, uid };
}

/** A PromQL query over the time range. `legend` may have `{{labels}}`. */
export function promRange(expr: string, legend: string): UnnamedTarget {
  return {
    datasource: datasource('prometheus'),
    editorMode: 'code',
    expr,
    legendFormat: legend,
    range: true,
    instant: false,
  };
}

/** The same, with exemplars: points that lead to traces. */
export function promExemplars(expr: string, legend: string): UnnamedTarget {
  return { ...promRange(expr, legend), exemplar: true };
}

/** A PromQL query at the end of the time range. */
export function promInstant(expr: string, legend: string): UnnamedTarget {
  return { ...promRange(expr, legend), range: false, instant: true };
}

/** A PromQL query at the end of the time range, as rows of a table: a column for each label, and `Value`. */
export function promTable(expr: string): UnnamedTarget {
  return { ...promInstant(expr, ''), format: 'table' };
}

/** Counts per bucket: `expr` keeps the label `le`. */
export function promHeatmap(expr: string): UnnamedTarget {
  return { ...promRange(expr, '{{le}}'), format: 'heatmap' };
}

/** A LogQL query over the time range: lines, or a metric. */
export function logRange(expr: string, legend = ''): UnnamedTarget {
  return {
    datasource: datasource('loki'),
    editorMode: 'code',
    expr,
    legendFormat: legend,
    queryType: 'range',
  };
}

/** At most so many lines, the newest. */
export function logLines(expr: string, maxLines: number): UnnamedTarget {
  return { ...logRange(expr), maxLines };
}

/** A LogQL metric query at the end of the time range. */
export function logInstant(expr: string, legend: string): UnnamedTarget {
  return { ...logRange(expr, legend), queryType: 'instant' };
}

/** A TraceQL search: a row for each trace. */
export function traceSearch(query: string, limit: number): UnnamedTarget {
  return {
    datasource: datasource('tempo'),
    queryType: 'traceql',
    query,
    limit,
    spss: 3,
    tableType: 'traces',
    filters: [],
  };
}

/** A TraceQL metrics query over the time range. */
export function traceMetrics(query: string): UnnamedTarget {
  return {
    datasource: datasource('tempo'),
    queryType: 'traceql',
    query,
    metricsQueryType: 'range',
    filters: [],
  };
}

/** A TraceQL metrics query with one value for the whole time range. */
export function traceMetricsInstant(query: string): UnnamedTarget {
  return { ...traceMetrics(query), metricsQueryType: 'instant' };
}

/** The service graph, which Tempo's data source makes of metrics. `filter` is a selector. */
export function serviceMap(filter: string): UnnamedTarget {
  return {
    datasource: datasource('tempo'),
    queryType: 'serviceMap',
    serviceMapQuery: filter,
    filters: [],
  };
}

/** A link from a value to the traces that `query` finds; it may have `${__field.labels.service}`. */
export function tracesLink(title: string, query: string): DataLink {
  const search = { ...traceSearch(query, 20), refId: 'A' };
  return { title, url: '', internal: { datasourceUid: 'tempo', datasourceName: 'Tempo', query: search } };
}

/** A link from a value to the log lines that `expr` selects. */
export function logsLink(title: string, expr: string): DataLink {
  const lines = { ...logRange(expr), refId: 'A' };
  return { title, url: '', internal: { datasourceUid: 'loki', datasourceName: 'Loki', query: lines } };
}
