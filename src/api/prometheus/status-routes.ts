/**
 * Endpoints of Prometheus' API that the front answers by itself, from a `PrometheusStatusView`: targets and status.
 */

import { formatDuration } from '../../model/duration.ts';
import { TriliteError } from '../../model/errors.ts';
import { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { formatRfc3339 } from '../../model/time.ts';
import type { ServiceRequest } from '../../query/service.ts';
import type { NamedCount } from '../../storage/interface.ts';
import { invalidParameter, Params, plainLimit } from '../params.ts';
import type { HandledRoute, HttpMethod, Route } from '../route.ts';
import { successValue } from './envelope.ts';
import type { PrometheusStatusView, TargetView } from './status-view.ts';

const GET: readonly HttpMethod[] = ['GET'];
/** What Go prints of a time that was never set. */
const ZERO_TIME = '0001-01-01T00:00:00Z';
const TSDB_LIMIT_DEFAULT = 10;
const TSDB_LIMIT_MAX = 10_000;

function get(path: string, handle: (params: Params) => unknown | Promise<unknown>): HandledRoute {
  return {
    methods: GET,
    path: `/api/v1/${path}`,
    handle: async (request: ServiceRequest) => successValue(await handle(new Params(request.params))),
  };
}

export function prometheusFrontRoutes(view: PrometheusStatusView): Route[] {
  return [
    get('targets', (params) => targets(view, params)),
    get('targets/metadata', (params) => targetMetadata(view, params)),
    get('scrape_pools', () => ({ scrapePools: view.scrapePools() })),
    ...statusRoutes(view),
    ...ruleRoutes(),
    get('features', async () => {
      const { promqlFeatures } = await import('../../query/promql-text.ts');
      return { ...promqlFeatures(), api: { ...API_FEATURES, ...view.switches } };
    }),
    get('notifications', () => []),
  ];
}

// ------------------------------------------------------------------------------------------------- targets

function targets(view: PrometheusStatusView, params: Params): unknown {
  const state = params.get('state').toLowerCase();
  const pool = params.get('scrapePool');
  const ofPool = (t: { scrapePool: string }) => pool === '' || t.scrapePool === pool;
  const dropped = view.droppedTargets().filter(ofPool);
  const counts: Record<string, number> = {};
  for (const name of view.scrapePools()) if (ofPool({ scrapePool: name })) counts[name] = 0;
  for (const { scrapePool } of dropped) counts[scrapePool] = (counts[scrapePool] ?? 0) + 1;
  return {
    activeTargets: state === 'dropped' ? [] : view.activeTargets().filter(ofPool).map(targetJson),
    droppedTargets: state === 'active' ? [] : dropped,
    droppedTargetCounts: state === 'active' ? {} : counts,
  };
}

function targetJson(target: TargetView): unknown {
  return {
    discoveredLabels: target.discoveredLabels,
    labels: target.labels,
    scrapePool: target.scrapePool,
    scrapeUrl: target.scrapeUrl,
    globalUrl: target.globalUrl,
    lastError: target.lastError,
    lastScrape: target.lastScrapeMs === undefined ? ZERO_TIME : formatRfc3339(target.lastScrapeMs),
    lastScrapeDuration: target.lastScrapeDurationSeconds,
    health: target.health,
    scrapeInterval: formatDuration(target.scrapeIntervalMs),
    scrapeTimeout: formatDuration(target.scrapeTimeoutMs),
  };
}

/** Loads the parser when asked: this runs on the front, which has no use for it otherwise. */
async function targetMetadata(view: PrometheusStatusView, params: Params): Promise<unknown> {
  const { parseMatch } = await import('../../query/promql-text.ts');
  const { matchesAll } = await import('../../model/matcher.ts');
  const limit = plainLimit(params, 'limit');
  const metric = params.get('metric');
  const match = params.get('match_target');
  const matchers: readonly Matcher[] = match === '' ? [] : parseMatch(match);
  const out: unknown[] = [];
  for (const { target, metric: name, type, help, unit } of view.targetMetadata()) {
    if (out.length >= limit) break;
    if (metric !== '' && name !== metric) continue;
    if (matchers.length > 0 && !matchesAll(matchers, Labels.from(target))) continue;
    out.push({ target, ...(metric === '' ? { metric: name } : {}), type, help, unit });
  }
  return out;
}

// -------------------------------------------------------------------------------------------------- status

function statusRoutes(view: PrometheusStatusView): Route[] {
  return [
    get('status/buildinfo', () => ({ ...view.build, goVersion: '' })),
    get('status/runtimeinfo', () => runtimeInfo(view)),
    get('status/config', () => ({ yaml: view.configYaml() })),
    get('status/flags', () => view.flags()),
    get('status/walreplay', () => ({ min: 0, max: 0, current: 0 })),
    get('status/tsdb', async (params) => tsdbJson(view, params)),
  ];
}

async function runtimeInfo(view: PrometheusStatusView): Promise<unknown> {
  const load = view.lastConfigLoad();
  const tsdb = await view.tsdb(1);
  return {
    startTime: formatRfc3339(view.startMs),
    CWD: process.cwd(),
    hostname: '',
    serverTime: formatRfc3339(Date.now()),
    reloadConfigSuccess: load.success,
    lastConfigTime: formatRfc3339(load.timeMs),
    corruptionCount: 0,
    timeSeriesCount: tsdb.numSeries,
    goroutineCount: 0,
    GOMAXPROCS: 0,
    GOMEMLIMIT: 0,
    GOGC: '',
    GODEBUG: '',
    storageRetention: view.retention,
  };
}

async function tsdbJson(view: PrometheusStatusView, params: Params): Promise<unknown> {
  const text = params.get('limit');
  const limit = text === '' ? TSDB_LIMIT_DEFAULT : Number(text);
  if (!/^\+?\d*$/.test(text) || limit < 1) {
    throw new TriliteError('bad_data', 'limit must be a positive number');
  }
  if (limit > TSDB_LIMIT_MAX) throw new TriliteError('bad_data', `limit must not exceed ${TSDB_LIMIT_MAX}`);
  const tsdb = await view.tsdb(limit);
  const top = (list: readonly NamedCount[]) => list.slice(0, limit);
  return {
    headStats: {
      numSeries: tsdb.numSeries,
      numLabelPairs: tsdb.numLabelPairs,
      chunkCount: tsdb.chunkCount,
      minTime: tsdb.minTimeMs,
      maxTime: tsdb.maxTimeMs,
    },
    seriesCountByMetricName: top(tsdb.seriesCountByMetricName),
    labelValueCountByLabelName: top(tsdb.labelValueCountByLabelName),
    memoryInBytesByLabelName: top(tsdb.memoryInBytesByLabelName),
    seriesCountByLabelValuePair: top(tsdb.seriesCountByLabelValuePair),
  };
}

// --------------------------------------------------------------------------------------------------- rules

/** There is no rule engine yet: no groups, no alerts, no Alertmanagers. */
function ruleRoutes(): Route[] {
  return [
    get('rules', (params) => {
      const type = params.get('type').toLowerCase();
      if (type !== '' && type !== 'alert' && type !== 'record') {
        throw invalidParameter('type', `not supported value ${JSON.stringify(params.get('type'))}`);
      }
      return { groups: [] };
    }),
    get('alerts', () => ({ alerts: [] })),
    get('alertmanagers', () => ({ activeAlertmanagers: [], droppedAlertmanagers: [] })),
  ];
}

const API_FEATURES: Readonly<Record<string, boolean>> = {
  exemplars: true,
  format_query: true,
  label_values_match: true,
  otlp_write_receiver: true,
  parse_query: true,
  query_stats: true,
  remote_write_receiver: true,
};
