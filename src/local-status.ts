/** What the Prometheus status endpoints show of the local engine: targets, configuration, counts of the head. */

import type { PrometheusStatusView, TargetMetadataView } from './api/prometheus/status-view.ts';
import type { Config } from './config/settings.ts';
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
): PrometheusStatusView {
  const startMs = Date.now() - Math.round(process.uptime() * 1000);
  return {
    activeTargets: () =>
      (scraping()?.active() ?? []).map(({ job, target, state }) => ({
        discoveredLabels: target.discovered.toObject(),
        labels: target.labels.toObject(),
        scrapePool: job,
        scrapeUrl: target.url,
        globalUrl: target.url,
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
    scrapePools: () => (scraping()?.jobs() ?? []).map((job) => job.jobName),
    targetMetadata: () => targetMetadata(scraping()),
    configYaml: () => config.fileText,
    flags: () => ({
      'config.file': config.file ?? '',
      'storage.tsdb.path': config.dataDir,
      'storage.tsdb.retention.time': formatDuration(config.retentionMs.metrics),
      'query.timeout': formatDuration(config.limits.queryTimeoutMs),
      'query.max-concurrency': String(config.limits.queryConcurrency),
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
    retention: config.retentionMs.metrics === 0 ? '' : formatDuration(config.retentionMs.metrics),
    tsdb: async (limit) => storage.headStatistics(limit),
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
