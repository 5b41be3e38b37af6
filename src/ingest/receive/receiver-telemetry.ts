/** Counts of what receivers took in and what they refused, and why: as metrics, and as what the doctor looks at. */

import type { Counter, Family, Telemetry } from '../../base/telemetry.ts';
import type { Refusal } from '../../storage/interface.ts';
import { Arrivals } from './arrivals.ts';
import type { RefusedAbout } from './refusal-log.ts';

export type ItemKind = 'samples' | 'entries' | 'spans';

const KINDS: readonly ItemKind[] = ['samples', 'entries', 'spans'];

export class ReceiverTelemetry {
  readonly #accepted: Readonly<Record<ItemKind, Family<Counter>>>;
  readonly #refused: Readonly<Record<ItemKind, Family<Counter>>>;
  readonly #failed: Family<Counter>;
  readonly #bytes: Family<Counter>;
  readonly #arrivals: Arrivals;

  /** `arrivals` are those of all receivers of the process. */
  constructor(telemetry: Telemetry, arrivals = new Arrivals()) {
    this.#arrivals = arrivals;
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
    this.#arrivals.bytes(receiver, count);
  }

  accepted(receiver: string, kind: ItemKind, count: number): void {
    this.#accepted[kind].with(receiver).add(count);
    this.#arrivals.accepted(receiver, count);
  }

  /** The time of one item of a request that came at `nowMs`, to be told before any is refused. */
  itemTime(receiver: string, itemMs: number | undefined, nowMs: number): void {
    this.#arrivals.itemTime(receiver, itemMs, nowMs);
  }

  refused(receiver: string, kind: ItemKind, refusals: readonly Refusal[], about?: RefusedAbout): void {
    if (refusals.length === 0) return;
    const counts = new Map<string, { count: number; readonly message: string }>();
    for (const { reason, message } of refusals) {
      this.#refused[kind].with(receiver, reason).add();
      const known = counts.get(reason);
      if (known) known.count++;
      else counts.set(reason, { count: 1, message });
    }
    this.#arrivals.refused(receiver, refusals.length);
    for (const [reason, { count, message }] of counts) {
      // The example is of the first.
      const own = reason === refusals[0]!.reason ? about : { from: about?.from };
      this.#arrivals.refusals.note(receiver, reason, false, count, { message, ...own });
    }
  }

  refusedByReason(
    receiver: string,
    kind: ItemKind,
    reason: string,
    count: number,
    about?: RefusedAbout,
  ): void {
    this.#refused[kind].with(receiver, reason).add(count);
    if (count === 0) return;
    this.#arrivals.refused(receiver, count);
    this.#arrivals.refusals.note(receiver, reason, false, count, about);
  }

  failed(receiver: string, reason: string, about?: RefusedAbout): void {
    this.#failed.with(receiver, reason).add();
    this.#arrivals.failed(receiver);
    this.#arrivals.refusals.note(receiver, reason, true, 1, about);
  }
}
