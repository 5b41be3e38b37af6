/**
 * What discovery tells of itself, under the original's names. Where the original has a summary there is a histogram:
 * its `_sum` and `_count` are the same.
 */

import type { Counter, HistogramCounter, Telemetry } from '../../base/telemetry.ts';
import type { ChangeType } from '../../kube/object-watch.ts';
import { KUBERNETES_ROLES, type KubernetesRole } from './discovery-config.ts';

/** Seconds, of the original's histogram. */
const REFRESH_BUCKETS: readonly number[] = [0.01, 0.1, 1, 10];

const EVENTS: readonly ChangeType[] = ['add', 'delete', 'update'];

/** Of whom the targets are. */
export type DiscoveryUser = 'scrape' | 'notify';

/** Counts of one mechanism's refreshes for one job. */
export interface RefreshCounts {
  readonly failures: Counter;
  readonly duration: HistogramCounter;
  readonly mechanismDuration: HistogramCounter;
}

export interface KubernetesCounts {
  event(role: KubernetesRole, type: ChangeType): void;
  /** Requests of watches and lists that failed. */
  readonly failures: Counter;
}

export class DiscoveryTelemetry {
  readonly #telemetry: Telemetry;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  refresh(mechanism: string, config: string): RefreshCounts {
    const t = this.#telemetry;
    return {
      failures: t
        .counter('prometheus_sd_refresh_failures_total', 'Refreshes that failed.', ['mechanism', 'config'])
        .with(mechanism, config),
      duration: t
        .histogram('prometheus_sd_refresh_duration_seconds', 'Seconds that a refresh took.', [
          'mechanism',
          'config',
        ])
        .with(mechanism, config),
      mechanismDuration: t
        .histogram(
          'prometheus_sd_refresh_duration_histogram_seconds',
          'Seconds that a refresh took, of all jobs.',
          ['mechanism'],
          REFRESH_BUCKETS,
        )
        .with(mechanism),
    };
  }

  /** After the last discovery of that mechanism for that job. */
  forgetRefresh(mechanism: string, config: string): void {
    for (const name of ['prometheus_sd_refresh_failures_total', 'prometheus_sd_refresh_duration_seconds']) {
      this.#telemetry.find(name)?.forget(['mechanism', 'config'], [mechanism, config]);
    }
  }

  file() {
    const t = this.#telemetry;
    const mtimes = t.gauge('prometheus_sd_file_mtime_seconds', 'When target files were changed last.', [
      'filename',
    ]);
    return {
      readErrors: t
        .counter('prometheus_sd_file_read_errors_total', 'Target files that could not be read, each time.')
        .with(),
      watcherErrors: t
        .counter('prometheus_sd_file_watcher_errors_total', 'Folders that could not be watched.')
        .with(),
      scanDuration: t
        .histogram('prometheus_sd_file_scan_duration_seconds', 'Seconds that a look at the files took.')
        .with(),
      mtime: (path: string, seconds: number) => mtimes.with(path).set(seconds),
      forget: (path: string) => mtimes.forget(['filename'], [path]),
    };
  }

  httpFailures(): Counter {
    const help = 'Refreshes of HTTP discovery that failed.';
    return this.#telemetry.counter('prometheus_sd_http_failures_total', help).with();
  }

  dns(): { readonly lookups: Counter; readonly failures: Counter } {
    const t = this.#telemetry;
    return {
      lookups: t.counter('prometheus_sd_dns_lookups_total', 'Names that were looked up.').with(),
      failures: t.counter('prometheus_sd_dns_lookup_failures_total', 'Lookups that failed.').with(),
    };
  }

  kubernetes(): KubernetesCounts {
    const t = this.#telemetry;
    const help = 'Objects of Kubernetes that came, changed or went.';
    const events = t.counter('prometheus_sd_kubernetes_events_total', help, ['role', 'event']);
    for (const role of KUBERNETES_ROLES) for (const event of EVENTS) events.with(role, event);
    return {
      event: (role, type) => events.with(role, type).add(),
      failures: t
        .counter('prometheus_sd_kubernetes_failures_total', 'Requests to Kubernetes that failed.')
        .with(),
    };
  }

  /** Of all discovery of one user. */
  user(name: DiscoveryUser) {
    const t = this.#telemetry;
    const targets = t.gauge('prometheus_sd_discovered_targets', 'Targets that are known.', [
      'config',
      'name',
    ]);
    const updated = t.gauge('prometheus_sd_last_update_timestamp_seconds', 'When targets were told last.', [
      'config',
      'name',
    ]);
    return {
      failedConfigs: t
        .gauge('prometheus_sd_failed_configs', 'Discoveries that could not be set up.', ['name'])
        .with(name),
      received: t
        .counter('prometheus_sd_received_updates_total', 'Updates that mechanisms gave.', ['name'])
        .with(name),
      sent: t.counter('prometheus_sd_updates_total', 'Updates that were passed on.', ['name']).with(name),
      delayed: t
        .counter(
          'prometheus_sd_updates_delayed_total',
          'Updates that waited because others came just before.',
          ['name'],
        )
        .with(name),
      discovered: (config: string, count: number, nowMs: number) => {
        targets.with(config, name).set(count);
        updated.with(config, name).set(nowMs / 1000);
      },
      forget: (config: string) => {
        for (const family of [targets, updated]) family.forget(['config', 'name'], [config, name]);
      },
    };
  }
}
