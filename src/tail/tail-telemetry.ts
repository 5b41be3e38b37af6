/** What following logs tells of itself on `/metrics`. */

import type { Counter, Family, Gauge, Telemetry } from '../base/telemetry.ts';

export class TailTelemetry {
  readonly #lines: Family<Counter>;
  readonly #bytes: Family<Counter>;
  readonly #sent: Family<Counter>;
  readonly #dropped: Family<Counter>;
  readonly #failures: Family<Counter>;
  readonly files: Gauge;
  readonly containers: Gauge;

  constructor(telemetry: Telemetry) {
    this.#lines = telemetry.counter('trilite_tail_lines_total', 'Lines read from followed logs.', ['job']);
    this.#bytes = telemetry.counter('trilite_tail_bytes_total', 'Bytes read from followed logs.', ['job']);
    this.#sent = telemetry.counter('trilite_tail_sent_entries_total', 'Entries that a client took.', [
      'client',
    ]);
    this.#dropped = telemetry.counter(
      'trilite_tail_dropped_entries_total',
      'Entries that were read and given up.',
      ['client', 'reason'],
    );
    this.#failures = telemetry.counter(
      'trilite_tail_failures_total',
      'What failed and is tried again: reading, discovering, appending, pushing, writing positions.',
      ['operation'],
    );
    this.files = telemetry.gauge('trilite_tail_files_active', 'Files that are followed.').with();
    this.containers = telemetry
      .gauge('trilite_tail_containers_active', 'Containers whose logs are followed.')
      .with();
  }

  /** The counters of a job, to be counted on directly. */
  job(name: string): { readonly lines: Counter; readonly bytes: Counter } {
    return { lines: this.#lines.with(name), bytes: this.#bytes.with(name) };
  }

  sent(client: string, entries: number): void {
    this.#sent.with(client).add(entries);
  }

  /** `client` is empty where none was asked. */
  dropped(client: string, reason: string, entries: number): void {
    this.#dropped.with(client, reason).add(entries);
  }

  failure(operation: 'read' | 'discover' | 'append' | 'push' | 'positions' | 'journal'): void {
    this.#failures.with(operation).add();
  }
}
