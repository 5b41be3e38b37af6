/** CPU and memory of a system during a run that paces itself, sampled once a second. */

import { dataDirOf, directoryBytes } from './disk-use.ts';
import { cpuSeconds, memoryUse } from './process-use.ts';
import type { System } from './target.ts';

const SAMPLE_EVERY_MS = 1000;

export class PacedUse {
  readonly #pids: readonly number[];
  readonly #dataDir: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #startCpu = 0;
  /** Resident memory at its highest since `begin`. */
  peakBytes = 0;

  constructor(system: System) {
    this.#pids = system.pids;
    this.#dataDir = system.dataDir ?? dataDirOf(system.pids);
  }

  /** Whether CPU and memory are known. */
  get known(): boolean {
    return this.#pids.length > 0;
  }

  begin(): void {
    if (!this.known) return;
    this.#startCpu = cpuSeconds(this.#pids);
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), SAMPLE_EVERY_MS);
  }

  #sample(): void {
    try {
      this.peakBytes = Math.max(this.peakBytes, memoryUse(this.#pids).residentBytes);
    } catch {
      // The process has ended; the requests will tell.
    }
  }

  /** CPU seconds since `begin`; undefined where no process is known. */
  cpuSeconds(): number | undefined {
    return this.known ? cpuSeconds(this.#pids) - this.#startCpu : undefined;
  }

  /** Bytes of the data directory now; undefined where it is not known. */
  async diskBytes(): Promise<number | undefined> {
    return this.#dataDir === undefined ? undefined : directoryBytes(this.#dataDir);
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
