/** What the server tells of itself, as its APIs shape it: targets, rules and alerts, storage, configuration. */

import type { Labels } from '../../model/correlate/labels.ts';

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

export interface Alertmanagers {
  readonly activeAlertmanagers: readonly { readonly url: string }[];
  readonly droppedAlertmanagers: readonly { readonly url: string }[];
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

export interface RulesData {
  readonly groups: readonly RuleGroup[];
  readonly groupNextToken?: string;
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

export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
}

export interface Notice {
  readonly text: string;
  readonly date: string;
}
