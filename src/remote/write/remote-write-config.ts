/** `remote_write:` of a `prometheus.yml`, with its defaults. Plain data, so that it can go to a thread. */

import type { HttpClientConfig } from '../../base/http-client.ts';
import type { RelabelConfig } from '../../model/relabel.ts';

/** Names of the messages that a receiver may get: of remote-write 1.0 and 2.0. */
export const WRITE_MESSAGES = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'] as const;
export type WriteMessage = (typeof WRITE_MESSAGES)[number];

export interface QueueConfig {
  /** Samples that a shard holds before no more is read. */
  readonly capacity: number;
  readonly maxShards: number;
  readonly minShards: number;
  readonly maxSamplesPerSend: number;
  /** The longest that a sample waits for a request to be full. */
  readonly batchSendDeadlineMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly retryOnHttp429: boolean;
  /** Older samples are not sent; 0: of any age. */
  readonly sampleAgeLimitMs: number;
}

export interface MetadataConfig {
  readonly send: boolean;
  readonly sendIntervalMs: number;
  readonly maxSamplesPerSend: number;
}

export interface RemoteWriteConfig {
  readonly url: string;
  /** As it was given; '' where it was not. */
  readonly name: string;
  readonly protobufMessage: WriteMessage;
  readonly remoteTimeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly writeRelabelConfigs: readonly RelabelConfig[];
  readonly sendExemplars: boolean;
  readonly sendNativeHistograms: boolean;
  readonly roundRobinDns: boolean;
  readonly client: HttpClientConfig;
  readonly queue: QueueConfig;
  readonly metadata: MetadataConfig;
}

export const DEFAULT_QUEUE_CONFIG: QueueConfig = {
  capacity: 10_000,
  maxShards: 50,
  minShards: 1,
  maxSamplesPerSend: 2000,
  batchSendDeadlineMs: 5000,
  minBackoffMs: 30,
  maxBackoffMs: 5000,
  retryOnHttp429: false,
  sampleAgeLimitMs: 0,
};

export const DEFAULT_METADATA_CONFIG: MetadataConfig = {
  send: true,
  sendIntervalMs: 60_000,
  maxSamplesPerSend: 2000,
};

export const DEFAULT_REMOTE_TIMEOUT_MS = 30_000;

/** What may wait on disk for a remote, in bytes: beyond it the oldest goes. A sample takes about four. */
export const DEFAULT_QUEUE_BYTES_MAX = 1024 ** 3;
