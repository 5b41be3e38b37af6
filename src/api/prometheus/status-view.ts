/**
 * What the front knows that Prometheus' status endpoints show: scrape targets, the configuration, counts of the
 * store. Plain data behind functions, so that the endpoints know neither the scrape manager nor the engine.
 */

import type { MetricMetadata } from '../../model/metadata.ts';
import type { NameValidation, RelabelConfig } from '../../model/relabel.ts';
import type { BlockInfo, HeadStatistics } from '../../storage/interface.ts';

import type { Notifications } from './notifications.ts';
import type { AlertmanagersView, RuleGroupView } from './rule-view.ts';
import type { MetricFamilyJson } from './self-metrics.ts';

export type TargetHealth = 'up' | 'down' | 'unknown';

export interface TargetView {
  /** Before relabelling. */
  readonly discoveredLabels: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  /** The URL as reachable from elsewhere. */
  readonly globalUrl: string;
  /** '' after a good scrape. */
  readonly lastError: string;
  /** Undefined before the first scrape. */
  readonly lastScrapeMs: number | undefined;
  readonly lastScrapeDurationSeconds: number;
  readonly health: TargetHealth;
  /** Durations as they were written. */
  readonly scrapeInterval: string;
  readonly scrapeTimeout: string;
}

export interface DroppedTargetView {
  readonly discoveredLabels: Readonly<Record<string, string>>;
  readonly scrapePool: string;
}

export interface TargetMetadataView extends MetricMetadata {
  /** The labels of the target that said it. */
  readonly target: Readonly<Record<string, string>>;
  readonly metric: string;
}

/** A job: what of its configuration is shown. */
export interface ScrapePoolView {
  readonly relabelConfigs: readonly RelabelConfig[];
  readonly nameValidation: NameValidation;
  /** The whole, defaults filled in, secrets masked. */
  yaml(): Promise<string>;
}

export interface PrometheusStatusView {
  activeTargets(): readonly TargetView[];
  droppedTargets(): readonly DroppedTargetView[];
  /** Dropped targets of each job, shown or not. */
  droppedTargetCounts(): Readonly<Record<string, number>>;
  scrapePools(): readonly string[];
  scrapePool(name: string): ScrapePoolView | undefined;
  targetMetadata(): Iterable<TargetMetadataView>;
  /** The configuration file's text; '' without one. */
  configYaml(): string;
  flags(): Readonly<Record<string, string>>;
  /** What has to be switched on, and whether it is. */
  readonly switches: Readonly<Record<'admin' | 'lifecycle', boolean>>;
  /** The version, revision and so on that this build was made with. */
  readonly build: Readonly<Record<'version' | 'revision' | 'branch' | 'buildUser' | 'buildDate', string>>;
  readonly startMs: number;
  /** By the server's clock. */
  nowMs(): number;
  lastConfigLoad(): { readonly timeMs: number; readonly success: boolean };
  /** As Prometheus writes it: `15d`, `15d or 1GiB`. */
  retention(): string;
  /** Of all that is in memory; lists of at most `limit` entries, the largest first. */
  tsdb(limit: number): Promise<HeadStatistics>;
  /** Whether requests are about some tenants: `tsdb` then tells of more than one may know. */
  readonly tellsTenantsApart: boolean;
  /** Blocks of metrics. */
  blocks(): Promise<readonly BlockInfo[]>;
  /** Where a rule engine is plugged in; without one they are empty. */
  ruleGroups(tenant: string): readonly RuleGroupView[];
  alertmanagers(): AlertmanagersView;
  readonly notifications: Notifications;
  selfMetrics(): Promise<readonly MetricFamilyJson[]>;
  /** What differs by configuration or is no part of the language: by category. */
  features(): Readonly<Record<string, Readonly<Record<string, boolean>>>>;
}
