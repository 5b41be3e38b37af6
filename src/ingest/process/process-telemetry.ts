/** Counts of what rules keep from being stored. */

import type { Counter, Telemetry } from '../../base/telemetry.ts';
import type { Signal } from '../../storage/interface.ts';

export class ProcessTelemetry {
  readonly #dropped: Readonly<Record<Signal, Counter>>;

  constructor(telemetry: Telemetry) {
    const help = 'Number of samples, log entries and spans that processors dropped.';
    const family = telemetry.counter('trilite_processors_dropped_items_total', help, ['signal']);
    this.#dropped = {
      metrics: family.with('metrics'),
      logs: family.with('logs'),
      traces: family.with('traces'),
    };
  }

  dropped(signal: Signal, items: number): void {
    if (items > 0) this.#dropped[signal].add(items);
  }
}
