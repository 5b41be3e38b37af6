/** What the server tells of itself by Prometheus' API (and Loki's, for its rules): targets, rules, storage, configuration. */

import { getJson, order } from './http.ts';
import { type OwnFamily, OwnMetrics } from './own-metrics.ts';
import type {
  Alertmanagers,
  BuildInfo,
  Notice,
  RuleLanguage,
  RulesData,
  RuntimeInfo,
  TargetsData,
  TsdbStatus,
} from './status-answers.ts';

const API = '/api/v1';

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

export function alertmanagers(signal?: AbortSignal): Promise<Alertmanagers> {
  return ask('alertmanagers', {}, signal);
}

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

export function runtimeInfo(signal?: AbortSignal): Promise<RuntimeInfo> {
  return ask('status/runtimeinfo', {}, signal);
}

export function buildInfo(signal?: AbortSignal): Promise<BuildInfo> {
  return ask('status/buildinfo', {}, signal);
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
