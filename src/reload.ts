/**
 * Reading the configuration again while the server runs:
 *
 *   asked ─▶ read ─▶ what cannot change now keeps its value ─▶ every part is ready for it ─▶ in force, in one turn
 *                └─ wrong ─▶ refused ◀───────────────────────────┘ cannot follow
 *
 * One at a time. Who asks while one is under way is answered by the next one, since what is being read may be older than
 * what the asking is about; so however many ask, one more follows.
 */

import type { LogFields, Logger } from './base/log.ts';
import type { Telemetry } from './base/telemetry.ts';
import { ConfigError } from './config/config-error.ts';
import { configFiles } from './config/config-files.ts';
import type { Config } from './config/settings.ts';
import { type ConfigChange, changeOf, isSameSetting } from './config/taken-in.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { ConfigWatch } from './config-watch.ts';
import { type Reloadable, together } from './reloadable.ts';

export interface ReloaderParts {
  readonly inForce: ConfigInForce;
  /** Reads flags, environment and files. Rejects with `ConfigError`. */
  readonly load: () => Promise<Config>;
  readonly parts: readonly Reloadable[];
  readonly telemetry: Telemetry;
  readonly log: Logger;
  readonly now: () => number;
}

export class Reloader {
  readonly #parts: ReloaderParts;
  readonly #all: Reloadable;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #ended = false;
  #watch: ConfigWatch | undefined;
  #watched: readonly string[] = [];
  #begun = false;

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
    this.#all = together(parts.parts);
    const { telemetry, inForce } = parts;
    const gauge = (name: string, help: string) => telemetry.gauge(`prometheus_config_${name}`, help).with();
    const success = gauge('last_reload_successful', 'Whether the last attempt to reload was successful.');
    const time = gauge(
      'last_reload_success_timestamp_seconds',
      'When the configuration in force was read; Unix time.',
    );
    telemetry.onCollect(() => {
      success.set(inForce.isFresh ? 1 : 0);
      time.set(inForce.loadedMs / 1000);
    });
  }

  /** Reloads by itself from now on when files change, where the configuration has it so. */
  begin(): void {
    this.#begun = true;
    const { inForce } = this.#parts;
    void this.#follow([inForce.config], inForce.loadedMs);
  }

  /** Watches the files of the configurations, which were read at `readMs`. Never rejects. */
  async #follow(configs: readonly Config[], readMs: number): Promise<void> {
    try {
      await this.#watchFiles(configs, readMs);
    } catch (error) {
      this.#parts.log.warn('the configuration file is not watched', { error });
    }
  }

  async #watchFiles(configs: readonly Config[], readMs: number): Promise<void> {
    if (!this.#begun) return;
    const following = this.#parts.inForce.config.autoReload ? configs : [];
    const patterns = [...new Set(following.flatMap(configFiles))];
    if (isSameSetting(patterns, this.#watched)) return;
    this.#watch?.close();
    this.#watch = undefined;
    this.#watched = patterns;
    if (patterns.length === 0) return;
    const { ConfigWatch: Watch } = await import('./config-watch.ts');
    if (this.#ended || this.#watched !== patterns) return;
    // The log has been told of a failure.
    const onChange = () => void this.reload('file').catch(() => {});
    this.#watch = new Watch({ patterns, onChange });
    await this.#watch.start(readMs);
  }

  /** `trigger` says in the log what asked for it. Rejects with `ConfigError` where the old configuration stays in force. */
  reload(trigger: string): Promise<void> {
    if (this.#ended) return Promise.reject(new ConfigError('the server is stopping'));
    if (!this.#running) return this.#begin(trigger);
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.reload(trigger);
      });
    return this.#next;
  }

  #begin(trigger: string): Promise<void> {
    this.#running = this.#reload(trigger).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #reload(trigger: string): Promise<void> {
    const { inForce, log, now } = this.#parts;
    const readMs = now();
    let read: Config | undefined;
    try {
      await this.#watch?.noteReading();
      read = await this.#read();
      await this.#takeIn(read, trigger);
    } catch (error) {
      if (!this.#ended) {
        inForce.keep((error as Error).message);
        log.error('the configuration was not reloaded, what was in force stays so', { trigger, error });
      }
      throw error;
    } finally {
      // What is wrong may be put right in a file that only the refused one names.
      await this.#follow(read ? [inForce.config, read] : [inForce.config], readMs);
    }
  }

  async #read(): Promise<Config> {
    const { inForce, load } = this.#parts;
    try {
      return await load();
    } catch (error) {
      throw new ConfigError(`couldn't load configuration${fileOf(inForce)}: ${(error as Error).message}`);
    }
  }

  async #takeIn(read: Config, trigger: string): Promise<void> {
    const { inForce, log, now } = this.#parts;
    const before = inForce.config;
    const change = changeOf(before, read);
    const told: Record<string, unknown> = {};
    const take = await this.#all
      .prepare(change.config, (fields) => Object.assign(told, fields))
      .catch((error) => {
        const what = 'one or more errors occurred while applying the new configuration';
        throw new ConfigError(`${what}${fileOf(inForce)}: ${(error as Error).message}`);
      });
    if (this.#ended) throw new ConfigError('the server is stopping');
    take();
    inForce.replace(change.config, now());
    for (const name of change.waiting) {
      log.warn(`${name} has changed and takes effect at the next start`, { trigger });
    }
    for (const warning of read.warnings) if (!before.warnings.includes(warning)) log.warn(warning);
    log.info('configuration reloaded', { trigger, ...changedFields(before, change), ...told });
  }

  /** Takes nothing more in; resolves when what is under way has ended. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#watch?.close();
    await this.#running?.catch(() => {});
  }
}

/** As the original names it in what it says. */
function fileOf({ config: { file } }: ConfigInForce): string {
  return file === undefined ? '' : ` (--config.file=${JSON.stringify(file)})`;
}

/** Shown otherwise, or of no interest. */
const UNNAMED: readonly (keyof Config)[] = ['fileText', 'scrapeConfigs', 'warnings'];

/** What changed, by name: settings and jobs. */
function changedFields(before: Config, { config, changed }: ConfigChange): LogFields {
  const settings = changed.filter((key) => !UNNAMED.includes(key));
  const old = new Map(before.scrapeConfigs.map((job) => [job.jobName, JSON.stringify(job)]));
  const names = (jobs: Config['scrapeConfigs']) => listed(jobs.map((job) => job.jobName));
  const kept = config.scrapeConfigs.filter((job) => old.has(job.jobName));
  return {
    settings: listed(settings),
    jobs_added: names(config.scrapeConfigs.filter((job) => !old.has(job.jobName))),
    jobs_changed: names(kept.filter((job) => old.get(job.jobName) !== JSON.stringify(job))),
    jobs_removed: names(
      before.scrapeConfigs.filter((job) => !config.scrapeConfigs.some((c) => c.jobName === job.jobName)),
    ),
  };
}

/** Undefined for none: such a field is left out. */
function listed(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.join(',');
}
