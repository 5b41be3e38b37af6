/**
 * All remotes together, as the sending thread has them: each with a queue of its own over the one log. Positions are told to
 * who keeps them, and with them what need not be kept any more.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { SnappyEncoder } from '../../base/snappy-encode.ts';
import { redacted } from '../../base/url-credentials.ts';
import { Labels } from '../../model/labels.ts';
import { compileRelabel } from '../../model/relabel.ts';
import type { MetricLogReader } from '../../storage/interface.ts';
import { QueueCounters } from './counters.ts';
import { familyLookup } from './families.ts';
import { MetadataSender } from './metadata-sender.ts';
import { RemoteQueue } from './remote-queue.ts';
import type { RemoteWriteConfig } from './remote-write-config.ts';
import type { RequestFormat } from './request.ts';
import { Format1 } from './request-1.ts';
import { Format2 } from './request-2.ts';
import { newestOf } from './row-feeder.ts';
import { SeriesCache } from './series-cache.ts';
import { SHARD_INTERVAL_MS } from './shard-count.ts';
import { TroubleLog } from './trouble-log.ts';
import { WriteClient } from './write-client.ts';
import type { FromWriteThread, Positions, RemoteSetup, ToWriteThread } from './write-protocol.ts';

/** When the process ends, what is there is sent for so long. */
const DRAIN_MS = 1000;
/** Positions are told so often at most: each time is a transaction. */
const REPORT_MS = 1000;

export interface SenderOptions {
  /** Opens the log; rows up to `after` are not asked for. */
  readonly openLog: (after: number) => MetricLogReader;
  readonly userAgent: string;
  readonly post: (message: FromWriteThread) => void;
}

interface Remote {
  /** What it was made of; another one is another remote. */
  readonly made: string;
  readonly pump: () => Promise<void>;
  readonly position: () => number;
  readonly adapt: (newestSeconds: number) => void;
  readonly limit: (bytesMax: number) => Promise<void>;
  readonly drain: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

type Apply = Extract<ToWriteThread, { kind: 'apply' }>;

export class RemoteSender {
  readonly #options: SenderOptions;
  readonly #snappy = new SnappyEncoder();
  readonly #remotes = new Map<string, Remote>();
  readonly #timers: NodeJS.Timeout[];
  #log: MetricLogReader | undefined;
  #queueBytesMax = 0;
  #reported = '';
  /** Configurations are taken in one after another. */
  #applying: Promise<void> = Promise.resolve();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#timers = [
      setInterval(() => this.#report(), REPORT_MS),
      setInterval(() => this.#upkeep(), SHARD_INTERVAL_MS),
    ];
  }

  apply(message: Apply): Promise<void> {
    this.#applying = this.#applying.then(() => this.#apply(message));
    return this.#applying;
  }

  async #apply({ remotes, externalLabels, queueBytesMax }: Apply): Promise<void> {
    this.#queueBytesMax = queueBytesMax;
    this.#log ??= this.#options.openLog(firstPosition(remotes));
    const keys = new Set(remotes.map((r) => r.key));
    for (const [key, remote] of this.#remotes) {
      if (keys.has(key)) continue;
      await remote.stop();
      this.#remotes.delete(key);
    }
    for (const setup of remotes) {
      const made = JSON.stringify([setup.config, externalLabels, remotes.length]);
      const before = this.#remotes.get(setup.key);
      if (before?.made === made) continue;
      await before?.stop();
      const position = before?.position() ?? setup.position ?? this.#log.lastRow();
      const labels = Labels.from(externalLabels);
      this.#remotes.set(setup.key, this.#open(made, setup, position, labels, remotes.length));
    }
    this.#report();
    this.pump();
  }

  #open(made: string, setup: RemoteSetup, position: number, externalLabels: Labels, share: number): Remote {
    const metadata = () => this.#log!.metadata();
    const version1 = setup.config.protobufMessage === 'prometheus.WriteRequest';
    const parts = { made, setup, position, externalLabels, share };
    return version1
      ? this.#openAs(parts, new Format1(), metadata)
      : this.#openAs(parts, new Format2(familyLookup(metadata)), undefined);
  }

  #openAs<Series>(
    parts: { made: string; setup: RemoteSetup; position: number; externalLabels: Labels; share: number },
    format: RequestFormat<Series>,
    metadata: (() => ReturnType<MetricLogReader['metadata']>) | undefined,
  ): Remote {
    const { made, setup, position, externalLabels, share } = parts;
    const { config } = setup;
    const log = this.#log!;
    const snappy = this.#snappy;
    const counters = new QueueCounters(setup.counters);
    counters.resetPending();
    const client = new WriteClient(config, format, this.#options.userAgent);
    const troubles = new TroubleLog((level, message, fields) =>
      this.#options.post({ kind: 'log', level, message, fields: { ...named(setup.key, config), ...fields } }),
    );
    const series = new SeriesCache({
      format,
      externalLabels,
      rules: compileRelabel(config.writeRelabelConfigs),
      labelsOf: (id) => log.labels(id),
      share,
    });
    const queue = new RemoteQueue({
      config,
      log,
      series,
      counters,
      position,
      shard: {
        format,
        client,
        snappy,
        expectsWritten: metadata === undefined,
        onTrouble: (kind, error, counts) => {
          if (kind === 'retry') troubles.tell('warn', 'Failed to send batch, retrying', { error });
          else troubles.tell('error', 'non-recoverable error', { error, ...counts });
        },
      },
      onDropped: (samples) =>
        troubles.tell('error', 'the queue of a remote is full and its oldest samples are dropped', {
          samples,
        }),
    });
    const sender =
      metadata && config.metadata.send
        ? new MetadataSender({
            config,
            client,
            snappy,
            counters,
            metadata,
            onTrouble: (error, count) =>
              troubles.tell('error', 'non-recoverable error while sending metadata', { error, count }),
          })
        : undefined;
    return {
      made,
      pump: () => queue.pump(),
      position: () => queue.position,
      adapt: (newestSeconds) => queue.adapt(newestSeconds),
      limit: (bytesMax) => queue.limit(bytesMax),
      drain: () => queue.drain(),
      stop: async () => {
        sender?.stop();
        await queue.stop();
        client.close();
      },
    };
  }

  /** There are rows. */
  pump(): void {
    for (const remote of this.#remotes.values()) this.#guarded(remote.pump());
  }

  /** What reading meets is not the end: it is tried again with the next rows. */
  #guarded(work: Promise<void>): void {
    work.catch((error: Error) =>
      this.#options.post({
        kind: 'log',
        level: 'error',
        message: 'reading what is to be sent on failed',
        fields: { error: error.message },
      }),
    );
  }

  #upkeep(): void {
    const log = this.#log;
    if (!log || this.#remotes.size === 0) return;
    const row = log.next(log.lastRow() - 1);
    const newestMs = Math.max(Number.NEGATIVE_INFINITY, ...(row?.appended ?? []).map(newestOf));
    for (const remote of this.#remotes.values()) {
      remote.adapt(newestMs === Number.NEGATIVE_INFINITY ? 0 : Math.floor(newestMs / 1000));
      this.#guarded(remote.limit(this.#queueBytesMax));
    }
    this.pump();
  }

  #positions(): Positions {
    return Object.fromEntries(Array.from(this.#remotes, ([key, remote]) => [key, remote.position()]));
  }

  #report(): void {
    const positions = this.#positions();
    const text = JSON.stringify(positions);
    if (text === this.#reported || this.#remotes.size === 0) return;
    this.#reported = text;
    this.#options.post({ kind: 'positions', positions });
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#applying.catch(() => {});
    const remotes = [...this.#remotes.values()];
    const drained = Promise.allSettled(remotes.map((remote) => remote.drain()));
    await Promise.race([drained, sleep(DRAIN_MS)]);
    await Promise.all(remotes.map((remote) => remote.stop()));
    this.#options.post({ kind: 'stopped', positions: this.#positions() });
    this.#log?.close();
  }
}

/** The lowest position that is known; one that is not known begins behind all rows. */
function firstPosition(remotes: readonly RemoteSetup[]): number {
  return Math.min(Number.MAX_SAFE_INTEGER, ...remotes.map((r) => r.position ?? Number.MAX_SAFE_INTEGER));
}

function named(key: string, config: RemoteWriteConfig) {
  // The key of one without a name is its URL.
  return { remote_name: redacted(key), url: redacted(config.url) };
}
