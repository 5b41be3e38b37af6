/** A cursor over the local series and those of remotes, of which equal ones are one: first those stored here, then the others. */

import type { Labels } from '../../model/labels.ts';
import { SampleColumns, type SeriesCursor } from '../../storage/interface.ts';
import { mergeSamples } from './merge-samples.ts';
import type { RemoteSeries } from './remote-series.ts';

/** Series between two batch boundaries, where cancellation is seen. */
const BATCH_SERIES = 256;

export class MergedCursor implements SeriesCursor {
  readonly #local: SeriesCursor;
  readonly #signal: AbortSignal;
  /** By the key of their labels: the same series of several remotes, in the remotes' order. Those that were met go. */
  readonly #remote = new Map<string, RemoteSeries[]>();
  /** Of remotes alone; undefined while the local ones are walked. */
  #rest: RemoteSeries[][] | undefined;
  #next = 0;
  #batchEnd = 0;
  #labels: Labels | undefined;
  #parts: readonly RemoteSeries[] = [];
  readonly #columns: SampleColumns[] = [];

  constructor(local: SeriesCursor, remotes: readonly (readonly RemoteSeries[])[], signal: AbortSignal) {
    this.#local = local;
    this.#signal = signal;
    for (const series of remotes.flat()) {
      const key = series.labels.key();
      const known = this.#remote.get(key);
      if (known) known.push(series);
      else this.#remote.set(key, [series]);
    }
  }

  async nextBatch(): Promise<boolean> {
    if (!this.#rest) {
      if (await this.#local.nextBatch()) return true;
      this.#rest = [...this.#remote.values()];
    }
    this.#signal.throwIfAborted();
    this.#next = this.#batchEnd;
    this.#batchEnd = Math.min(this.#rest.length, this.#next + BATCH_SERIES);
    return this.#next < this.#rest.length;
  }

  next(): boolean {
    if (this.#rest) {
      if (this.#next >= this.#batchEnd) return false;
      this.#parts = this.#rest[this.#next++]!;
      this.#labels = this.#parts[0]!.labels;
      return true;
    }
    if (!this.#local.next()) return false;
    this.#labels = this.#local.labels();
    const key = this.#labels.key();
    this.#parts = this.#remote.get(key) ?? [];
    this.#remote.delete(key);
    return true;
  }

  labels(): Labels {
    return this.#labels!;
  }

  read(into: SampleColumns): number {
    if (!this.#rest && this.#parts.length === 0) return this.#local.read(into);
    if (this.#rest && this.#parts.length === 1) return this.#parts[0]!.read(into);
    const sources: SampleColumns[] = [];
    const add = (read: (columns: SampleColumns) => void) => {
      const columns = (this.#columns[sources.length] ??= new SampleColumns());
      read(columns);
      sources.push(columns);
    };
    if (!this.#rest) add((columns) => this.#local.read(columns));
    for (const part of this.#parts) add((columns) => part.read(columns));
    return mergeSamples(sources, into);
  }

  close(): void {
    this.#local.close();
  }
}
