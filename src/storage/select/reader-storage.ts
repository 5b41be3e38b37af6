/** What a reader thread has of storage: queriers over one snapshot, renewed for each job. */

import type { AskHead } from '../head/snapshot.ts';
import type { LoadEntryPredicates, StorageReader } from '../interface.ts';
import { BlockSnapshot } from './block-snapshot.ts';
import { LogQuerier } from './log-querier.ts';
import { MetricQuerier } from './metric-querier.ts';
import { TraceQuerier } from './trace-querier.ts';

export class ReaderStorage implements StorageReader {
  readonly metrics: MetricQuerier;
  readonly logs: LogQuerier;
  readonly traces: TraceQuerier;
  readonly #snapshot: BlockSnapshot;

  /** `report` is told of damage, each once, in one line. */
  constructor(
    path: string,
    ask: AskHead,
    nativeBinding?: string,
    report?: (what: string) => void,
    loadPredicates?: LoadEntryPredicates,
  ) {
    this.#snapshot = new BlockSnapshot(path, ask, nativeBinding, report, loadPredicates);
    this.metrics = new MetricQuerier(this.#snapshot);
    this.logs = new LogQuerier(this.#snapshot);
    this.traces = new TraceQuerier(this.#snapshot);
  }

  /** Fixes what the job sees: all that is there, or what came in generations after the one given. */
  begin(after = 0): void {
    this.#snapshot.begin(after);
    this.traces.begin();
  }

  end(): void {
    this.#snapshot.end();
  }

  /** Pages found damaged since the thread began. */
  get damagedPages(): number {
    return this.#snapshot.damagedPages;
  }

  /** Bodies of pages read since the thread began. */
  get pagesRead(): number {
    return this.#snapshot.pagesRead;
  }

  close(): void {
    this.#snapshot.close();
  }
}
