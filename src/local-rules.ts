/**
 * Rules of the local engine put together: groups from files, which are checked before the server is ready and whenever the
 * configuration is read again, groups that came over the API, which are in the database, and groups of whoever else has such (a cluster's
 * resources). The machinery that evaluates them is loaded when there is something to
 * evaluate.
 */

import type { ListenAddress } from './api/listeners.ts';
import type { LokiRules } from './api/loki/rule-routes.ts';
import type { RuleGroupView } from './api/prometheus/rule-view.ts';
import { utf8Decode, utf8Encode } from './base/bytes.ts';
import type { Clock } from './base/clock.ts';
import type { LogFields, Logger } from './base/log.ts';
import type { Telemetry } from './base/telemetry.ts';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/settings.ts';
import { externalUrl } from './external-url.ts';
import { TriliteError } from './model/errors.ts';
import { DEFAULT_TENANT } from './model/tenant.ts';
import type { ServiceAnswer, ServiceRunner } from './query/service.ts';
import type { Reloadable, TellChange } from './reloadable.ts';
import type { AlertReceiver } from './rules/due-alerts.ts';
import type { FileRequest } from './rules/reader-services.ts';
import { type CheckedGroup, type GroupId, groupKey, type RuleLanguageName } from './rules/rule-group.ts';
import type { NamedGroup, RuleManager } from './rules/rule-manager.ts';
import type { RuleSettings } from './rules/rule-settings.ts';
import type { MetricAppender, RuleGroupStore } from './storage/interface.ts';

/** An evaluation that takes longer than this is worth nothing to whoever is to be woken by it. */
const EVALUATION_MAX_MS = 60_000;
/** Reading, checking and printing definitions. */
const DEFINITION_MAX_MS = 30_000;

export interface LocalRulesOptions {
  readonly config: Config;
  readonly store: RuleGroupStore;
  readonly appender: MetricAppender;
  /** Where a tenant's results go; undefined where tenants are not told apart. */
  readonly appenderOf?: ((tenant: string) => MetricAppender) | undefined;
  readonly runner: ServiceRunner;
  /** Who is told of alerts. */
  readonly receiver?: AlertReceiver | undefined;
  /** Reader threads that there are. */
  readonly readers: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly log: Logger;
}

type Known = NamedGroup;

export class LocalRules implements Reloadable {
  readonly #options: LocalRulesOptions;
  #config: Config;
  /** None before this server is announced. */
  addresses: readonly ListenAddress[] = [];
  /** In the order of the files. */
  #fromFiles: readonly Known[];
  /** By key. */
  readonly #stored = new Map<string, Known>();
  /** Of neither, by namespace. */
  readonly #further = new Map<string, readonly Known[]>();
  #opened: Promise<void> | undefined;
  #manager: Promise<RuleManager> | undefined;
  #running: RuleManager | undefined;
  /** Changes follow each other, so that the database and what is evaluated are the same. */
  #changes: Promise<unknown> = Promise.resolve();

  private constructor(options: LocalRulesOptions, fromFiles: readonly Known[]) {
    this.#options = options;
    this.#config = options.config;
    this.#fromFiles = fromFiles;
  }

  /** Reads and checks the files of the configuration. Throws `ConfigError`. */
  static async open(options: LocalRulesOptions): Promise<LocalRules> {
    return new LocalRules(options, await readGroups(options.config, options));
  }

  /** Files are read anew; groups that stay as they are go on undisturbed. */
  async prepare(config: Config, tell: TellChange): Promise<() => void> {
    const now = await readGroups(config, this.#options);
    tell(changedGroups(this.#fromFiles, now));
    await this.#open();
    const manager = now.length > 0 ? await this.#startManager() : this.#running;
    return () => {
      const before = this.#fromFiles;
      this.#config = config;
      this.#fromFiles = now;
      if (manager) this.#watch(manager.apply(this.#settings(), before, now));
    };
  }

  #settings(): RuleSettings {
    const { evaluationIntervalMs, ruleQueryOffsetMs, ruleAlerts, externalLabels } = this.#config;
    return {
      intervalMs: evaluationIntervalMs,
      queryOffsetMs: ruleQueryOffsetMs,
      alerts: ruleAlerts,
      externalLabels,
      externalUrl: this.externalUrl,
    };
  }

  /** Starts evaluating. `addresses` are where this server is reached. */
  begin(addresses: readonly ListenAddress[]): void {
    this.addresses = addresses;
    this.#open().catch((error) => this.#options.log.error('rules are not evaluated', { error }));
  }

  /** What links in alerts begin with. */
  get externalUrl(): string {
    return externalUrl(this.#config, this.addresses);
  }

  #open(): Promise<void> {
    this.#opened ??= this.#load();
    return this.#opened;
  }

  async #load(): Promise<void> {
    for (const group of await this.#options.store.ruleGroups()) {
      const id = { ...group, language: group.language as RuleLanguageName };
      const { tenant, language, namespace, name } = id;
      const known = { tenant, language, namespace, name };
      this.#stored.set(groupKey(known), {
        id: known,
        checked: JSON.parse(group.definition) as CheckedGroup,
      });
    }
    if (this.#fromFiles.length + this.#stored.size > 0) await this.#startManager();
    const all = [...this.#fromFiles, ...this.#stored.values()];
    await Promise.all(all.map(({ id, checked }) => this.#running?.put(id, checked, true)));
  }

  #startManager(): Promise<RuleManager> {
    this.#manager ??= import('./rules/rule-manager.ts').then(({ RuleManager: Manager }) => {
      const { readers, ...rest } = this.#options;
      this.#running = new Manager({
        ...rest,
        // Half of the readers at most, so that users' queries do not wait for rules alone.
        concurrency: Math.max(1, Math.floor(readers / 2)),
        timeoutMs: EVALUATION_MAX_MS,
        settings: this.#settings(),
      });
      return this.#running;
    });
    return this.#manager;
  }

  /** The groups of a language as they stand. */
  views(language: RuleLanguageName, tenant = DEFAULT_TENANT): readonly RuleGroupView[] {
    return this.#running?.views(tenant, language) ?? [];
  }

  /** What Loki's API shows and changes. */
  readonly loki: LokiRules = {
    definitions: async (tenant, namespace) => {
      await this.#open();
      // A namespace may have any name, also one that objects have something under.
      const out: Record<string, CheckedGroup['definition'][]> = Object.create(null);
      const groups = [...this.#fromFiles, ...this.#stored.values()]
        .filter(({ id }) => isOf(id, tenant, namespace ?? id.namespace))
        .sort((a, b) => compare(a.id.namespace, b.id.namespace));
      for (const { id, checked } of groups) (out[id.namespace] ??= []).push(checked.definition);
      return out;
    },
    print: async (value) => (await this.#define('rules.print', jsonBytes(value))).body,
    post: (tenant, namespace, yaml) => this.#post(tenant, namespace, yaml),
    remove: (tenant, namespace, group) => this.#change(() => this.#remove(tenant, namespace, group)),
    views: async (tenant) => {
      await this.#open();
      return this.views('logql', tenant);
    },
  };

  #define(service: string, body: Uint8Array): Promise<ServiceAnswer> {
    return runDefinition(this.#options, service, { language: 'logql' }, body);
  }

  async #post(tenant: string, namespace: string, yaml: Uint8Array): Promise<void> {
    const answer = await this.#define('rules.check', yaml);
    const text = utf8Decode(answer.body);
    if (answer.status !== 200) throw new TriliteError('bad_data', text);
    const checked = JSON.parse(text) as CheckedGroup;
    const id = { tenant, language: 'logql', namespace, name: checked.definition.name } as const;
    await this.#change(async () => {
      this.#refuseFiles(tenant, namespace);
      await this.#options.store.putRuleGroup({ ...id, definition: text });
      this.#stored.set(groupKey(id), { id, checked });
      const manager = await this.#startManager();
      // Not waited for: what it takes the place of may be in the middle of an evaluation.
      this.#watch(manager.put(id, checked));
    });
  }

  async #remove(tenant: string, namespace: string, name: string | undefined): Promise<boolean> {
    this.#refuseFiles(tenant, namespace);
    const gone = [...this.#stored.values()].filter(
      ({ id }) => isOf(id, tenant, namespace) && (name ?? id.name) === id.name,
    );
    if (gone.length === 0) return false;
    await this.#options.store.removeRuleGroups({ tenant, language: 'logql', namespace, name });
    for (const { id } of gone) {
      this.#stored.delete(groupKey(id));
      if (this.#running) this.#watch(this.#running.remove(id));
    }
    return true;
  }

  /** Groups of PromQL as a file has them, which is none on this machine. Rejects with `bad_data`, a line for each fault. */
  async checkFile(file: string, text: string): Promise<readonly CheckedGroup[]> {
    const answer = await checkFile({ language: 'promql', file, text }, this.#options);
    if (answer.status !== 200) throw new TriliteError('bad_data', utf8Decode(answer.body));
    return JSON.parse(utf8Decode(answer.body)) as CheckedGroup[];
  }

  /** Groups of a namespace that is no file, in place of those it had: rules that stay go on as they were. */
  putNamespace(namespace: string, groups: readonly CheckedGroup[]): Promise<void> {
    const now = groups.map((checked): Known => {
      const { name } = checked.definition;
      return { id: { tenant: DEFAULT_TENANT, language: 'promql', namespace, name }, checked };
    });
    return this.#change(async () => {
      const before = this.#further.get(namespace);
      if (now.length === 0 && !before) return;
      const manager = await this.#startManager();
      // What an earlier process left of alerts belongs to who comes first.
      if (!before) for (const { id, checked } of now) this.#watch(manager.put(id, checked, true));
      else this.#watch(manager.apply(this.#settings(), before, now));
      if (now.length > 0) this.#further.set(namespace, now);
      else this.#further.delete(namespace);
    });
  }

  #refuseFiles(tenant: string, namespace: string): void {
    if (!this.#fromFiles.some(({ id }) => isOf(id, tenant, namespace))) return;
    const message = `namespace ${JSON.stringify(namespace)} is a file of the configuration and cannot be changed`;
    throw new TriliteError('bad_data', message);
  }

  /** Rules begin anew, as after a start, when `meanwhile` is done. */
  restart(meanwhile: () => Promise<void>): Promise<void> {
    return this.#change(() => (this.#running ? this.#running.restart(meanwhile) : meanwhile()));
  }

  #watch(change: Promise<void>): void {
    change.catch((error) => this.#options.log.error('a rule group was not changed', { error }));
  }

  #change<T>(change: () => Promise<T>): Promise<T> {
    const mine = this.#changes.then(() => this.#open()).then(change);
    this.#changes = mine.catch(() => {});
    return mine;
  }

  async end(): Promise<void> {
    await this.#opened?.catch(() => {});
    await this.#changes;
    await this.#running?.stop();
  }
}

/** The groups of all files that the configuration names. Throws `ConfigError` with every fault of the first wrong file. */
async function readGroups({ ruleSources }: Config, options: LocalRulesOptions): Promise<Known[]> {
  const { log } = options;
  if (ruleSources.length === 0) return [];
  const { readRuleFiles } = await import('./config/rules-section.ts');
  const groups = new Map<string, Known>();
  for (const { language, ...source } of ruleSources) {
    for (const { file, text } of readRuleFiles({ language, ...source }, (what) => log.warn(what))) {
      const answer = await checkFile({ language, form: source.form, file, text }, options);
      if (answer.status !== 200) throw new ConfigError(utf8Decode(answer.body));
      for (const checked of JSON.parse(utf8Decode(answer.body)) as CheckedGroup[]) {
        const { name } = checked.definition;
        const id: GroupId = { tenant: DEFAULT_TENANT, language, namespace: file, name };
        groups.set(groupKey(id), { id, checked });
      }
    }
  }
  return [...groups.values()];
}

/** For the log: the names of groups of files that come, change and go. */
function changedGroups(before: readonly Known[], after: readonly Known[]): LogFields {
  const old = new Map(before.map(({ id, checked }) => [groupKey(id), JSON.stringify(checked)]));
  const now = new Set(after.map(({ id }) => groupKey(id)));
  const names = (groups: readonly Known[]) =>
    groups.length === 0 ? undefined : groups.map(({ id }) => id.name).join(',');
  const stay = after.filter(({ id }) => old.has(groupKey(id)));
  return {
    groups_added: names(after.filter(({ id }) => !old.has(groupKey(id)))),
    groups_changed: names(
      stay.filter(({ id, checked }) => old.get(groupKey(id)) !== JSON.stringify(checked)),
    ),
    groups_removed: names(before.filter(({ id }) => !now.has(groupKey(id)))),
  };
}

/** Whether it is a group of LogQL of the tenant's namespace. */
function isOf(id: GroupId, tenant: string, namespace: string): boolean {
  return id.language === 'logql' && id.tenant === tenant && id.namespace === namespace;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function jsonBytes(value: unknown): Uint8Array {
  return utf8Encode(JSON.stringify(value));
}

function checkFile(
  request: FileRequest,
  parts: Pick<LocalRulesOptions, 'runner' | 'clock'>,
): Promise<ServiceAnswer> {
  return runDefinition(parts, 'rules.check_file', {}, jsonBytes(request));
}

function runDefinition(
  { runner, clock }: Pick<LocalRulesOptions, 'runner' | 'clock'>,
  service: string,
  path: Readonly<Record<string, string>>,
  body: Uint8Array,
): Promise<ServiceAnswer> {
  const request = { params: [], path, headers: {}, nowMs: clock.now(), body };
  return runner.run(service, request, AbortSignal.timeout(DEFINITION_MAX_MS));
}
