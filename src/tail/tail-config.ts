/**
 * What a configuration says of following logs, as plain data with every default filled in. The YAML is read and checked
 * elsewhere. Durations are milliseconds, sizes bytes, and 0 as a limit means no limit.
 */

import type { HttpClientConfig } from '../base/http-client.ts';
import type { RelabelConfig } from '../model/relabel.ts';
import type {
  DockerDiscoveryConfig,
  FileDiscoveryConfig,
  KubernetesDiscoveryConfig,
} from '../scrape/discovery/discovery-config.ts';
import type { StageConfig } from './pipeline/stage-config.ts';

/** One way out: a Loki, or this very server. */
export interface ClientConfig {
  /** For messages and counters; the URL unless it was given one. */
  readonly name: string;
  /** With the path of the push endpoint. */
  readonly url: string;
  readonly tenantId: string;
  readonly batchWaitMs: number;
  readonly batchBytes: number;
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** After so many attempts it is told in the log; the lines stay where they are and are tried again. 0: never. */
  readonly retriesMax: number;
  /** Whether a batch that is refused because of a rate (429) is dropped at once. */
  readonly dropsRateLimited: boolean;
  readonly http: HttpClientConfig;
}

export interface PositionsConfig {
  /** Undefined: in the data directory. */
  readonly file: string | undefined;
  /** Read where `file` is not there yet. */
  readonly inherited: string | undefined;
  readonly syncPeriodMs: number;
  /** A file that is no YAML counts as empty. */
  readonly ignoresInvalid: boolean;
}

/** Limits on what is read and passed on. */
export interface TailLimits {
  /** Lines a second, of all files together; 0: as they come. */
  readonly lineRate: number;
  readonly lineBurst: number;
  /** Lines above the rate are dropped; else they wait. */
  readonly dropsAboveRate: boolean;
  readonly lineMaxBytes: number;
  /** Longer lines are cut; else they are dropped. */
  readonly truncatesLines: boolean;
}

/** A group of targets that the configuration lists: labels, `__path__` among them. */
export interface StaticTargets {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export type CompressionFormat = 'gz' | 'z';

/** One entry of `scrape_configs`. */
export interface TailJob {
  readonly name: string;
  readonly pipelineStages: readonly StageConfig[];
  readonly staticTargets: readonly StaticTargets[];
  readonly fileDiscovery: readonly FileDiscoveryConfig[];
  readonly dockerDiscovery: readonly DockerDiscoveryConfig[];
  readonly kubernetesDiscovery: readonly KubernetesDiscoveryConfig[];
  readonly relabelConfigs: readonly RelabelConfig[];
  /** Files are read once, decompressed, and not followed. */
  readonly decompression: { readonly format: CompressionFormat; readonly initialDelayMs: number } | undefined;
  /** A label that the platform's `TextDecoder` takes; UTF-8 where undefined. */
  readonly encoding: string | undefined;
}

export interface TailConfig {
  /** None: everything is stored here. */
  readonly clients: readonly ClientConfig[];
  readonly positions: PositionsConfig;
  readonly jobs: readonly TailJob[];
  readonly limits: TailLimits;
  /** Patterns are looked for on disk so often. */
  readonly syncPeriodMs: number;
  /** Between two looks at a file: while it grows, and when it has been quiet for long. */
  readonly pollMinMs: number;
  readonly pollMaxMs: number;
  /** Targets whose `__host__` is another are not this machine's. */
  readonly hostname: string;
}
