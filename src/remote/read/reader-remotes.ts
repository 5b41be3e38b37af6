/** All remotes that a reader thread reads from, and the jobs that see them together with what is stored here. */

import { createHash } from 'node:crypto';
import { redacted } from '../../base/url-credentials.ts';
import type { Labels } from '../../model/labels.ts';
import type { MetricReader, StorageReader } from '../../storage/interface.ts';
import { ReadClient, type ReadNote } from './read-client.ts';
import { RemoteFailed, RemoteMetrics } from './remote-metrics.ts';
import type { RemoteReadConfig } from './remote-read-config.ts';

/** An answer of a remote, for who counts them. */
export interface RemoteReadReport extends ReadNote {
  readonly name: string;
  readonly url: string;
}

/** What is stored here. */
export interface LocalStorage extends StorageReader {
  readonly metrics: MetricReader & { oldestMs(): number | undefined };
}

export class ReaderRemotes {
  readonly #clients: readonly ReadClient[];
  readonly #externalLabels: Labels;
  #jobs = 0;
  #isClosed = false;

  constructor(configs: readonly RemoteReadConfig[], externalLabels: Labels, userAgent: string) {
    this.#clients = configs.map((config) => new ReadClient(config, userAgent));
    this.#externalLabels = externalLabels;
  }

  /**
   * Runs a job over the storage together with the remotes; anew where a remote fails in its midst, without that one.
   * `report` gets the remotes' answers.
   */
  async run<T>(
    storage: LocalStorage,
    signal: AbortSignal,
    report: (of: RemoteReadReport) => void,
    job: (storage: StorageReader) => Promise<T>,
  ): Promise<T> {
    const metrics = new RemoteMetrics({
      local: storage.metrics,
      clients: this.#clients,
      externalLabels: this.#externalLabels,
      signal,
      localStartMs: () => storage.metrics.oldestMs() ?? Date.now(),
      note: ({ config }, note) => report({ ...note, name: remoteName(config), url: redacted(config.url) }),
    });
    const { logs, traces } = storage;
    const seen: StorageReader = { metrics, logs, traces, warnings: () => metrics.warnings() };
    this.#jobs++;
    try {
      return await withoutFailed(metrics, () => job(seen));
    } finally {
      this.#jobs--;
      if (this.#isClosed) this.close();
    }
  }

  /** Connections are closed, when the jobs under way have ended. */
  close(): void {
    this.#isClosed = true;
    if (this.#jobs > 0) return;
    for (const client of this.#clients) client.close();
  }
}

/** Each time round another remote is asked no more. */
async function withoutFailed<T>(metrics: RemoteMetrics, job: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await job();
    } catch (error) {
      if (!(error instanceof RemoteFailed)) throw error;
      metrics.again();
    }
  }
}

/** The name that was given, or one that follows from the configuration. */
export function remoteName(config: RemoteReadConfig): string {
  return config.name || createHash('md5').update(JSON.stringify(config)).digest('hex').slice(0, 6);
}
