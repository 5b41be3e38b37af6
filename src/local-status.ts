/** What the Prometheus status endpoints show of the local engine: targets, configuration, counts of the head. */

import { noteStorage } from './api/health.ts';
import type { Notifications } from './api/prometheus/notifications.ts';
import { metricFamilies } from './api/prometheus/self-metrics.ts';
import type {
  PrometheusStatusView,
  ScrapePoolView,
  TargetMetadataView,
} from './api/prometheus/status-view.ts';
import type { Clock } from './base/clock.ts';
import type { Telemetry } from './base/telemetry.ts';
import type { Config } from './config/settings.ts';
import type { ConfigInForce } from './config-in-force.ts';
import { globalUrl } from './external-url.ts';
import type { LocalNotify } from './local-notify.ts';
import type { LocalRules } from './local-rules.ts';
import { formatDuration } from './model/duration.ts';
import type { ScrapeStatus } from './scrape/manager.ts';
import type { Storage } from './storage/interface.ts';
import { VERSION } from './version.ts';

/** The version of Prometheus whose API this is: clients (Grafana) decide by it what they may ask for. */
const PROMETHEUS_API_VERSION = '3.5.0';

/** Before scraping has started there are no targets. */
export function prometheusStatus(
  inForce: ConfigInForce,
  storage: Storage,
  scraping: () => ScrapeStatus | undefined,
  parts: {
    telemetry: Telemetry;
    notifications: Notifications;
    rules: LocalRules;
    notify: LocalNotify;
    clock: Clock;
  },
): PrometheusStatusView {
  const { telemetry, notifications, rules, notify, clock } = parts;
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
        scrapeInterval: target.intervalText,
        scrapeTimeout: target.timeoutText,
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
    configYaml: () => inForce.config.fileText,
    flags: () => flags(inForce.config),
    nowMs: () => clock.now(),
    switches: { admin: inForce.config.enableAdminApi, lifecycle: inForce.config.enableLifecycle },
    build: {
      version: PROMETHEUS_API_VERSION,
      revision: `trilite ${VERSION}`,
      branch: '',
      buildUser: '',
      buildDate: '',
    },
    startMs,
    // To the second, as there.
    lastConfigLoad: () => ({
      timeMs: Math.floor(inForce.loadedMs / 1000) * 1000,
      success: inForce.isFresh,
    }),
    retention: () => retentionText(inForce.config),
    tsdb: async (limit) => storage.headStatistics(limit),
    tellsTenantsApart: inForce.config.multiTenancy,
    blocks: () => storage.blocks('metrics'),
    ruleGroups: (tenant) => rules.views('promql', tenant),
    alertmanagers: () => notify.view(),
    notifications,
    selfMetrics: async () => {
      await noteStorage(telemetry, storage);
      return metricFamilies(telemetry);
    },
    features: () => features(inForce.config),
  };
}

/** Under the original's names. */
function flags(config: Config): Record<string, string> {
  return {
    'config.auto-reload': String(config.autoReload),
    'config.file': config.file ?? '',
    'storage.tsdb.path': config.dataDir,
    'storage.tsdb.retention.size': sizeText(config.retention.sizeBytes.metrics ?? 0) || '0B',
    'storage.tsdb.retention.time': formatDuration(config.retentionMs.metrics),
    'query.timeout': formatDuration(config.limits.queryTimeoutMs),
    'query.max-concurrency': String(config.limits.queryConcurrency),
    'query.max-samples': String(config.query.samplesMax),
    'query.lookback-delta': formatDuration(config.query.lookbackMs),
    'alertmanager.drain-notification-queue-on-shutdown': String(config.alerting.drainsOnShutdown),
    'alertmanager.notification-batch-size': String(config.alerting.batchSize),
    'alertmanager.notification-queue-capacity': String(config.alerting.queueCapacity),
    'log.level': config.logLevel,
    'rules.alert.for-grace-period': formatDuration(config.ruleAlerts.gracePeriodMs),
    'rules.alert.for-outage-tolerance': formatDuration(config.ruleAlerts.outageToleranceMs),
    'rules.alert.resend-delay': formatDuration(config.ruleAlerts.resendDelayMs),
    'web.config.file': config.webConfigFile ?? '',
    'web.cors.origin': config.corsOrigin ?? '.*',
    'web.enable-admin-api': String(config.enableAdminApi),
    'web.enable-lifecycle': String(config.enableLifecycle),
    'web.enable-remote-write-receiver': 'true',
    'web.enable-otlp-receiver': 'true',
    'web.external-url': config.externalUrl ?? '',
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

function features({ query, file, autoReload }: Config): Record<string, Record<string, boolean>> {
  return {
    otlp_receiver: { delta_conversion: false, native_delta_ingestion: false },
    prometheus: {
      agent_mode: false,
      auto_reload_config: file !== undefined && autoReload,
      server_mode: true,
    },
    promql: {
      delayed_name_removal: query.delayNameRemoval,
      type_and_unit_labels: false,
      use_start_timestamps: query.useStartTimestamps,
    },
    scrape: { extra_scrape_metrics: true, type_and_unit_labels: false },
    service_discovery_providers: {
      ...{ dns: true, docker: true, dockerswarm: true },
      ...{ file: true, http: true, static: true },
    },
    tsdb: { exemplar_storage: true, native_histograms: true, st_storage: true },
    ui: { ui_v2: false, ui_v3: false },
  };
}

function* targetMetadata(scraping: ScrapeStatus | undefined): Iterable<TargetMetadataView> {
  for (const { target, families } of scraping?.active() ?? []) {
    const labels = target.labels.toObject();
    for (const { family, type, help, unit } of families()) {
      yield { target: labels, metric: family, type, help, unit };
    }
  }
}
