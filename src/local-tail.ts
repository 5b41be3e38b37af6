/**
 * Following logs, put into the local engine: positions are opened before anything else starts, so that a file of them
 * that cannot be used ends the start; reading begins when everything is served.
 */

import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { ListenAddress } from './api/listeners.ts';
import { systemClock } from './base/clock.ts';
import type { Telemetry } from './base/telemetry.ts';
import { redacted } from './base/url-credentials.ts';
import { parseTargetYaml } from './config/target-yaml.ts';
import { kubeWatches } from './kube-watches.ts';
import type { EngineOptions } from './main.ts';
import type { LogLimits } from './model/limits.ts';
import type { Discovery } from './scrape/discovery/discovery.ts';
import type { KubernetesDiscoveryConfig } from './scrape/discovery/discovery-config.ts';
import { DiscoveryTelemetry } from './scrape/discovery/discovery-telemetry.ts';
import { DockerDiscovery } from './scrape/discovery/docker.ts';
import { FileDiscovery } from './scrape/discovery/file.ts';
import { LateDiscovery } from './scrape/discovery/late-discovery.ts';
import type { LogAppender } from './storage/interface.ts';
import { compilePipeline } from './tail/pipeline/compile.ts';
import type { EntryPipeline } from './tail/pipeline/entry.ts';
import { Positions } from './tail/positions.ts';
import { type Discoveries, Tail } from './tail/tail.ts';
import type { TailConfig } from './tail/tail-config.ts';
import { TailTelemetry } from './tail/tail-telemetry.ts';
import { VERSION } from './version.ts';

const POSITIONS_FILE = 'positions.yaml';
/** A container's first lines come when it starts, and it needs no network to have them. */
const LOGS_USE = { listensToEvents: true, includesNetworkless: true };

export class LocalTail {
  readonly #config: TailConfig;
  readonly #options: EngineOptions;
  readonly #positions: Positions;
  /** By the job's name. */
  readonly #pipelines: ReadonlyMap<string, EntryPipeline>;
  #tail: Tail | undefined;

  private constructor(
    config: TailConfig,
    options: EngineOptions,
    positions: Positions,
    pipelines: ReadonlyMap<string, EntryPipeline>,
  ) {
    this.#config = config;
    this.#options = options;
    this.#positions = positions;
    this.#pipelines = pipelines;
  }

  /** Throws `TriliteError` where the positions cannot be used, or a stage cannot be. */
  static async open(config: TailConfig, options: EngineOptions): Promise<LocalTail> {
    const yaml = await import('yaml');
    const pipelines = await compilePipelines(config, options.telemetry);
    const positions = await Positions.open({
      file: config.positions.file ?? join(options.dataDir, POSITIONS_FILE),
      inherited: config.positions.inherited,
      ignoresInvalid: config.positions.ignoresInvalid,
      jobs: new Set(config.jobs.map((job) => job.name)),
      syncs: options.config.durability === 'disk',
      parseYaml: (text) => yaml.parse(text),
    });
    return new LocalTail(config, options, positions, pipelines);
  }

  /** `appenderOf` where tenants are told apart; `addresses` are this server's own. */
  begin(
    appender: LogAppender,
    appenderOf: ((tenant: string) => LogAppender) | undefined,
    addresses: readonly ListenAddress[],
    logLimits: (tenant: string) => LogLimits,
  ): void {
    const { log, telemetry, processing } = this.#options;
    const tailTelemetry = new TailTelemetry(telemetry);
    this.#tail = new Tail({
      config: this.#config,
      positions: this.#positions,
      appender,
      appenderOf,
      process: (entry, tenant, shared) => processing.followed(entry, tenant, shared),
      logLimits,
      isOwn: (url) => isOwnUrl(url, addresses),
      discoveries: this.#discoveries(tailTelemetry),
      compilePipeline: (job) => this.#pipelines.get(job.name),
      clock: systemClock,
      telemetry: tailTelemetry,
      log,
      userAgent: `Trilite/${VERSION}`,
    });
    this.#tail.start();
  }

  #discoveries(telemetry: TailTelemetry): Discoveries {
    const { log } = this.#options;
    const counts = new DiscoveryTelemetry(this.#options.telemetry);
    const failed = (what: string, error: unknown): void => {
      telemetry.failure('discover');
      log.warn('discovery failed', { what, error });
    };
    return {
      file: (config) =>
        new FileDiscovery(config, {
          clock: systemClock,
          parseYaml: parseTargetYaml,
          telemetry: counts,
          onError: failed,
        }),
      docker: (config) =>
        new DockerDiscovery(config, LOGS_USE, {
          clock: systemClock,
          counts: counts.refresh('docker', 'tail'),
          onError: (error) => failed(redacted(config.host), error),
        }),
      kubernetes: (config) => kubernetesPods(config, counts, (error) => failed('kubernetes', error)),
    };
  }

  async end(): Promise<void> {
    await this.#tail?.stop();
  }
}

function kubernetesPods(
  config: KubernetesDiscoveryConfig,
  telemetry: DiscoveryTelemetry,
  onError: (error: unknown) => void,
): Discovery {
  const load = async (): Promise<Discovery> => {
    const { KubernetesDiscovery } = await import('./scrape/discovery/kubernetes/discovery.ts');
    const watches = await kubeWatches();
    const shared = { clock: systemClock, parseYaml: parseTargetYaml, counts: telemetry.kubernetes() };
    return new KubernetesDiscovery(config, { ...shared, watches, onError });
  };
  return new LateDiscovery(load, (error) => {
    onError(error);
    return () => {};
  });
}

/** A pipeline for each job that has stages. */
async function compilePipelines(
  { jobs }: TailConfig,
  telemetry: Telemetry,
): Promise<Map<string, EntryPipeline>> {
  const out = new Map<string, EntryPipeline>();
  for (const { name, pipelineStages } of jobs) {
    if (pipelineStages.length === 0) continue;
    const options = { jobName: name, now: () => systemClock.now(), telemetry };
    out.set(name, await compilePipeline(pipelineStages, options));
  }
  return out;
}

/** Names of every machine for itself. */
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0|\[::\])$/;

/** Whether a URL leads to one of the addresses, whatever name of this machine it has. */
export function isOwnUrl(url: URL, addresses: readonly ListenAddress[]): boolean {
  if (url.protocol !== 'http:') return false;
  const port = Number(url.port || 80);
  const same = addresses.filter((a) => a.port === port);
  if (same.length === 0) return false;
  const host = url.hostname;
  if (same.some((a) => a.host === host || `[${a.host}]` === host)) return true;
  const isLoopback = LOOPBACK.test(host);
  const takesAny = same.some((a) => a.host === '0.0.0.0' || a.host === '::');
  const takesLoopback = same.some((a) => LOOPBACK.test(a.host) || LOOPBACK.test(`[${a.host}]`));
  if (isLoopback) return takesAny || takesLoopback;
  if (!takesAny) return false;
  const own = Object.values(networkInterfaces()).flatMap((list) => list?.map((i) => i.address) ?? []);
  return host === hostname() || own.some((a) => a === host || `[${a}]` === host);
}
