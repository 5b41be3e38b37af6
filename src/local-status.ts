/** What the Prometheus status endpoints show of the local engine: targets, configuration, counts of the head. */

import { noteStorage } from './api/health.ts';
import type { Notifications } from './api/prometheus/notifications.ts';
import { metricFamilies } from './api/prometheus/self-metrics.ts';
import type {
  PrometheusStatusView,
  ScrapePoolView,
  TargetMetadataView,
} from './api/prometheus/status-view.ts';
import type { Telemetry } from './base/telemetry.ts';
import type { Config } from './config/settings.ts';
import { globalUrl } from './external-url.ts';
import type { LocalRules } from './local-rules.ts';
import { formatDuration } from './model/duration.ts';
import type { ScrapeStatus } from './scrape/manager.ts';
import type { Storage } from './storage/interface.ts';
import { VERSION } from './version.ts';

/** The version of Prometheus whose API this is: clients (Grafana) decide by it what they may ask for. */
const PROMETHEUS_API_VERSION = '3.5.0';

/** Before scraping has started there are no targets. */
export function prometheusStatus(
  config: Config,
  storage: Storage,
  scraping: () => ScrapeStatus | undefined,
  parts: { telemetry: Telemetry; notifications: Notifications; rules: LocalRules },
): PrometheusStatusView {
  const { telemetry, notifications, rules } = parts;
  const startMs = Date.now() - Math.round(process.uptime() * 1000);
  return {
    activeTargets: () =>
      (scraping()?.active() ?? []).map(({ job, target, state }) => ({
        discoveredLabels: target.discovered.toObject(),
        labels: target.labels.toObject(),
        scrapePool: job,
        scrapeUrl: target.url,
        globalUrl: globalUrl(target.url, rules.externalUrl, rules.addresses),
        lastError: state.lastError,
        lastScrapeMs: state.lastScrapeMs === 0 ? undefined : state.lastScrapeMs,
        lastScrapeDurationSeconds: state.lastDurationSeconds,
        health: state.health,
        scrapeIntervalMs: target.intervalMs,
        scrapeTimeoutMs: target.timeoutMs,
      })),
    droppedTargets: () =>
      (scraping()?.dropped() ?? []).map(({ job, discovered }) => ({
        discoveredLabels: discovered.toObject(),
        scrapePool: job,
      })),
    droppedTargetCounts: () => scraping()?.droppedCounts() ?? {},
    scrapePool: (name) => scrapePool(scraping(), name),
    scrapePools: () => (scraping()?.jobs() ?? []).map((job) => job.jobName),
    targetMetadata: () => targetMetadata(scraping()),
    configYaml: () => config.fileText,
    flags: () => ({
      'config.file': config.file ?? '',
      'storage.tsdb.path': config.dataDir,
      'storage.tsdb.retention.size': sizeText(config.retention.sizeBytes.metrics ?? 0) || '0B',
      'storage.tsdb.retention.time': formatDuration(config.retentionMs.metrics),
      'query.timeout': formatDuration(config.limits.queryTimeoutMs),
      'query.max-concurrency': String(config.limits.queryConcurrency),
      'query.max-samples': String(config.query.samplesMax),
      'query.lookback-delta': formatDuration(config.query.lookbackMs),
      'log.level': config.logLevel,
      'web.cors.origin': config.corsOrigin ?? '.*',
      'rules.alert.for-outage-tolerance': formatDuration(config.ruleAlerts.outageToleranceMs),
      'rules.alert.for-grace-period': formatDuration(config.ruleAlerts.gracePeriodMs),
      'rules.alert.resend-delay': formatDuration(config.ruleAlerts.resendDelayMs),
      'web.external-url': config.externalUrl ?? '',
      'web.enable-admin-api': String(config.enableAdminApi),
      'web.enable-lifecycle': String(config.enableLifecycle),
      'web.enable-remote-write-receiver': 'true',
      'web.enable-otlp-receiver': 'true',
    }),
    switches: { admin: config.enableAdminApi, lifecycle: config.enableLifecycle },
    build: {
      version: PROMETHEUS_API_VERSION,
      revision: `trilite ${VERSION}`,
      branch: '',
      buildUser: '',
      buildDate: '',
    },
    startMs,
    lastConfigLoad: () => ({ timeMs: startMs, success: true }),
    retention: retentionText(config),
    // Names and values are tenants', how many there are is not.
    tsdb: async (limit) => storage.headStatistics(config.multiTenancy ? 0 : limit),
    blocks: () => storage.blocks('metrics'),
    ruleGroups: () => rules.views('promql'),
    alertmanagers: () => ({ active: [], dropped: [] }),
    notifications,
    selfMetrics: async () => {
      await noteStorage(telemetry, storage);
      return metricFamilies(telemetry);
    },
    features: () => features(config),
  };
}

function scrapePool(scraping: ScrapeStatus | undefined, name: string): ScrapePoolView | undefined {
  const config = scraping?.jobs().find((job) => job.jobName === name);
  return (
    config && {
      relabelConfigs: config.relabelConfigs,
      nameValidation: config.nameValidation,
      yaml: async () => (await import('./config/scrape-config-yaml.ts')).scrapeConfigYaml(config),
    }
  );
}

/** `15d`, `15d or 10GiB`. */
function retentionText({ retentionMs, retention }: Config): string {
  const bytes = retention.sizeBytes.metrics ?? 0;
  const parts = [retentionMs.metrics === 0 ? '' : formatDuration(retentionMs.metrics), sizeText(bytes)];
  return parts.filter((part) => part !== '').join(' or ');
}

const SIZE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** In the largest unit that needs no fraction; '' for none. */
function sizeText(bytes: number): string {
  if (bytes === 0) return '';
  let unit = 0;
  let size = bytes;
  while (size % 1024 === 0 && unit < SIZE_UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size}${SIZE_UNITS[unit]}`;
}

function features({ query }: Config): Record<string, Record<string, boolean>> {
  return {
    otlp_receiver: { delta_conversion: false, native_delta_ingestion: false },
    prometheus: { agent_mode: false, auto_reload_config: false, server_mode: true },
    promql: {
      delayed_name_removal: query.delayNameRemoval,
      type_and_unit_labels: false,
      use_start_timestamps: query.useStartTimestamps,
    },
    scrape: { extra_scrape_metrics: true, type_and_unit_labels: false },
    service_discovery_providers: { file: true, static: true },
    tsdb: { exemplar_storage: true, native_histograms: true, st_storage: true },
    ui: { ui_v2: false, ui_v3: false },
  };
}

function* targetMetadata(scraping: ScrapeStatus | undefined): Iterable<TargetMetadataView> {
  for (const { target, state } of scraping?.active() ?? []) {
    const labels = target.labels.toObject();
    for (const { family, type, help, unit } of state.metadata) {
      yield { target: labels, metric: family, type, help, unit };
    }
  }
}
