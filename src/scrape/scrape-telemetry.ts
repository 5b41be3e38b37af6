/**
 * What scraping tells of itself, under the names that dashboards and alerts for Prometheus ask for. What belongs to a job
 * goes with it.
 */

import type { Summary } from '../base/summary.ts';
import type { Counter, Family, Gauge, Telemetry } from '../base/telemetry.ts';
import { formatDuration } from '../model/duration.ts';
import type { Refusal, RefusalReason } from '../storage/interface.ts';
import type { Collected, PassedLimit } from './scrape-tally.ts';

/** Of a job, as it is when metrics are asked for. */
export interface JobCounts {
  readonly job: string;
  readonly targets: number;
  readonly targetLimit: number;
  readonly families: number;
  readonly familyBytes: number;
}

type JobGauge = Exclude<keyof JobCounts, 'job'>;

const OF_JOB = ['scrape_job'] as const;

/** As Prometheus' own summaries of durations have them. */
const QUANTILES: readonly number[] = [0.01, 0.05, 0.5, 0.9, 0.99];

export class ScrapeTelemetry {
  readonly poolsMade: Counter;
  readonly poolReloads: Counter;
  readonly targetLimitPassed: Counter;
  readonly bodyLimitPassed: Counter;
  readonly #passed: Readonly<Record<PassedLimit, Counter>>;
  readonly #refused: Readonly<Partial<Record<RefusalReason, Counter>>>;
  readonly #duplicates: Counter;
  readonly #outOfBounds: Counter;
  readonly #intervals: Family<Summary>;
  readonly #reloadSeconds: Family<Summary>;
  readonly #syncs: Family<Counter>;
  readonly #syncsFailed: Family<Counter>;
  readonly #syncSeconds: Family<Summary>;
  readonly #jobGauges: Readonly<Record<JobGauge, Family<Gauge>>>;

  constructor(telemetry: Telemetry) {
    const counter = (name: string, help: string): Counter =>
      telemetry.counter(`prometheus_target_${name}`, help).with();
    this.poolsMade = counter('scrape_pools_total', 'Jobs that scraping began with.');
    counter('scrape_pools_failed_total', 'Jobs that could not begin.');
    this.poolReloads = counter('scrape_pool_reloads_total', 'Jobs that went on with another configuration.');
    counter('scrape_pool_reloads_failed_total', 'Jobs that could not go on with another configuration.');
    this.targetLimitPassed = counter(
      'scrape_pool_exceeded_target_limit_total',
      'Times that a job was found with more targets than it may have.',
    );
    this.bodyLimitPassed = counter(
      'scrapes_exceeded_body_size_limit_total',
      'Scrapes whose body was larger than allowed.',
    );
    this.#passed = {
      samples: counter('scrapes_exceeded_sample_limit_total', 'Scrapes with more samples than allowed.'),
      buckets: counter(
        'scrapes_exceeded_native_histogram_bucket_limit_total',
        'Scrapes with a native histogram of more buckets than allowed.',
      ),
      labels: counter('scrape_pool_exceeded_label_limits_total', 'Scrapes with a series past a label limit.'),
    };
    const rejected = (name: string, help: string): Counter => counter(`scrapes_sample_${name}_total`, help);
    this.#duplicates = rejected(
      'duplicate_timestamp',
      'Samples refused: their series has another value at their time.',
    );
    this.#outOfBounds = rejected('out_of_bounds', 'Samples refused: too old, or too far ahead.');
    this.#refused = {
      duplicate_timestamp: this.#duplicates,
      out_of_order: rejected('out_of_order', 'Samples refused: older than their series may be.'),
      too_old: this.#outOfBounds,
    };
    const summary = (name: string, help: string, labels: readonly string[]) =>
      telemetry.summary(`prometheus_target_${name}`, help, QUANTILES, labels);
    this.#intervals = summary('interval_length_seconds', 'Times between scrapes of a target.', ['interval']);
    this.#reloadSeconds = summary(
      'reload_length_seconds',
      'How long it took a job to go on with another configuration.',
      ['interval'],
    );
    this.#syncSeconds = summary('sync_length_seconds', 'How long targets took to be made.', OF_JOB);
    const byJob = (name: string, help: string) =>
      telemetry.counter(`prometheus_target_${name}`, help, OF_JOB);
    this.#syncs = byJob('scrape_pool_sync_total', 'Times that targets were made of what was discovered.');
    this.#syncsFailed = byJob('sync_failed_total', 'Targets that cannot be scraped as they stand.');
    this.#jobGauges = jobGauges(telemetry);
  }

  scraped({ passed, duplicates, outOfBounds }: Collected): void {
    for (const limit of passed) this.#passed[limit].add();
    this.#duplicates.add(duplicates);
    this.#outOfBounds.add(outOfBounds);
  }

  refused(refusals: readonly Refusal[]): void {
    for (const { reason } of refusals) this.#refused[reason]?.add();
  }

  /** The children that count scrapes `intervalMs` apart. */
  intervals(intervalMs: number): Summary {
    return this.#intervals.with(formatDuration(intervalMs));
  }

  reloaded(intervalMs: number, seconds: number): void {
    this.poolReloads.add();
    this.#reloadSeconds.with(formatDuration(intervalMs)).observe(seconds);
  }

  synced(job: string, failed: number, seconds: number): void {
    this.#syncs.with(job).add();
    this.#syncsFailed.with(job).add(failed);
    this.#syncSeconds.with(job).observe(seconds);
  }

  /** Right before metrics are printed. */
  show(jobs: readonly JobCounts[]): void {
    for (const [key, family] of Object.entries(this.#jobGauges)) {
      const name = key as JobGauge;
      family.clear();
      for (const counts of jobs) family.with(counts.job).set(counts[name]);
    }
  }

  forgetJob(job: string): void {
    for (const family of [this.#syncs, this.#syncsFailed, this.#syncSeconds]) family.forget(OF_JOB, [job]);
  }
}

function jobGauges(telemetry: Telemetry): Record<JobGauge, Family<Gauge>> {
  const gauge = (name: string, help: string): Family<Gauge> =>
    telemetry.gauge(`prometheus_target_${name}`, help, OF_JOB);
  return {
    targets: gauge('scrape_pool_targets', 'Targets of a job.'),
    targetLimit: gauge('scrape_pool_target_limit', 'Targets that a job may have; 0 is no limit.'),
    families: gauge('metadata_cache_entries', 'Metric families that are known of targets.'),
    familyBytes: gauge('metadata_cache_bytes', 'Bytes of what is known of them.'),
  };
}
