/** Version 1.0 sends what is said of metric families by itself, all of it every so often. Version 2.0 has it with the series. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { SnappyEncoder } from '../../base/snappy-encode.ts';
import type { MetricMetadata } from '../../model/metadata.ts';
import type { QueueCounters } from './counters.ts';
import type { RemoteWriteConfig } from './remote-write-config.ts';
import { metadataRequest } from './request-1.ts';
import type { WriteClient } from './write-client.ts';

export interface MetadataParts {
  readonly config: RemoteWriteConfig;
  readonly client: WriteClient;
  readonly snappy: SnappyEncoder;
  readonly counters: QueueCounters;
  readonly metadata: () => ReadonlyMap<string, MetricMetadata>;
  readonly onTrouble: (message: string, families: number) => void;
}

export class MetadataSender {
  readonly #parts: MetadataParts;
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #sending = false;

  constructor(parts: MetadataParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.#send(), parts.config.metadata.sendIntervalMs);
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    const { metadata, config } = this.#parts;
    const families = [...metadata()];
    const { maxSamplesPerSend } = config.metadata;
    try {
      for (let from = 0; from < families.length; from += maxSamplesPerSend)
        await this.#sendSome(families.slice(from, from + maxSamplesPerSend));
    } catch {
      // Stopped.
    } finally {
      this.#sending = false;
    }
  }

  async #sendSome(families: readonly (readonly [string, MetricMetadata])[]): Promise<void> {
    const { config, client, counters, snappy, onTrouble } = this.#parts;
    const body = snappy.encode(metadataRequest(families));
    let backoffMs = config.queue.minBackoffMs;
    for (let attempt = 0; ; attempt++) {
      const begun = performance.now();
      const outcome = await client.send(body, attempt, this.#stop.signal);
      counters.observe((performance.now() - begun) / 1000);
      if (outcome.kind === 'taken') {
        counters.add('metadataTotal', families.length);
        counters.add('metadataBytes', body.length);
        return;
      }
      if (outcome.kind === 'lost') {
        counters.add('metadataFailed', families.length);
        onTrouble(outcome.message, families.length);
        return;
      }
      const waitMs = outcome.afterMs ?? backoffMs;
      await sleep(waitMs, undefined, { signal: this.#stop.signal });
      counters.add('metadataRetried', families.length);
      backoffMs = Math.min(waitMs * 2, config.queue.maxBackoffMs);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#stop.abort();
  }
}
