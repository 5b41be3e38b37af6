/** What a remote's queue counts, under the names that the original's dashboards and alerts know. */

import type { Telemetry } from '../../base/telemetry.ts';
import { DROP_REASONS, DURATION_BOUNDS, type Item, QueueCounters } from './counters.ts';
import type { QueueConfig } from './remote-write-config.ts';

export interface ShownRemote {
  readonly name: string;
  /** Without a password. */
  readonly url: string;
  readonly queue: QueueConfig;
  readonly counters: QueueCounters;
}

const PREFIX = 'prometheus_remote_storage_';
const LABELS = ['remote_name', 'url'];
const ITEMS: readonly Item[] = QueueCounters.items;

const COUNTERS = [
  ['metadata_total', 'metadataTotal', 'Metadata entries sent to remote storage.'],
  ['metadata_failed_total', 'metadataFailed', 'Metadata entries that a remote storage refused.'],
  ['metadata_retried_total', 'metadataRetried', 'Metadata entries sent again after a passing error.'],
  ['metadata_bytes_total', 'metadataBytes', 'Compressed bytes of metadata sent.'],
  ['bytes_total', 'bytes', 'Compressed bytes of data (not metadata) sent.'],
  ['enqueue_retries_total', 'enqueueRetries', 'Times that no more was read since the shards were full.'],
] as const;

const GAUGES = [
  [
    'queue_highest_timestamp_seconds',
    'highestSeconds',
    'Newest timestamp that was queued, 0 before the first.',
  ],
  [
    'queue_highest_sent_timestamp_seconds',
    'highestSentSeconds',
    'Newest timestamp that was sent, 0 before the first.',
  ],
  ['shards', 'shards', 'Shards that send in parallel.'],
  ['shards_desired', 'shardsDesired', 'Shards that the rates of samples in and out ask for.'],
] as const;

const SETTINGS = [
  ['shards_max', 'maxShards', 'Shards that there may be.'],
  ['shards_min', 'minShards', 'Shards that there are at least.'],
  ['shard_capacity', 'capacity', 'Items that a shard holds.'],
  ['max_samples_per_send', 'maxSamplesPerSend', 'Items of a request.'],
] as const;

/** Fills the families whenever they are asked for, from the first remote on. */
export function showRemotes(telemetry: Telemetry, remotes: () => readonly ShownRemote[]): void {
  let any = false;
  telemetry.onCollect(() => {
    const shown = remotes();
    any ||= shown.length > 0;
    if (!any) return;
    showAll(telemetry, shown);
    for (const item of ITEMS) showItem(telemetry, item, shown);
    for (const [name, field, help] of COUNTERS) {
      const family = telemetry.counter(PREFIX + name, help, LABELS);
      family.clear();
      for (const r of shown) family.with(r.name, r.url).value = r.counters.get(field);
    }
    for (const [name, field, help] of GAUGES) {
      const family = telemetry.gauge(PREFIX + name, help, LABELS);
      family.clear();
      for (const r of shown) family.with(r.name, r.url).set(r.counters.get(field));
    }
    for (const [name, field, help] of SETTINGS) {
      const family = telemetry.gauge(PREFIX + name, help, LABELS);
      family.clear();
      for (const r of shown) family.with(r.name, r.url).set(r.queue[field]);
    }
    showDurations(telemetry, shown);
    const help = 'Bytes of the database that wait for a remote alone.';
    const waiting = telemetry.gauge('trilite_remote_write_queue_bytes', help, LABELS);
    waiting.clear();
    for (const r of shown) waiting.with(r.name, r.url).set(r.counters.get('queueBytes'));
  });
}

/** Of all remotes together, as the original has it: what any of them has read. */
function showAll(telemetry: Telemetry, shown: readonly ShownRemote[]): void {
  for (const item of ITEMS) {
    const read = Math.max(0, ...shown.map((r) => r.counters.item(item, 'in')));
    telemetry.counter(`${PREFIX}${item}_in_total`, `${titled(item)} read for remote storage.`).with().value =
      read;
  }
  const newest = Math.max(0, ...shown.map((r) => r.counters.get('highestSeconds')));
  const help = 'Newest timestamp that came, in seconds, 0 before the first.';
  telemetry.gauge(`${PREFIX}highest_timestamp_in_seconds`, help).with().set(newest);
}

function titled(item: Item): string {
  return item[0]!.toUpperCase() + item.slice(1);
}

function showItem(telemetry: Telemetry, item: Item, shown: readonly ShownRemote[]): void {
  const counters = [
    ['total', `${titled(item)} sent to remote storage, each attempt.`],
    ['failed', `${titled(item)} that a remote storage refused.`],
    ['retried', `${titled(item)} sent again after a passing error.`],
  ] as const;
  for (const [what, help] of counters) {
    const name = what === 'total' ? `${item}_total` : `${item}_${what}_total`;
    const family = telemetry.counter(PREFIX + name, help, LABELS);
    family.clear();
    for (const r of shown) family.with(r.name, r.url).value = r.counters.item(item, what);
  }
  const pending = telemetry.gauge(
    `${PREFIX}${item}_pending`,
    `${titled(item)} in requests that wait or are sent.`,
    LABELS,
  );
  pending.clear();
  for (const r of shown) pending.with(r.name, r.url).set(r.counters.item(item, 'pending'));
  const help = `${titled(item)} that were read and not sent, by reason.`;
  const dropped = telemetry.counter(`${PREFIX}${item}_dropped_total`, help, [...LABELS, 'reason']);
  dropped.clear();
  for (const r of shown) {
    for (const reason of DROP_REASONS) {
      const n = r.counters.item(item, reason);
      if (n > 0) dropped.with(r.name, r.url, reason).value = n;
    }
  }
}

function showDurations(telemetry: Telemetry, shown: readonly ShownRemote[]): void {
  const name = `${PREFIX}sent_batch_duration_seconds`;
  const family = telemetry.histogram(name, 'Duration of send calls.', LABELS, DURATION_BOUNDS);
  family.clear();
  for (const r of shown) {
    const child = family.with(r.name, r.url);
    child.counts.set(r.counters.durations());
    child.sum = r.counters.get('durationSum');
  }
}
