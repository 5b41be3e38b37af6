/** `remote_write:` of the configuration file, with the original's defaults and its words for what is wrong. */

import type { NameValidation } from '../model/relabel.ts';
import {
  DEFAULT_METADATA_CONFIG,
  DEFAULT_QUEUE_CONFIG,
  DEFAULT_REMOTE_TIMEOUT_MS,
  type MetadataConfig,
  type QueueConfig,
  type RemoteWriteConfig,
  WRITE_MESSAGES,
} from '../remote/write/remote-write-config.ts';
import { HTTP_CLIENT_KEYS, readHttpClient } from './http-client-section.ts';
import { readRemoteHeaders, readRemotes, readRemoteUrl } from './remote-section.ts';
import { readRelabel } from './scrape-section.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

/** Ways to sign requests that are not built: unsigned, they would all be refused. */
const UNSUPPORTED_AUTH: readonly string[] = ['sigv4', 'azuread', 'google_iam'];

const REMOTE_WRITE_KEYS: readonly string[] = [
  ...['url', 'remote_timeout', 'headers', 'write_relabel_configs', 'name', 'send_exemplars'],
  ...['send_native_histograms', 'round_robin_dns', 'protobuf_message', 'failed_request_logging'],
  ...['queue_config', 'metadata_config'],
  ...UNSUPPORTED_AUTH,
  ...HTTP_CLIENT_KEYS,
];

/** `validation` is what names a rule may make. */
export function readRemoteWrites(
  node: YamlNode,
  validation: NameValidation,
  warnings: Warnings,
): RemoteWriteConfig[] {
  return readRemotes(node, 'remote write', (item) =>
    readRemoteWrite(item.fields(REMOTE_WRITE_KEYS), validation, warnings),
  );
}

function readRemoteWrite(fields: Fields, validation: NameValidation, warnings: Warnings): RemoteWriteConfig {
  const flag = (key: string) => fields.read(key, (v) => v.boolean(), false);
  const url = fields.get('url') ?? fields.node.fail('url for remote_write is empty');
  for (const key of UNSUPPORTED_AUTH) fields.get(key)?.fail(`${key} is not supported`);
  const logging = fields.get('failed_request_logging');
  if (logging) warnings.add(logging, 'has no meaning here and is ignored');
  const client = readHttpClient(fields, warnings);
  return {
    url: readRemoteUrl(url, 'remote_write'),
    name: fields.read('name', (v) => v.string(), ''),
    protobufMessage: fields.read(
      'protobuf_message',
      (v) =>
        WRITE_MESSAGES.find((m) => m === v.string()) ??
        v.fail(
          `invalid protobuf_message value: unknown type for remote write protobuf message ${v.string()}, supported: ${WRITE_MESSAGES.join(', ')}`,
        ),
      WRITE_MESSAGES[0],
    ),
    remoteTimeoutMs: fields.read('remote_timeout', (v) => v.durationMs(), DEFAULT_REMOTE_TIMEOUT_MS),
    headers: fields.read('headers', readRemoteHeaders, {}),
    writeRelabelConfigs: fields.read(
      'write_relabel_configs',
      (v) => v.list().map((rule) => readRelabel(rule, validation)),
      [],
    ),
    sendExemplars: flag('send_exemplars'),
    sendNativeHistograms: flag('send_native_histograms'),
    roundRobinDns: flag('round_robin_dns'),
    client,
    queue: fields.read('queue_config', readQueue, DEFAULT_QUEUE_CONFIG),
    metadata: fields.read('metadata_config', readMetadata, DEFAULT_METADATA_CONFIG),
  };
}

function readQueue(node: YamlNode): QueueConfig {
  const fields = node.fields([
    ...['capacity', 'max_shards', 'min_shards', 'max_samples_per_send', 'batch_send_deadline'],
    ...['min_backoff', 'max_backoff', 'retry_on_http_429', 'sample_age_limit'],
  ]);
  const d = DEFAULT_QUEUE_CONFIG;
  const positive = (key: string, fallback: number) =>
    fields.read(
      key,
      (v) =>
        /^-/.test(v.string()) || v.count() === 0
          ? v.fail(`remote write queue ${key} must be positive`)
          : v.count(),
      fallback,
    );
  const duration = (key: string, fallback: number) => fields.read(key, (v) => v.durationMs(), fallback);
  const queue: QueueConfig = {
    maxShards: positive('max_shards', d.maxShards),
    minShards: positive('min_shards', d.minShards),
    maxSamplesPerSend: positive('max_samples_per_send', d.maxSamplesPerSend),
    capacity: positive('capacity', d.capacity),
    batchSendDeadlineMs: duration('batch_send_deadline', d.batchSendDeadlineMs),
    minBackoffMs: duration('min_backoff', d.minBackoffMs),
    maxBackoffMs: duration('max_backoff', d.maxBackoffMs),
    retryOnHttp429: fields.read('retry_on_http_429', (v) => v.boolean(), d.retryOnHttp429),
    sampleAgeLimitMs: duration('sample_age_limit', d.sampleAgeLimitMs),
  };
  if (queue.minShards > queue.maxShards)
    node.fail('remote write queue min_shards must not be greater than max_shards');
  if (queue.maxBackoffMs < queue.minBackoffMs)
    node.fail('remote write queue max_backoff must not be less than min_backoff');
  return queue;
}

function readMetadata(node: YamlNode): MetadataConfig {
  const fields = node.fields(['send', 'send_interval', 'max_samples_per_send']);
  const d = DEFAULT_METADATA_CONFIG;
  const count = fields.read('max_samples_per_send', (v) => v.count(), d.maxSamplesPerSend);
  const intervalMs = fields.read('send_interval', (v) => v.durationMs(), d.sendIntervalMs);
  return {
    send: fields.read('send', (v) => v.boolean(), d.send),
    sendIntervalMs: intervalMs || d.sendIntervalMs,
    maxSamplesPerSend: count || d.maxSamplesPerSend,
  };
}
