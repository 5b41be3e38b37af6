/**
 * Watches one system on this machine during a run: CPU while it is pushed to and until it has settled, memory, the
 * bytes of its data directory before, at their highest and settled.
 */

import { existsSync } from 'node:fs';
import { dataDirOf, directoryBytes } from './disk-use.ts';
import { cpuSeconds, memoryUse } from './process-use.ts';
import { ratio, type UseReport } from './report.ts';
import type { Settled } from './settle.ts';
import { SystemError } from './system-error.ts';
import type { System } from './target.ts';

const SAMPLE_EVERY_MS = 1000;
const MILLION = 1e6;

export class Observer {
  readonly #system: System;
  readonly #dataDir: string | undefined;
  #beforeBytes = 0;
  #highestBytes = 0;
  #settledBytes = 0;
  #startCpu = 0;
  #settledCpu = 0;
  #pushingCpu = 0;
  #timer: NodeJS.Timeout | undefined;
  #sampling = false;

  constructor(system: System) {
    this.#system = system;
    this.#dataDir = system.dataDir ?? dataDirOf(system.pids);
    if (this.#dataDir !== undefined && !existsSync(this.#dataDir)) {
      throw new SystemError(`the data directory of ${system.name}, ${this.#dataDir}, is not there`);
    }
  }

  /** CPU seconds of its processes so far, undefined where none is known. */
  cpu(): number | undefined {
    return this.#system.pids.length > 0 ? cpuSeconds(this.#system.pids) : undefined;
  }

  async begin(): Promise<void> {
    this.#startCpu = this.cpu() ?? 0;
    if (this.#dataDir === undefined) return;
    this.#beforeBytes = await directoryBytes(this.#dataDir);
    this.#highestBytes = this.#beforeBytes;
    this.#timer = setInterval(() => void this.#sample(), SAMPLE_EVERY_MS);
  }

  async #sample(): Promise<number> {
    // A large directory takes a while to walk: one walk at a time.
    if (this.#sampling || this.#dataDir === undefined) return this.#highestBytes;
    this.#sampling = true;
    const bytes = await directoryBytes(this.#dataDir);
    this.#sampling = false;
    this.#highestBytes = Math.max(this.#highestBytes, bytes);
    return bytes;
  }

  /** CPU seconds that a round took, if that is known. */
  addPushing(seconds: number | undefined): void {
    this.#pushingCpu += seconds ?? 0;
  }

  /** The load is over and the system has settled. */
  async settled(): Promise<void> {
    this.#settledCpu = this.cpu() ?? 0;
    if (this.#dataDir === undefined) return;
    this.#settledBytes = await directoryBytes(this.#dataDir);
    this.#highestBytes = Math.max(this.#highestBytes, this.#settledBytes);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  report(items: number, settle: Settled | undefined): UseReport {
    const perMillion = (seconds: number) => ratio(seconds * MILLION, items);
    const settledSeconds = this.#settledCpu - this.#startCpu;
    const measured = this.#system.pids.length > 0;
    return {
      cpu: measured
        ? {
            pushingSeconds: this.#pushingCpu,
            settledSeconds,
            pushingSecondsPerMillion: perMillion(this.#pushingCpu),
            settledSecondsPerMillion: perMillion(settledSeconds),
          }
        : null,
      memory: measured ? memoryUse(this.#system.pids) : null,
      disk:
        this.#dataDir === undefined
          ? null
          : {
              dataDir: this.#dataDir,
              beforeBytes: this.#beforeBytes,
              highestBytes: this.#highestBytes,
              settledBytes: this.#settledBytes,
              bytesPerItem: ratio(this.#settledBytes - this.#beforeBytes, items),
            },
      settle: settle ? { seconds: settle.seconds, calls: settle.calls, idle: settle.idle ?? null } : null,
    };
  }
}
