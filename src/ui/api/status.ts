/** What the server tells of itself by Prometheus' API (and Loki's, for its rules): targets, rules, storage, configuration. */

import type { Labels } from '../correlate/labels.ts';
import { getJson, order } from './http.ts';
import { type OwnFamily, OwnMetrics } from './own-metrics.ts';

const API = '/api/v1';

export type TargetHealth = 'up' | 'down' | 'unknown';

export interface Target {
  readonly discoveredLabels: Labels;
  readonly labels: Labels;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly lastError: string;
  /** RFC 3339; of the year 1 before the first. */
  readonly lastScrape: string;
  /** In seconds. */
  readonly lastScrapeDuration: number;
  readonly health: TargetHealth;
  readonly scrapeInterval: string;
  readonly scrapeTimeout: string;
}

export interface DroppedTarget {
  readonly discoveredLabels: Labels;
  readonly scrapePool: string;
}

export interface TargetsData {
  readonly activeTargets: readonly Target[];
  readonly droppedTargets: readonly DroppedTarget[];
}

interface Answer<T> {
  readonly data: T;
}

async function ask<T>(
  path: string,
  params: Readonly<Record<string, string | number | undefined>>,
  signal?: AbortSignal,
): Promise<T> {
  return (await getJson<Answer<T>>(`${API}/${path}`, params, signal)).data;
}

/** Of one job, or of all; `any` has those that relabelling dropped, too. */
export function targets(
  state: 'active' | 'any',
  scrapePool: string | undefined,
  signal?: AbortSignal,
): Promise<TargetsData> {
  return ask('targets', { state, scrapePool }, signal);
}

export async function scrapePools(signal?: AbortSignal): Promise<readonly string[]> {
  return (await ask<{ readonly scrapePools: readonly string[] }>('scrape_pools', {}, signal)).scrapePools;
}

export interface Alertmanagers {
  readonly activeAlertmanagers: readonly { readonly url: string }[];
  readonly droppedAlertmanagers: readonly { readonly url: string }[];
}

export function alertmanagers(signal?: AbortSignal): Promise<Alertmanagers> {
  return ask('alertmanagers', {}, signal);
}

export type AlertState = 'firing' | 'pending' | 'inactive' | 'unknown';

export interface Alert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: AlertState;
  readonly activeAt: string;
  readonly value: string;
}

interface RuleBase {
  readonly name: string;
  readonly query: string;
  readonly labels: Labels;
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
  /** In seconds. */
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
}

export interface AlertingRule extends RuleBase {
  readonly type: 'alerting';
  readonly state: AlertState;
  /** In seconds, both. */
  readonly duration: number;
  readonly keepFiringFor: number;
  readonly annotations: Labels;
  readonly alerts: readonly Alert[] | null;
}

export interface RecordingRule extends RuleBase {
  readonly type: 'recording';
}

export type Rule = AlertingRule | RecordingRule;

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  readonly rules: readonly Rule[];
  /** In seconds, both. */
  readonly interval: number;
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
}

/** Whose expressions a rule has. */
export type RuleLanguage = 'promql' | 'logql';

const RULES_PATH: Readonly<Record<RuleLanguage, string>> = {
  promql: `${API}/rules`,
  logql: '/prometheus/api/v1/rules',
};

export interface RulesQuestion {
  readonly type: 'alert' | 'record' | undefined;
  readonly withAlerts: boolean;
  /** Groups at a time; all without it. */
  readonly limit?: number;
  /** Where the page before ended. */
  readonly token?: string | undefined;
}

export interface RulesData {
  readonly groups: readonly RuleGroup[];
  readonly groupNextToken?: string;
}

export async function rules(
  language: RuleLanguage,
  { type, withAlerts, limit, token }: RulesQuestion,
  signal?: AbortSignal,
): Promise<RulesData> {
  const params = {
    type,
    exclude_alerts: withAlerts ? undefined : 'true',
    group_limit: limit,
    group_next_token: token,
  };
  return (await getJson<Answer<RulesData>>(RULES_PATH[language], params, signal)).data;
}

export interface NamedCount {
  readonly name: string;
  readonly value: number;
}

export interface TsdbStatus {
  readonly headStats: {
    readonly numSeries: number;
    readonly numLabelPairs: number;
    readonly chunkCount: number;
    /** In milliseconds; out of all range where there is nothing. */
    readonly minTime: number;
    readonly maxTime: number;
  };
  readonly seriesCountByMetricName: readonly NamedCount[];
  readonly labelValueCountByLabelName: readonly NamedCount[];
  readonly memoryInBytesByLabelName: readonly NamedCount[];
  readonly seriesCountByLabelValuePair: readonly NamedCount[];
}

/** `limit` is the length of each list. */
export function tsdbStatus(limit: number, signal?: AbortSignal): Promise<TsdbStatus> {
  return ask('status/tsdb', { limit }, signal);
}

export async function configYaml(signal?: AbortSignal): Promise<string> {
  return (await ask<{ readonly yaml: string }>('status/config', {}, signal)).yaml;
}

export function flags(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
  return ask('status/flags', {}, signal);
}

export interface RuntimeInfo {
  readonly startTime: string;
  readonly CWD: string;
  readonly hostname: string;
  readonly serverTime: string;
  readonly reloadConfigSuccess: boolean;
  readonly lastConfigTime: string;
  readonly timeSeriesCount: number;
  readonly GOMAXPROCS: number;
  readonly storageRetention: string;
}

export function runtimeInfo(signal?: AbortSignal): Promise<RuntimeInfo> {
  return ask('status/runtimeinfo', {}, signal);
}

export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
}

export function buildInfo(signal?: AbortSignal): Promise<BuildInfo> {
  return ask('status/buildinfo', {}, signal);
}

export interface Notice {
  readonly text: string;
  readonly date: string;
}

export function notifications(signal?: AbortSignal): Promise<readonly Notice[]> {
  return ask('notifications', {}, signal);
}

/** What is in `/metrics`, of families whose whole name the pattern fits. */
export async function ownMetrics(pattern: string, signal?: AbortSignal): Promise<OwnMetrics> {
  const families = await ask<readonly OwnFamily[]>(
    'status/self_metrics',
    { metric_name_pattern: pattern },
    signal,
  );
  return new OwnMetrics(families, Date.now());
}

/** Has the configuration read again. Rejects with what is wrong about it, or 403 where that is not enabled. */
export async function reload(): Promise<void> {
  await order('POST', '/-/reload');
}

/** Has what is in memory written to blocks, and blocks merged. */
export async function flush(compact: boolean): Promise<void> {
  await order('POST', compact ? '/-/flush?compact=true' : '/-/flush');
}
