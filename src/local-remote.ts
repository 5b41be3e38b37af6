/**
 * Sending metrics on, put together for the local engine: where each remote is in the log of metrics, which a journal keeps, and
 * the thread that sends. Without a remote there is neither. What is appended costs nothing more than its WAL row, which stays until it is sent.
 */

import { createHash } from 'node:crypto';
import { utf8Decode, utf8Encode } from './base/bytes.ts';
import type { Logger } from './base/log.ts';
import type { Telemetry } from './base/telemetry.ts';
import { redacted } from './base/url-credentials.ts';
import { startWorker, type WorkerThread } from './base/worker-pool.ts';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/settings.ts';
import type { Reloadable } from './reloadable.ts';
import { QueueCounters } from './remote/write/counters.ts';
import type { RemoteWriteConfig } from './remote/write/remote-write-config.ts';
import type {
  FromWriteThread,
  Positions,
  ToWriteThread,
  WriteThreadData,
} from './remote/write/write-protocol.ts';
import { type ShownRemote, showRemotes } from './remote/write/write-telemetry.ts';
import type { Journal, JournalStore, MetricLog } from './storage/interface.ts';
import { VERSION } from './version.ts';

/** Of positions: the newest record tells them all. */
const JOURNAL = 'remote_write';
/** A thread that ended is started anew after this. */
const RESTART_MS = 5000;
/** The thread sends what it can for a second; then what is not taken is left to the next start. */
const STOP_MAX_MS = 1500;

export interface LocalRemoteOptions {
  readonly path: string;
  readonly nativeBinding: string | undefined;
  readonly storage: JournalStore & { readonly metricLog: MetricLog };
  readonly telemetry: Telemetry;
  readonly log: Logger;
}

interface Remote extends ShownRemote {
  readonly key: string;
  readonly config: RemoteWriteConfig;
}

export class LocalRemote implements Reloadable {
  readonly #options: LocalRemoteOptions;
  readonly #positions: Record<string, number> = Object.create(null);
  readonly #waiting = new Int32Array(new SharedArrayBuffer(4));
  #config: Config;
  #journal: Promise<Journal> | undefined;
  #remotes: readonly Remote[] = [];
  #thread: WorkerThread | undefined;
  #unfollow: (() => void) | undefined;
  #restart: NodeJS.Timeout | undefined;
  #begun = false;
  #stopped: (() => void) | undefined;
  /** The end of a thread whose remotes are no more. */
  #stopping: Promise<void> = Promise.resolve();

  private constructor(options: LocalRemoteOptions, config: Config) {
    this.#options = options;
    this.#config = config;
    showRemotes(options.telemetry, () => this.#remotes);
  }

  /** From when this resolves nothing that is appended is lost to any remote. Throws `ConfigError`. */
  static async open(options: LocalRemoteOptions, config: Config): Promise<LocalRemote> {
    check(config);
    const own = new LocalRemote(options, config);
    own.#remotes = remotesOf(config, []);
    if (own.#remotes.length === 0) return own;
    await own.#openJournal();
    const { lastRow, keepAfter } = options.storage.metricLog;
    const known = own.#remotes.every((r) => own.#positions[r.key] !== undefined);
    // Where the database was salvaged, numbers may have begun anew.
    for (const { key } of own.#remotes)
      own.#positions[key] = Math.min(own.#positions[key] ?? lastRow, lastRow);
    // A remote that is new begins here, also if the server is killed before anything is sent.
    if (!known) await own.#record();
    keepAfter(own.#lowest());
    return own;
  }

  #openJournal(): Promise<Journal> {
    this.#journal ??= this.#options.storage.openJournal(JOURNAL, (record) => {
      Object.assign(this.#positions, JSON.parse(utf8Decode(record)) as Positions);
    });
    return this.#journal;
  }

  #lowest(): number {
    return Math.min(...this.#remotes.map(({ key }) => this.#positions[key] ?? 0));
  }

  async #record(): Promise<void> {
    const journal = await this.#openJournal();
    const own = Object.fromEntries(this.#remotes.map(({ key }) => [key, this.#positions[key]]));
    const { number, durable } = journal.append(utf8Encode(JSON.stringify(own)));
    await durable;
    journal.cut(number);
  }

  /** Starts sending. */
  begin(): void {
    this.#begun = true;
    if (this.#remotes.length > 0) this.#startThread();
  }

  async prepare(config: Config): Promise<() => void> {
    check(config);
    if (config.remoteWrites.length > 0) await this.#openJournal();
    return () => this.#take(config);
  }

  #take(config: Config): void {
    this.#config = config;
    const before = this.#remotes;
    this.#remotes = remotesOf(config, before);
    const { metricLog } = this.#options.storage;
    for (const key of Object.keys(this.#positions)) {
      if (!this.#remotes.some((r) => r.key === key)) delete this.#positions[key];
    }
    if (this.#remotes.length === 0) {
      this.#stopping = this.#stopThread();
      metricLog.keepAfter(undefined);
      return;
    }
    // Where nothing was kept, what is there now is: the thread says where a new remote begins.
    if (before.length === 0) metricLog.keepAfter(metricLog.lastRow);
    if (!this.#begun) return;
    if (this.#thread) this.#apply();
    else this.#startThread();
  }

  // ---------------------------------------------------------------------------------------------- thread

  #startThread(): void {
    const { path, nativeBinding, storage, log } = this.#options;
    const waiting = this.#waiting.buffer as SharedArrayBuffer;
    const data: WriteThreadData = { path, nativeBinding, userAgent: `Trilite/${VERSION}`, waiting };
    const thread = startWorker('remote', data);
    this.#thread = thread;
    thread.on('message', (message: FromWriteThread) => this.#receive(message));
    thread.on('error', (error: Error) => log.error('sending metrics on failed', { error }));
    thread.on('exit', () => this.#ended(thread));
    this.#unfollow ??= storage.metricLog.follow(() => this.#committed());
    this.#apply();
  }

  #ended(thread: WorkerThread): void {
    this.#stopped?.();
    if (thread !== this.#thread) return;
    this.#thread = undefined;
    this.#restart = setTimeout(() => this.#startThread(), RESTART_MS);
  }

  #post(message: ToWriteThread): void {
    this.#thread?.postMessage(message);
  }

  #apply(): void {
    this.#post({
      kind: 'apply',
      remotes: this.#remotes.map(({ key, config, counters }) => ({
        key,
        config,
        counters: counters.shared,
        position: this.#positions[key],
      })),
      externalLabels: this.#config.externalLabels,
      queueBytesMax: this.#config.remoteQueueBytes,
    });
  }

  /** The thread is woken where it waits, and not for each commit. */
  #committed(): void {
    if (Atomics.exchange(this.#waiting, 0, 0) === 1) this.#post({ kind: 'rows' });
  }

  #receive(message: FromWriteThread): void {
    if (message.kind === 'log') {
      this.#options.log[message.level](message.message, message.fields);
      return;
    }
    for (const [key, position] of Object.entries(message.positions)) {
      if (this.#remotes.some((r) => r.key === key)) this.#positions[key] = position;
    }
    const { log, storage } = this.#options;
    const recorded = this.#record().then(
      () => {
        if (this.#remotes.length > 0) storage.metricLog.keepAfter(this.#lowest());
      },
      (error: Error) =>
        log.warn('positions of remotes are not kept, what was sent may be sent again', { error }),
    );
    if (message.kind === 'stopped') void recorded.then(() => this.#stopped?.());
  }

  async #stopThread(): Promise<void> {
    clearTimeout(this.#restart);
    this.#unfollow?.();
    this.#unfollow = undefined;
    const thread = this.#thread;
    if (!thread) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stopped = resolve;
    this.#post({ kind: 'stop' });
    this.#thread = undefined;
    const deadline = setTimeout(resolve, STOP_MAX_MS);
    await promise;
    clearTimeout(deadline);
    await thread.terminate();
  }

  /** Before the storage closes: it keeps what was not sent. */
  async end(): Promise<void> {
    await this.#stopping;
    await this.#stopThread();
  }
}

/** Throws `ConfigError`. */
function check(config: Config): void {
  if (config.remoteWrites.length > 0 && config.multiTenancy) {
    throw new ConfigError(
      'remote_write and multi_tenancy exclude each other: remotes are not told tenants apart',
    );
  }
}

/** Counters stay with a remote that was there before. */
function remotesOf(config: Config, before: readonly Remote[]): readonly Remote[] {
  const urls = new Map<string, number>();
  return config.remoteWrites.map((remote) => {
    const nth = urls.get(remote.url) ?? 0;
    urls.set(remote.url, nth + 1);
    const key = remote.name || (nth === 0 ? remote.url : `${remote.url}#${nth}`);
    const hash = createHash('md5').update(JSON.stringify(remote)).digest('hex');
    const counters = before.find((r) => r.key === key)?.counters ?? new QueueCounters();
    const name = remote.name || hash.slice(0, 6);
    return { key, config: remote, name, url: redacted(remote.url), queue: remote.queue, counters };
  });
}
