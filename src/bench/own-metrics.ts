/** What a system tells of itself at `/metrics`, where it is Trilite; other systems tell nothing here. */

import { ask, type System } from './target.ts';

const SAMPLE = /^(trilite_\w+)(?:\{([^}]*)\})? (\S+)$/gm;

/** By name with labels as printed: `trilite_block_bytes{signal="logs"}`. Empty for other systems. */
export async function ownMetrics(system: System): Promise<ReadonlyMap<string, number>> {
  const out = new Map<string, number>();
  try {
    const { status, text } = await ask(system, 'prometheus', '/metrics');
    if (status !== 200) return out;
    for (const [, name, labels, value] of text.matchAll(SAMPLE)) {
      out.set(labels === undefined ? name! : `${name}{${labels}}`, Number(value));
    }
  } catch {
    // It has no such page, or is too busy to answer: nothing is known then.
  }
  return out;
}

const DELAY_P99 = 'trilite_event_loop_delay_seconds{quantile="0.99"}';
const DELAY_MAX = 'trilite_event_loop_delay_seconds{quantile="1"}';
/** Long enough for a p99 of a sample every 10 ms. */
const DELAY_EVERY_MS = 5000;

/**
 * Watches the delay of Trilite's event loop. Its gauges speak of the time since they were read last, so that each
 * reading is a window of its own (the server's own scraping takes a window away now and then).
 */
export class DelayWatch {
  readonly #system: System;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  /** Of every window since the last `take`, seconds. */
  #windows: { readonly p99: number; readonly max: number }[] = [];

  constructor(system: System) {
    this.#system = system;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#reading = this.#reading.then(() => this.#read());
    }, DELAY_EVERY_MS);
  }

  async #read(): Promise<void> {
    const metrics = await ownMetrics(this.#system);
    const p99 = metrics.get(DELAY_P99);
    if (p99 !== undefined) this.#windows.push({ p99, max: metrics.get(DELAY_MAX) ?? p99 });
  }

  /** The worst window's p99 and the longest delay since the last call, in ms; undefined where nothing was told. */
  async take(): Promise<{ readonly p99Ms: number; readonly maxMs: number } | undefined> {
    this.#reading = this.#reading.then(() => this.#read());
    await this.#reading;
    const windows = this.#windows;
    this.#windows = [];
    if (windows.length === 0) return undefined;
    return {
      p99Ms: Math.max(...windows.map(({ p99 }) => p99)) * 1000,
      maxMs: Math.max(...windows.map(({ max }) => max)) * 1000,
    };
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading;
  }
}
