/**
 * Reading the Prometheus Operator's resources, put into the local engine: jobs join those of the configuration, groups those of its
 * files. All of it is loaded when the server is ready, and only where it is switched on.
 */

import type { Route } from './api/route.ts';
import { operatorRoute } from './api/trilite/operator-route.ts';
import type { Clock } from './base/clock.ts';
import type { Logger } from './base/log.ts';
import type { Telemetry } from './base/telemetry.ts';
import type { Config } from './config/settings.ts';
import { isSameSetting } from './config/taken-in.ts';
import { inheritedEnvironment } from './config.ts';
import type { ClusterAccess } from './kube/cluster.ts';
import { kubeWatches } from './kube-watches.ts';
import type { LocalRules } from './local-rules.ts';
import type { LocalScraping } from './local-scraping.ts';
import type { Operator, OperatorView } from './operator/operator.ts';
import type { OperatorSettings } from './operator/operator-settings.ts';
import type { Reloadable } from './reloadable.ts';
import type { CheckedGroup } from './rules/rule-group.ts';
import type { ScrapeConfig } from './scrape/scrape-config.ts';

/** What is needed to reach the cluster may come later than this server: a file, a token. */
const RETRY_MS = 30_000;
const NOTHING: OperatorView = { resources: [], unreadable: {} };

export interface LocalOperatorParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly scraping: Pick<LocalScraping, 'takeFurther'>;
  readonly rules: Pick<LocalRules, 'checkFile' | 'putNamespace'>;
}

type RunningOperator = Operator<ScrapeConfig, readonly CheckedGroup[]>;

export class LocalOperator {
  readonly #parts: LocalOperatorParts;
  #config: Config;
  /** Of what runs, or is tried to. */
  #applied: OperatorSettings | undefined;
  #running: RunningOperator | undefined;
  /** Why nothing runs that should. */
  #failure = '';
  /** Set once its metrics are shown. */
  #shown: (() => void) | undefined;
  #hasBegun = false;
  #isEnded = false;
  #changes: Promise<void> = Promise.resolve();

  constructor(parts: LocalOperatorParts) {
    this.#parts = parts;
    this.#config = parts.config;
  }

  begin(): void {
    this.#hasBegun = true;
    this.#follow(this.#config);
  }

  readonly reload: Reloadable = {
    prepare: async (config) => () => {
      const before = this.#config;
      this.#config = config;
      this.#follow(before);
    },
  };

  get routes(): readonly Route[] {
    return [operatorRoute(() => this.#view())];
  }

  #view() {
    return {
      enabled: this.#config.operator.enabled,
      error: this.#failure,
      ...(this.#running?.view() ?? NOTHING),
    };
  }

  #follow(before: Config): void {
    if (!this.#hasBegun || this.#isEnded) return;
    const { operator, monitorDefaults } = this.#config;
    const wanted = operator.enabled ? operator : undefined;
    if (!isSameSetting(wanted, this.#applied)) {
      this.#applied = wanted;
      this.#change(() => this.#replace(wanted));
    } else if (!isSameSetting(monitorDefaults, before.monitorDefaults)) this.#running?.refresh();
  }

  /** Changes follow each other. */
  #change(change: () => Promise<void>): void {
    const { log } = this.#parts;
    this.#changes = this.#changes.then(change).catch((error) => {
      log.error('resources of the Prometheus Operator are not followed', { error });
    });
  }

  async #replace(settings: OperatorSettings | undefined): Promise<void> {
    const before = this.#running;
    this.#running = undefined;
    await before?.stop();
    await before?.withdraw();
    if (settings) await this.#start(settings);
  }

  async #start(settings: OperatorSettings): Promise<void> {
    if (this.#isEnded || settings !== this.#applied) return;
    const { clock, log } = this.#parts;
    try {
      this.#running = await this.#open(settings);
      this.#failure = '';
      this.#running.start();
    } catch (error) {
      this.#failure = (error as Error).message;
      log.warn('the cluster of the Prometheus Operator is not reached', { error });
      clock.after(RETRY_MS, () => this.#change(() => this.#start(settings)));
    }
  }

  async #open(settings: OperatorSettings): Promise<RunningOperator> {
    const { Operator: Made } = await import('./operator/operator.ts');
    const { showOperator } = await import('./operator/operator-telemetry.ts');
    const kube = await import('./kube/cluster.ts');
    const { readGeneratedJob } = await import('./config/generated-job.ts');
    const yaml = await import('yaml');
    const { clock, log, telemetry, scraping, rules } = this.#parts;
    const environment = inheritedEnvironment();
    const access = settings.cluster ?? ownCluster(environment, kube.SERVICE_ACCOUNT_FOLDER);
    const cluster = kube.openCluster(access, (text) => yaml.parse(text));
    const trusted = new Set(settings.fileAccessNamespaces);
    const own = namespaceOf(access, kube);
    if (own !== undefined) trusted.add(own);
    this.#shown ??= showOperator(telemetry, () => this.#view().resources);
    return new Made({
      settings,
      cluster,
      pool: await kubeWatches(),
      clock,
      log,
      mayReadFiles: (namespace) => trusted.has('*') || trusted.has(namespace),
      outlets: {
        readJob: (fields, mayUseSockets) => {
          const job = readGeneratedJob(yaml, fields, this.#config.monitorDefaults, environment);
          return { ...atCluster(job, access), mayUseSockets };
        },
        takeJobs: (jobs) => scraping.takeFurther(jobs),
        checkRules: (file, text) => rules.checkFile(file, text),
        putRules: (namespace, groups = []) => rules.putNamespace(namespace, groups),
      },
    });
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    this.#shown?.();
    await this.#changes;
    await this.#running?.stop();
  }
}

function ownCluster(
  {
    KUBERNETES_SERVICE_HOST: host = '',
    KUBERNETES_SERVICE_PORT: port = '',
  }: Record<string, string | undefined>,
  folder: string,
): ClusterAccess {
  return { way: 'in-cluster', host, port, folder };
}

/** Of the pod this runs in; undefined outside of one. */
function namespaceOf(
  access: ClusterAccess,
  { ownNamespace, SERVICE_ACCOUNT_FOLDER }: typeof import('./kube/cluster.ts'),
): string | undefined {
  try {
    return ownNamespace(access.way === 'in-cluster' ? access.folder : SERVICE_ACCOUNT_FOLDER);
  } catch {
    return undefined;
  }
}

/** Targets are found in the cluster that the resource is in, unless it names another. */
function atCluster(job: ScrapeConfig, access: ClusterAccess): ScrapeConfig {
  const kubernetesDiscovery = job.kubernetesDiscovery.map((each) =>
    each.access.way === 'in-cluster' ? { ...each, access } : each,
  );
  return { ...job, kubernetesDiscovery };
}
