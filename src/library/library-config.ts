/** The configuration of a sink: what the test says over what suits a test. */

import { join } from 'node:path';
import type { ListenAddress } from '../api/listeners.ts';
import { type Config, DEFAULT_CONFIG, MEMORY_DATA_DIR, SIGNALS } from '../config/settings.ts';
import { LOOPBACK } from '../config/values.ts';
import { configOfText } from '../config.ts';
import { formatDuration } from '../model/duration.ts';
import { durationMs } from './moments.ts';
import type { ScrapeOptions, TriliteOptions } from './options.ts';

/** The process is the test's: its memory says nothing of what is stored here. Heads and requests share half of this at most. */
const MEMORY_BYTES = 2 * 1024 ** 3;
/** In messages, and the folder that paths begin in. */
const CONFIG_NAME = 'options.config';
const SCRAPE_INTERVAL_MS = 1000;

/** Throws `ConfigError`. */
export async function libraryConfig(options: TriliteOptions): Promise<Config> {
  const { config, dataDir, ports = {}, scrape = [], logLevel = 'warn' } = options;
  const base = config === undefined ? DEFAULT_CONFIG : await readConfigText(yamlText(config));
  const jobs = [scrape].flat();
  const scraped =
    jobs.length === 0 ? [] : (await readConfigText(yamlText(scrapeSection(jobs)))).scrapeConfigs;
  return {
    ...base,
    file: undefined,
    dataDir: dataDir ?? MEMORY_DATA_DIR,
    http: [address(ports.http)],
    // Every HTTP port takes gRPC too.
    otlpGrpc: ports.otlpGrpc === undefined ? undefined : address(ports.otlpGrpc),
    zipkin: ports.zipkin === undefined ? [] : [address(ports.zipkin)],
    logLevel,
    selfScrape: false,
    autoReload: false,
    scrapeConfigs: [...base.scrapeConfigs, ...scraped],
    ...unlessSaid(base),
  };
}

/** Limits that protect a server and surprise a test: not where the configuration has its own. */
function unlessSaid({ limits, retentionMs }: Config): Pick<Config, 'limits' | 'retentionMs'> {
  const { limits: usual, retentionMs: usuallyKept } = DEFAULT_CONFIG;
  const isMemorySaid = limits.memoryBytes !== usual.memoryBytes;
  const isRetentionSaid = SIGNALS.some((signal) => retentionMs[signal] !== usuallyKept[signal]);
  return {
    limits: isMemorySaid ? limits : { ...limits, memoryBytes: MEMORY_BYTES },
    retentionMs: isRetentionSaid ? retentionMs : { metrics: 0, logs: 0, traces: 0 },
  };
}

function address(port = 0): ListenAddress {
  return { host: LOOPBACK, port };
}

function readConfigText(text: string): Promise<Config> {
  return configOfText(join(process.cwd(), CONFIG_NAME), text);
}

function yamlText(config: string | object): string {
  // JSON is YAML.
  return typeof config === 'string' ? config : JSON.stringify(config);
}

function scrapeSection(jobs: readonly ScrapeOptions[]): object {
  return {
    scrape_configs: jobs.map(
      ({ targets, job = 'test', path = '/metrics', interval = SCRAPE_INTERVAL_MS, labels = {} }) => {
        const scheme = targets.some((target) => target.startsWith('https://')) ? 'https' : 'http';
        const every = formatDuration(durationMs(interval));
        return {
          job_name: job,
          metrics_path: path,
          scheme,
          scrape_interval: every,
          scrape_timeout: every,
          static_configs: [
            { targets: targets.map((target) => target.replace(/^https?:\/\/|\/+$/g, '')), labels },
          ],
        };
      },
    ),
  };
}
