/**
 * Following logs, put together: each job has its discoveries, its files and containers, and an intake; all jobs share
 * the sender, the clock of lines, the limit on their rate and the positions.
 *
 *   discovery ─▶ targets ─▶ files, containers ─▶ intake (pipeline) ─▶ sender ─▶ outlets
 */

import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { LogLimits } from '../model/limits.ts';
import { compileRelabel } from '../model/relabel.ts';
import type { Discovery } from '../scrape/discovery/discovery.ts';
import type {
  DockerDiscoveryConfig,
  FileDiscoveryConfig,
  KubernetesDiscoveryConfig,
} from '../scrape/discovery/discovery-config.ts';
import { DockerApi } from '../scrape/discovery/docker-api.ts';
import type { TargetGroup } from '../scrape/target.ts';
import type { LogAppender } from '../storage/interface.ts';
import { DockerTargets } from './docker/docker-targets.ts';
import { EntryTimes } from './entry-times.ts';
import { CompressedFiles } from './file/compressed-files.ts';
import { FileTargets, type FileTargetsParts } from './file/file-targets.ts';
import { ReadBuffers } from './file/read-buffers.ts';
import { Intake } from './intake.ts';
import { LineRate } from './line-rate.ts';
import { DirectOutlet } from './outlet/direct.ts';
import type { Outlet } from './outlet/outlet.ts';
import { PushOutlet } from './outlet/push.ts';
import type { EntryPipeline } from './pipeline/entry.ts';
import type { Positions } from './positions.ts';
import { type ProcessEntry, Sender } from './sender.ts';
import type { TailConfig, TailJob } from './tail-config.ts';
import type { TailTelemetry } from './tail-telemetry.ts';
import { discoveredLabels, type FileTarget, fileTarget } from './target-labels.ts';

/** Mechanisms that the rest of the program has. */
export interface Discoveries {
  file(config: FileDiscoveryConfig): Discovery;
  docker(config: DockerDiscoveryConfig): Discovery;
  kubernetes(config: KubernetesDiscoveryConfig): Discovery;
}

export interface TailParts {
  readonly config: TailConfig;
  readonly positions: Positions;
  readonly appender: LogAppender;
  /** As in `DirectParts`. */
  readonly appenderOf?: ((tenant: string) => LogAppender) | undefined;
  /** What becomes of an entry before it is written anywhere. */
  readonly process: ProcessEntry;
  readonly logLimits: (tenant: string) => LogLimits;
  /** Whether a URL is one of this server's own. */
  readonly isOwn: (url: URL) => boolean;
  readonly discoveries: Discoveries;
  /** Undefined: the job has no stages. */
  readonly compilePipeline: (job: TailJob) => EntryPipeline | undefined;
  readonly clock: Clock;
  readonly telemetry: TailTelemetry;
  readonly log: Logger;
  readonly userAgent: string;
}

/** Stages that wait give out what is complete so often. */
const TICK_MS = 1000;

interface Stoppable {
  stop(): void | Promise<void>;
}

interface RunningJob {
  readonly intake: Intake;
  readonly stoppables: readonly Stoppable[];
}

export class Tail {
  readonly #parts: TailParts;
  readonly #sender: Sender;
  readonly #times: EntryTimes;
  readonly #rate: LineRate;
  readonly #buffers = new ReadBuffers();
  #jobs: readonly RunningJob[] = [];
  #timer: Timer | undefined;
  #starting: Promise<void> | undefined;
  #isStopped = false;

  constructor(parts: TailParts) {
    const { config, positions, process, clock, telemetry, log } = parts;
    this.#parts = parts;
    this.#times = new EntryTimes(() => clock.now());
    this.#rate = new LineRate(config.limits, clock, () => telemetry.dropped('', 'line_rate', 1));
    this.#sender = new Sender({
      outlets: outletsOf(parts),
      process,
      positions,
      config,
      clock,
      telemetry,
      log,
    });
  }

  start(): void {
    const { log } = this.#parts;
    this.#starting = this.#sender.start().then(
      () => {
        if (this.#isStopped) return;
        this.#jobs = this.#parts.config.jobs.map((job) => this.#startJob(job));
        this.#tick();
      },
      (error) => {
        if (!this.#isStopped) log.error('following logs did not start', { error });
      },
    );
  }

  #tick(): void {
    const { clock } = this.#parts;
    for (const { intake } of this.#jobs) intake.tick(clock.now());
    this.#timer = clock.after(TICK_MS, () => this.#tick());
  }

  #startJob(job: TailJob): RunningJob {
    const { config, clock, telemetry, log, positions, compilePipeline } = this.#parts;
    const intake = new Intake({
      pipeline: compilePipeline(job),
      rate: this.#rate,
      sender: this.#sender,
      counters: telemetry.job(job.name),
      onError: (error) => {
        telemetry.dropped('', 'stage_failed', 1);
        log.error('a pipeline stage failed', { job: job.name, error });
      },
    });
    const parts: FileTargetsParts = {
      job: job.name,
      encoding: job.encoding,
      intake,
      times: this.#times,
      buffers: this.#buffers,
      clock,
      telemetry,
      log: log.child({ job: job.name }),
      pollMinMs: config.pollMinMs,
      pollMaxMs: config.pollMaxMs,
      syncPeriodMs: config.syncPeriodMs,
      positions,
    };
    const files = job.decompression
      ? new CompressedFiles({ ...parts, ...job.decompression })
      : new FileTargets(parts);
    const discoveries = this.#discover(job, (targets) => files.set(targets));
    return { intake, stoppables: [...discoveries, files, ...this.#followContainers(job, parts)] };
  }

  #followContainers(job: TailJob, parts: FileTargetsParts): Stoppable[] {
    return job.dockerDiscovery.flatMap((config) => {
      const api = new DockerApi(config.host, config.client);
      const containers = new DockerTargets({ ...parts, api, rules: compileRelabel(job.relabelConfigs) });
      const discovery = this.#parts.discoveries.docker(config);
      discovery.start((groups) => containers.set(groups));
      return [discovery, containers];
    });
  }

  /** Starts what finds the job's files. */
  #discover(job: TailJob, update: (targets: readonly FileTarget[]) => void): Discovery[] {
    const { discoveries: make, config } = this.#parts;
    const rules = compileRelabel(job.relabelConfigs);
    const listed: readonly TargetGroup[] = job.staticTargets;
    const discoveries = [
      ...job.fileDiscovery.map((c) => make.file(c)),
      ...job.kubernetesDiscovery.map((c) => make.kubernetes(c)),
    ];
    const found: (readonly TargetGroup[])[] = discoveries.map(() => []);
    const tell = (): void => {
      const all = [...listed, ...found.flat()].flatMap(discoveredLabels);
      update(all.map((l) => fileTarget(l, rules, config.hostname)).filter((t) => t !== undefined));
    };
    if (listed.length > 0) tell();
    discoveries.forEach((discovery, i) => {
      discovery.start((groups) => {
        found[i] = groups;
        tell();
      });
    });
    return discoveries;
  }

  /** Stops reading, sends what was read, writes the positions. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#sender.beginStop();
    await this.#starting;
    for (const { intake } of this.#jobs) intake.stop();
    await Promise.all(this.#jobs.flatMap(({ stoppables }) => stoppables.map((s) => s.stop())));
    await this.#sender.stop();
  }
}

/** Clients that are this server are the direct way; so is what has no client. */
function outletsOf({
  config,
  isOwn,
  appender,
  appenderOf,
  logLimits,
  clock,
  telemetry,
  log,
  userAgent,
}: TailParts): Outlet[] {
  const direct = { appender, appenderOf, limits: logLimits, now: () => clock.now(), telemetry, log };
  if (config.clients.length === 0)
    return [new DirectOutlet({ name: '', tenant: '', externalLabels: {} }, direct)];
  return config.clients.map((client) => {
    const { name, tenantId: tenant, externalLabels } = client;
    return isOwn(new URL(client.url))
      ? new DirectOutlet({ name, tenant, externalLabels }, direct)
      : new PushOutlet(client, { telemetry, log, userAgent });
  });
}
