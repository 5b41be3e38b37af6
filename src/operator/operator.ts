/**
 * The Prometheus Operator's work, without its controller: resources of a cluster become scrape jobs and rule groups, and stay so as they
 * change.
 *
 *   watches ─▶ what has changed ─▶ translate, one resource at a time ─▶ jobs of them all, groups of each PrometheusRule
 *
 * A monitor, a Probe or a ScrapeConfig that is wrong is left out, and told; a PrometheusRule that is wrong keeps the groups that were right. What waits for
 * a Secret, or cannot be read at the moment, stays as it was.
 */

import { setImmediate } from 'node:timers/promises';
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { KubeCluster } from '../kube/cluster.ts';
import type { WatchPool } from '../kube/watch-pool.ts';
import type { YamlFields } from './client-fields.ts';
import type { JobSettings } from './job-fields.ts';
import { podMonitorJobs, serviceMonitorJobs } from './monitor-jobs.ts';
import type { OperatorSettings } from './operator-settings.ts';
import { probeJobs } from './probe-jobs.ts';
import { ReferenceWatches } from './reference-watches.ts';
import { PendingReference, type Reference, References } from './references.ts';
import { RESOURCE_KINDS, type ResourceKind, ResourceWatches } from './resource-watches.ts';
import type { MonitoringObject, PrometheusRule } from './resources.ts';
import { ruleFileText, ruleNamespace, withoutPlaces } from './rule-file.ts';
import { scrapeConfigJobs } from './scrape-config-jobs.ts';

/** Changes come in bursts: an update of a Helm chart is dozens of resources. */
const SETTLE_DELAY_MS = 100;

/** What is made of resources, and where it goes. */
export interface OperatorOutlets<Job, Groups> {
  /** Reads a job's keys and values. Throws with what is wrong with them. `isTrusted`: it may use what is on this machine. */
  readJob(fields: YamlFields, isTrusted: boolean): Job;
  /** All there are now. */
  takeJobs(jobs: readonly Job[]): void;
  /** Reads and checks a file of rules. Rejects with what is wrong, a line for each fault. */
  checkRules(file: string, text: string): Promise<Groups>;
  /** In place of what the namespace had; undefined: nothing any more. */
  putRules(namespace: string, groups: Groups | undefined): Promise<void>;
}

export interface OperatorParts<Job, Groups> {
  readonly settings: OperatorSettings;
  readonly cluster: KubeCluster;
  readonly pool: WatchPool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly outlets: OperatorOutlets<Job, Groups>;
  mayReadFiles(namespace: string): boolean;
}

export type ResourceState = 'applied' | 'waiting' | 'rejected';

export interface ResourceView {
  readonly kind: ResourceKind;
  readonly namespace: string;
  readonly name: string;
  readonly state: ResourceState;
  /** Of one that is not applied: why. */
  readonly error: string;
}

export interface OperatorView {
  readonly resources: readonly ResourceView[];
  /** Why something of the cluster cannot be read. */
  readonly unreadable: Readonly<Record<string, string>>;
}

type JobKind = Exclude<ResourceKind, 'PrometheusRule'>;

/** What becomes of a resource of each kind that makes jobs. */
const JOBS_OF = {
  ServiceMonitor: serviceMonitorJobs,
  PodMonitor: podMonitorJobs,
  Probe: probeJobs,
  ScrapeConfig: scrapeConfigJobs,
} as Readonly<
  Record<
    JobKind,
    (object: MonitoringObject<unknown>, references: References, settings: JobSettings) => YamlFields[]
  >
>;

interface Tracked<Job> {
  readonly kind: ResourceKind;
  object: MonitoringObject<unknown>;
  isDirty: boolean;
  state: ResourceState;
  error: string;
  /** Of one that makes jobs. */
  jobs: readonly Job[];
  /** By key. */
  asked: ReadonlyMap<string, Reference>;
}

export class Operator<Job, Groups> {
  readonly #parts: OperatorParts<Job, Groups>;
  readonly #resources: ResourceWatches;
  readonly #references: ReferenceWatches;
  /** By kind and key. */
  readonly #tracked = new Map<string, Tracked<Job>>();
  readonly #unreadable = new Map<string, string>();
  /** Texts whose groups are at work, by their namespaces. */
  readonly #rules = new Map<string, string>();
  #jobs: readonly Job[] = [];
  readonly #jobSettings: JobSettings;
  #timer: Timer | undefined;
  #settling: Promise<void> | undefined;
  #isStopped = false;

  constructor(parts: OperatorParts<Job, Groups>) {
    const { settings, pool, cluster } = parts;
    this.#parts = parts;
    this.#jobSettings = {
      endpointsRole: settings.endpointsRole,
      mayReadFiles: (namespace) => parts.mayReadFiles(namespace),
    };
    this.#resources = new ResourceWatches(settings);
    this.#references = new ReferenceWatches(pool, cluster, (key) => this.#referenceChanged(key));
  }

  start(): void {
    const { pool, cluster } = this.#parts;
    this.#resources.start(pool, cluster, {
      onResource: (kind, key, object) => this.#resourceChanged(kind, key, object),
      onNamespaces: () => this.#schedule(),
      onState: (what, error) => this.#noteState(what, error),
    });
  }

  /** What it made stays until somebody else takes its place. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#resources.stop();
    this.#references.keep(new Set());
    await this.#settling;
  }

  /** After `stop`: nothing of what it made stays. */
  async withdraw(): Promise<void> {
    const { outlets } = this.#parts;
    outlets.takeJobs([]);
    for (const namespace of this.#rules.keys()) await outlets.putRules(namespace, undefined);
  }

  /** Everything is read anew: what holds for all jobs has changed. */
  refresh(): void {
    for (const tracked of this.#tracked.values()) tracked.isDirty = true;
    this.#schedule();
  }

  /** By kind, namespace and name. */
  view(): OperatorView {
    const resources = this.#chosen().map(({ kind, object, state, error }) => {
      const { namespace, name } = object.metadata;
      return { kind, namespace, name, state, error };
    });
    return { resources, unreadable: Object.fromEntries(this.#unreadable) };
  }

  #resourceChanged(kind: ResourceKind, key: string, object: MonitoringObject<unknown> | undefined): void {
    const id = `${kind} ${key}`;
    const known = this.#tracked.get(id);
    if (object === undefined) this.#tracked.delete(id);
    else if (known) Object.assign(known, { object, isDirty: true });
    else {
      const made = { jobs: [], asked: new Map<string, Reference>() };
      this.#tracked.set(id, { kind, object, isDirty: true, state: 'waiting', error: '', ...made });
    }
    this.#schedule();
  }

  #referenceChanged(key: string): void {
    for (const tracked of this.#tracked.values()) if (tracked.asked.has(key)) tracked.isDirty = true;
    this.#schedule();
  }

  #noteState(what: string, error: string | undefined): void {
    if (this.#unreadable.get(what) === error) return;
    if (error === undefined) this.#unreadable.delete(what);
    else {
      this.#unreadable.set(what, error);
      this.#parts.log.warn('resources of the cluster cannot be read', { what, error });
    }
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer ??= this.#parts.clock.after(SETTLE_DELAY_MS, () => {
      this.#timer = undefined;
      const before = this.#settling ?? Promise.resolve();
      this.#settling = before.then(() => this.#settle());
    });
  }

  /** Never rejects. */
  async #settle(): Promise<void> {
    const { outlets, log } = this.#parts;
    const chosen = this.#chosen();
    for (const tracked of chosen) {
      if (this.#isStopped) return;
      if (!tracked.isDirty) continue;
      tracked.isDirty = false;
      await this.#translate(tracked);
    }
    if (this.#isStopped) return;
    this.#references.keep(new Set(chosen.flatMap(({ asked }) => [...asked.keys()])));
    const jobs = chosen.flatMap((tracked) => tracked.jobs);
    if (jobs.length !== this.#jobs.length || jobs.some((job, i) => job !== this.#jobs[i])) {
      this.#jobs = jobs;
      outlets.takeJobs(jobs);
    }
    await this.#endRules(chosen).catch((error) =>
      log.error('rules of a resource that has gone were not ended', { error }),
    );
  }

  /** By kind, then by key, so that jobs come in an order that does not change. */
  #chosen(): Tracked<Job>[] {
    const all = [...this.#tracked].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tracked]) => tracked);
    return RESOURCE_KINDS.flatMap((kind) =>
      all.filter((t) => t.kind === kind && this.#resources.isChosen(kind, t.object.metadata.namespace)),
    );
  }

  async #translate(tracked: Tracked<Job>): Promise<void> {
    try {
      if (tracked.kind === 'PrometheusRule') await this.#translateRules(tracked);
      else tracked.jobs = await this.#readJobs(tracked, this.#fieldsOf(tracked, tracked.kind));
      this.#note(tracked, 'applied', '');
    } catch (error) {
      const isWaiting = error instanceof PendingReference;
      if (!isWaiting) tracked.jobs = [];
      this.#note(tracked, isWaiting ? 'waiting' : 'rejected', (error as Error).message);
    }
  }

  #fieldsOf(tracked: Tracked<Job>, kind: JobKind): readonly YamlFields[] {
    const { object } = tracked;
    const references = new References(this.#references, object.metadata.namespace);
    tracked.asked = references.asked;
    return JOBS_OF[kind](object, references, this.#jobSettings);
  }

  /** All of a resource's jobs, or none. */
  async #readJobs({ object }: Tracked<Job>, all: readonly YamlFields[]): Promise<readonly Job[]> {
    const { outlets } = this.#parts;
    const isTrusted = this.#parts.mayReadFiles(object.metadata.namespace);
    const jobs: Job[] = [];
    for (const fields of all) {
      jobs.push(outlets.readJob(fields, isTrusted));
      // Reading one takes a moment, and there may be hundreds.
      await setImmediate();
    }
    return jobs;
  }

  async #translateRules(tracked: Tracked<Job>): Promise<void> {
    const rule = tracked.object as PrometheusRule;
    const { outlets } = this.#parts;
    const text = ruleFileText(rule);
    const namespace = ruleNamespace(rule);
    if (this.#rules.get(namespace) === text) return;
    const groups = await outlets.checkRules(namespace, text).catch((error: Error) => {
      throw new Error(withoutPlaces(error.message, namespace));
    });
    await outlets.putRules(namespace, groups);
    this.#rules.set(namespace, text);
  }

  /** Of resources that have gone, or whose namespace is not chosen any more. */
  async #endRules(chosen: readonly Tracked<Job>[]): Promise<void> {
    const rules = chosen.filter(({ kind }) => kind === 'PrometheusRule');
    const kept = new Set(rules.map(({ object }) => ruleNamespace(object as PrometheusRule)));
    for (const namespace of this.#rules.keys()) {
      if (kept.has(namespace)) continue;
      this.#rules.delete(namespace);
      await this.#parts.outlets.putRules(namespace, undefined);
    }
    // One that is not chosen begins anew when it is.
    const isChosen = new Set(chosen);
    for (const tracked of this.#tracked.values()) if (!isChosen.has(tracked)) tracked.isDirty = true;
  }

  #note(tracked: Tracked<Job>, state: ResourceState, error: string): void {
    const isNews = state === 'rejected' && (tracked.state !== state || tracked.error !== error);
    Object.assign(tracked, { state, error });
    if (!isNews) return;
    const { namespace, name } = tracked.object.metadata;
    const keepsRules =
      tracked.kind === 'PrometheusRule' && this.#rules.has(ruleNamespace(tracked.object as PrometheusRule));
    const what = keepsRules ? 'keeps the rules it had' : 'is left out';
    this.#parts.log.warn(`a ${tracked.kind} is wrong and ${what}`, {
      resource: `${namespace}/${name}`,
      error,
    });
  }
}
