/**
 * Endpoints of Prometheus' API that the front answers by itself, from a `PrometheusStatusView`: what the server is
 * and what it holds. Targets, rules and what changes the store have files of their own.
 */

import { availableParallelism, hostname } from 'node:os';
import { TriliteError } from '../../model/errors.ts';
import { formatRfc3339 } from '../../model/time.ts';
import type { BlockInfo } from '../../storage/interface.ts';
import type { Params } from '../params.ts';
import type { Route, StreamRoute } from '../route.ts';
import { get } from './front-route.ts';
import { ruleRoutes } from './rule-routes.ts';
import type { PrometheusStatusView } from './status-view.ts';
import { targetRoutes } from './target-routes.ts';
import { tsdbJson, tsdbLimit } from './tsdb-status.ts';
import { ulidOf } from './ulid.ts';

export function prometheusFrontRoutes(view: PrometheusStatusView): Route[] {
  return [
    ...targetRoutes(view),
    ...statusRoutes(view),
    ...ruleRoutes(view),
    get('features', 'none', async () => {
      const { promqlFeatures } = await import('../../query/promql-text.ts');
      return mergeFeatures(promqlFeatures(), { api: API_FEATURES }, { api: view.switches }, view.features());
    }),
    // Of the server: that its files could not be read again, that the database is damaged.
    get('notifications', 'none', () => view.notifications.list()),
  ];
}

/** What goes on until its client leaves. */
export function prometheusStreamRoutes(view: PrometheusStatusView): StreamRoute[] {
  const stream = () => view.notifications.stream();
  return [{ access: 'read', methods: ['GET'], path: '/api/v1/notifications/live', tenants: 'none', stream }];
}

// -------------------------------------------------------------------------------------------------- status

/** What tells of the configuration, of the process, or of what all tenants have together is the operator's. */
function statusRoutes(view: PrometheusStatusView): Route[] {
  const buildinfo = get('status/buildinfo', 'none', () => ({ ...view.build, goVersion: '' }));
  return [
    // POST is what some versions of Grafana ask with.
    { ...buildinfo, methods: ['GET', 'POST'] },
    get('status/runtimeinfo', 'operator', () => runtimeInfo(view)),
    // For readers, as the page shows it to them: secrets are masked in it.
    get('status/config', 'operator', () => ({ yaml: view.configYaml() })),
    get('status/flags', 'operator', () => view.flags()),
    get('status/walreplay', 'none', () => ({ min: 0, max: 0, current: 0 })),
    tsdbRoute(view),
    get('status/tsdb/blocks', 'operator', async () => ({ blocks: (await view.blocks()).map(blockJson) })),
    get('status/self_metrics', 'operator', (params) => selfMetrics(view, params)),
  ];
}

function tsdbRoute(view: PrometheusStatusView): Route {
  const path = 'status/tsdb';
  if (view.tellsTenantsApart) {
    return { access: 'read', methods: ['GET'], path: `/api/v1/${path}`, service: 'prometheus.status_tsdb' };
  }
  return get(path, 'operator', async (params) => {
    const limit = tsdbLimit(params);
    return tsdbJson(await view.tsdb(limit), limit);
  });
}

async function runtimeInfo(view: PrometheusStatusView): Promise<unknown> {
  const load = view.lastConfigLoad();
  const tsdb = await view.tsdb(1);
  return {
    startTime: formatRfc3339(view.startMs),
    CWD: process.cwd(),
    hostname: hostname(),
    serverTime: formatRfc3339(view.nowMs()),
    reloadConfigSuccess: load.success,
    lastConfigTime: formatRfc3339(load.timeMs),
    corruptionCount: 0,
    timeSeriesCount: tsdb.numSeries,
    goroutineCount: 0,
    GOMAXPROCS: availableParallelism(),
    GOMEMLIMIT: 0,
    GOGC: '',
    GODEBUG: '',
    storageRetention: view.retention(),
  };
}

/** Blocks in the shape of the original's `meta.json`; its times end before, ours with, the newest sample. */
function blockJson({ id, level, minMs, maxMs, items }: BlockInfo): unknown {
  const ulid = ulidOf(minMs, id);
  return {
    ulid,
    minTime: minMs,
    maxTime: maxMs + 1,
    stats: { numSamples: items },
    compaction: { level: level + 1, sources: [ulid] },
    version: 1,
  };
}

async function selfMetrics(view: PrometheusStatusView, params: Params): Promise<unknown> {
  const pattern = params.get('metric_name_pattern');
  const families = await view.selfMetrics();
  if (pattern === '') return families;
  const { compileAnchored } = await import('../../model/regex.ts');
  try {
    const { test } = compileAnchored(pattern);
    return families.filter(({ name }) => test(name));
  } catch (error) {
    throw new TriliteError('bad_data', `invalid metric_name_pattern: ${(error as Error).message}`);
  }
}

/** By category and name; the later ones say more of a category. */
function mergeFeatures(...parts: Record<string, Readonly<Record<string, boolean>>>[]): unknown {
  const out: Record<string, Record<string, boolean>> = {};
  for (const part of parts) {
    for (const [category, features] of Object.entries(part)) {
      out[category] = { ...out[category], ...features };
    }
  }
  return out;
}

const API_FEATURES: Readonly<Record<string, boolean>> = {
  exclude_alerts: true,
  exemplars: true,
  format_query: true,
  label_values_match: true,
  otlp_write_receiver: true,
  parse_query: true,
  query_stats: true,
  query_warnings: true,
  remote_write_receiver: true,
  search: true,
  search_fuzz_alg_jarowinkler: true,
  search_fuzz_alg_subsequence: true,
  time_range_labels: true,
  time_range_series: true,
};
