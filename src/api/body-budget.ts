/**
 * Bytes of forms and other bodies of queries that are being read or worked on, all together. Bodies of receivers are counted
 * with what storage holds (`ingest/memory.ts`); queries must be answered also where there is no memory for more data, so
 * theirs have a budget of their own.
 */

import { TriliteError } from '../model/errors.ts';

/** Of the process' memory limit; a form becomes text and parameters, which is three times itself. */
const MEMORY_SHARE = 1 / 16;
/** Never less than some of the largest forms. */
const BUDGET_MIN_BYTES = 24 * 1024 * 1024;

export class BodyBudget {
  readonly maxBytes: number;
  #bytes = 0;

  constructor(memoryBytes: number) {
    this.maxBytes = Math.max(BUDGET_MIN_BYTES, memoryBytes * MEMORY_SHARE);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What one body takes; `grow` throws `overloaded` where all together are too many bytes. */
  begin(): { grow(length: number): void; release(): void } {
    let held = 0;
    return {
      grow: (length) => {
        if (this.#bytes - held + length > this.maxBytes) {
          throw new TriliteError(
            'overloaded',
            'too many requests with bodies are being read, try again later',
          );
        }
        this.#bytes += length - held;
        held = length;
      },
      release: () => {
        this.#bytes -= held;
        held = 0;
      },
    };
  }
}
