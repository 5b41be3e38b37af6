/** Scraping, put into the local engine: loaded and started when everything is served, and following the configuration. */

import { hostname } from 'node:os';
import { expose } from './api/health.ts';
import { type OpenAddress, printAddress } from './api/listeners.ts';
import { TEXT_CONTENT_TYPE, type Telemetry } from './base/telemetry.ts';
import type { Config } from './config/settings.ts';
import { parseTargetYaml } from './config/target-yaml.ts';
import { kubeWatches } from './kube-watches.ts';
import type { EngineOptions } from './main.ts';
import type { TriliteError } from './model/errors.ts';
import type { Reloadable } from './reloadable.ts';
import type { InternalJob } from './scrape/job.ts';
import type { ScrapeManager, ScrapeStatus } from './scrape/manager.ts';
import { DEFAULT_SCRAPE_CONFIG, type ScrapeConfig, SELF_SCRAPE_INTERVAL_MS } from './scrape/scrape-config.ts';
import type { MetricAppender, Storage } from './storage/interface.ts';

export class LocalScraping {
  readonly #options: EngineOptions;
  readonly #storage: Storage;
  readonly #refusal: (samples: number) => TriliteError | undefined;
  /** To be scraped: that of the start, until another one is taken in. */
  #config: Config;
  /** Of none of its files. */
  #further: readonly ScrapeConfig[] = [];
  #self: InternalJob | undefined;
  #manager: ScrapeManager | undefined;
  #starting: Promise<void> | undefined;

  /** `refusal` says why a scrape of so many samples may not come. */
  constructor(
    options: EngineOptions,
    storage: Storage,
    refusal: (samples: number) => TriliteError | undefined,
  ) {
    this.#options = options;
    this.#storage = storage;
    this.#refusal = refusal;
    this.#config = options.config;
  }

  /** Undefined before scraping has started: there are no targets then. */
  get status(): ScrapeStatus | undefined {
    return this.#manager;
  }

  /** `address` is where this server is reached. */
  begin(appender: MetricAppender, address: OpenAddress): void {
    const { log, telemetry } = this.#options;
    this.#self = selfJob(telemetry, this.#storage, address);
    this.#starting = this.#start(appender).catch((error) => log.error('scraping did not start', { error }));
  }

  async #start(appender: MetricAppender): Promise<void> {
    const { ScrapeManager: Manager } = await import('./scrape/manager.ts');
    const { DiscoveryPool } = await import('./scrape/discovery/discovery-pool.ts');
    const { ScrapeTelemetry: ScrapeCounts } = await import('./scrape/scrape-telemetry.ts');
    const { clock, log, telemetry, config } = this.#options;
    const counts = new ScrapeCounts(telemetry);
    const shared = { clock, parseYaml: parseTargetYaml };
    const pool = new DiscoveryPool({ ...shared, telemetry, user: 'scrape', watches: kubeWatches });
    const manager = new Manager({
      ...shared,
      appender,
      log,
      pool,
      telemetry: counts,
      maxAgeMs: () => this.#config.limits.maxAgeMs.metrics,
      refusal: this.#refusal,
      seed: `${hostname()}${JSON.stringify(config.externalLabels)}`,
    });
    telemetry.onCollect(() => counts.show(manager.counts()));
    this.#manager = manager;
    this.#apply();
  }

  /** Jobs beside those of the configuration, in place of the last such; where both have a name, it is the configuration's. */
  takeFurther(jobs: readonly ScrapeConfig[]): void {
    this.#further = jobs;
    this.#apply();
  }

  #apply(): void {
    const { scrapeConfigs, selfScrape } = this.#config;
    const named = new Set(scrapeConfigs.map(({ jobName }) => jobName));
    const further = this.#further.filter(({ jobName }) => !named.has(jobName));
    this.#manager?.apply([...scrapeConfigs, ...further], selfScrape && this.#self ? [this.#self] : []);
  }

  readonly reload: Reloadable = {
    prepare: async (config) => () => {
      this.#config = config;
      this.#apply();
    },
  };

  async end(): Promise<void> {
    await this.#starting;
    await this.#manager?.stop();
  }
}

function selfJob(telemetry: Telemetry, storage: Storage, address: OpenAddress): InternalJob {
  return {
    config: {
      ...DEFAULT_SCRAPE_CONFIG,
      jobName: 'trilite',
      // How users reach it; this job itself goes no such way.
      scheme: address.tls ? 'https' : 'http',
      scrapeIntervalMs: SELF_SCRAPE_INTERVAL_MS,
      staticConfigs: [{ targets: [printAddress(address)], labels: {} }],
    },
    // A newcomer's first query shows something.
    atOnce: true,
    fetch: async () => ({
      body: Buffer.from(await expose(telemetry, storage)),
      contentType: TEXT_CONTENT_TYPE,
    }),
  };
}
