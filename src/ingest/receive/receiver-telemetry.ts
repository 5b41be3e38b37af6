/** Counts of what receivers took in and what they refused, and why. */

import type { Counter, Family, Telemetry } from '../../base/telemetry.ts';
import type { Refusal } from '../../storage/interface.ts';

export type ItemKind = 'samples' | 'entries' | 'spans';

const KINDS: readonly ItemKind[] = ['samples', 'entries', 'spans'];

export class ReceiverTelemetry {
  readonly #accepted: Readonly<Record<ItemKind, Family<Counter>>>;
  readonly #refused: Readonly<Record<ItemKind, Family<Counter>>>;
  readonly #failed: Family<Counter>;
  readonly #bytes: Family<Counter>;

  constructor(telemetry: Telemetry) {
    const families = (what: 'accepted' | 'refused', labels: readonly string[]) =>
      Object.fromEntries(
        KINDS.map((kind) => {
          const name = `trilite_receiver_${what}_${kind}_total`;
          return [kind, telemetry.counter(name, `Number of ${kind} that receivers ${what}.`, labels)];
        }),
      ) as Record<ItemKind, Family<Counter>>;
    this.#accepted = families('accepted', ['receiver']);
    this.#refused = families('refused', ['receiver', 'reason']);
    this.#failed = telemetry.counter(
      'trilite_receiver_failed_requests_total',
      'Number of requests refused as a whole.',
      ['receiver', 'reason'],
    );
    this.#bytes = telemetry.counter('trilite_receiver_bytes_total', 'Bytes of bodies as they came.', [
      'receiver',
    ]);
  }

  bytes(receiver: string, count: number): void {
    this.#bytes.with(receiver).add(count);
  }

  accepted(receiver: string, kind: ItemKind, count: number): void {
    this.#accepted[kind].with(receiver).add(count);
  }

  refused(receiver: string, kind: ItemKind, refusals: readonly Refusal[]): void {
    for (const { reason } of refusals) this.#refused[kind].with(receiver, reason).add();
  }

  refusedByReason(receiver: string, kind: ItemKind, reason: string, count: number): void {
    this.#refused[kind].with(receiver, reason).add(count);
  }

  failed(receiver: string, reason: string): void {
    this.#failed.with(receiver, reason).add();
  }
}
