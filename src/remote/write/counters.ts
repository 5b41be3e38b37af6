/**
 * What a remote's queue counts: numbers in shared memory, which the sending thread alone writes and the front reads when
 * metrics are asked for.
 */

const ITEMS = ['samples', 'exemplars', 'histograms'] as const;
export type Item = (typeof ITEMS)[number];

/** Why something was read and not sent. The last is ours: the queue had as much as it may. */
export const DROP_REASONS = [
  'too_old',
  'dropped_series',
  'unintentionally_dropped_series',
  'nhcb_in_rw1_not_supported',
  'no_sample',
  'queue_full',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** Upper bounds of the durations of send calls, in seconds; the original's. */
export const DURATION_BOUNDS: readonly number[] = [
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  ...[25, 60, 120, 300],
];

const PER_ITEM = ['total', 'failed', 'retried', 'pending', 'in', ...DROP_REASONS] as const;
type PerItem = (typeof PER_ITEM)[number];
const PLAIN = [
  'metadataTotal',
  'metadataFailed',
  'metadataRetried',
  'metadataBytes',
  'bytes',
  'enqueueRetries',
  'highestSeconds',
  'highestSentSeconds',
  'shards',
  'shardsDesired',
  'queueBytes',
  'durationSum',
] as const;
type Plain = (typeof PLAIN)[number];

const PLAIN_AT = ITEMS.length * PER_ITEM.length;
const DURATIONS_AT = PLAIN_AT + PLAIN.length;
const SIZE = DURATIONS_AT + DURATION_BOUNDS.length + 1;

export class QueueCounters {
  readonly shared: SharedArrayBuffer;
  readonly #cells: Float64Array;

  constructor(shared = new SharedArrayBuffer(8 * SIZE)) {
    this.shared = shared;
    this.#cells = new Float64Array(shared);
  }

  static readonly items: readonly Item[] = ITEMS;

  item(item: Item, what: PerItem): number {
    return this.#cells[itemAt(item, what)]!;
  }

  addItem(item: Item, what: PerItem, n: number): void {
    this.#cells[itemAt(item, what)]! += n;
  }

  get(what: Plain): number {
    return this.#cells[PLAIN_AT + PLAIN.indexOf(what)]!;
  }

  add(what: Plain, n: number): void {
    this.#cells[PLAIN_AT + PLAIN.indexOf(what)]! += n;
  }

  set(what: Plain, value: number): void {
    this.#cells[PLAIN_AT + PLAIN.indexOf(what)] = value;
  }

  /** Sets it where it is higher. */
  raise(what: Plain, value: number): void {
    if (value > this.get(what)) this.set(what, value);
  }

  observe(seconds: number): void {
    let i = 0;
    while (i < DURATION_BOUNDS.length && seconds > DURATION_BOUNDS[i]!) i++;
    this.#cells[DURATIONS_AT + i]!++;
    this.add('durationSum', seconds);
  }

  /** Calls by duration, one count per bound and one for the rest. */
  durations(): Float64Array {
    return this.#cells.subarray(DURATIONS_AT, SIZE);
  }

  /** What stood for work in memory, which is gone: a queue begins anew. */
  resetPending(): void {
    for (const item of ITEMS) this.#cells[itemAt(item, 'pending')] = 0;
  }
}

function itemAt(item: Item, what: PerItem): number {
  return ITEMS.indexOf(item) * PER_ITEM.length + PER_ITEM.indexOf(what);
}
