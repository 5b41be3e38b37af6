/**
 * Delete requests of log entries, front side:
 *
 *   add      flush the heads → a row, which hides what blocks hold of it → acknowledged
 *   tick     is the oldest's time to be cancelled over? → the writer rewrites blocks, one at a time → processed
 *   start    the rows are there, and hide what they hid
 */

import { Matcher } from '../model/matcher.ts';
import type { CancelOutcome, DeleteOrder, DeleteRequest, LogDeletes } from './interface.ts';
import type { BlockRange } from './sqlite/writer-protocol.ts';
import type { WriterSide } from './writer-client.ts';

/** Work that failed is tried again after this: a full disk stays full for a while. */
const RETRY_MS = 5000;

export interface LogDeletesOptions {
  readonly writer: WriterSide;
  /** How long a request may be cancelled. */
  readonly cancelPeriodMs: number;
  readonly now: () => number;
  /** When the oldest pending request was made; Infinity where there is none. */
  readonly oldestMs: number;
  /** Writes the heads to blocks. */
  flush(): Promise<void>;
  /** Told of the blocks when some were rewritten. */
  onBlocks(blocks: readonly BlockRange[]): void;
  onProblem(error: Error): void;
}

export class LocalLogDeletes implements LogDeletes {
  readonly #options: LogDeletesOptions;
  #oldestMs: number;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(options: LogDeletesOptions) {
    this.#options = options;
    this.#oldestMs = options.oldestMs;
  }

  async add({ matchers, query, filtered, minMs, maxMs }: DeleteOrder): Promise<string> {
    const { writer, now, flush } = this.#options;
    // A request is about blocks alone, by generation: so what comes after it is told from what it means.
    await flush();
    const data = matchers.map((m) => m.toData());
    const nowMs = now();
    const order = { query, filtered, matchers: data, minMs, maxMs, nowMs };
    const id = await writer.request({ kind: 'add-delete-request', ...order });
    this.#oldestMs = Math.min(this.#oldestMs, nowMs);
    this.tick();
    return id;
  }

  async list(): Promise<readonly DeleteRequest[]> {
    const requests = await this.#options.writer.request({ kind: 'list-delete-requests' });
    return requests.map((r) => ({
      id: r.id,
      query: r.query,
      filtered: r.filtered,
      matchers: r.matchers.map(Matcher.from),
      minMs: r.minMs,
      maxMs: r.maxMs,
      createdMs: r.createdMs,
      status: r.processedMs === null ? 'received' : 'processed',
      progress: r.progress,
    }));
  }

  cancel(id: string, { force }: { readonly force: boolean }): Promise<CancelOutcome> {
    const { writer, now, cancelPeriodMs } = this.#options;
    const lateMs = now() - cancelPeriodMs;
    return writer.request({ kind: 'cancel-delete-request', id, lateMs, force });
  }

  /** Sees to it that requests are carried out when it is time. */
  tick(): void {
    const now = this.#options.now();
    if (this.#closed || this.#working || now < this.#notBeforeMs) return;
    if (now - this.#oldestMs < this.#options.cancelPeriodMs) return;
    this.#working = this.#carryOut()
      .catch((error: Error) => {
        this.#notBeforeMs = this.#options.now() + RETRY_MS;
        if (!this.#closed) this.#options.onProblem(error);
      })
      .finally(() => {
        this.#working = undefined;
      });
  }

  async #carryOut(): Promise<void> {
    const { writer, now, cancelPeriodMs, onBlocks } = this.#options;
    for (let more = true; more && !this.#closed; ) {
      const nowMs = now();
      const done = await writer.request({ kind: 'carry-out-deletes', dueMs: nowMs - cancelPeriodMs, nowMs });
      more = done.more;
      this.#oldestMs = done.oldestDeleteMs;
      onBlocks(done.blocks);
    }
  }

  /** Resolves when nothing is asked of the writer any more. What is not carried out is so after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#working;
  }
}
