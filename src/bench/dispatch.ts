/**
 * The order in which requests go out: so many at a time, of a shard one at a time and in order, otherwise the earliest
 * that may go. A free place is never left empty while there is a request for it.
 */

import type { BenchRequest } from './workload.ts';

/** Indexes of requests that wait, earliest first, and how far they have been taken. */
interface Queue {
  readonly indexes: number[];
  taken: number;
  /** A shard has a request under way. */
  busy: boolean;
}

export class Dispatcher {
  readonly #concurrency: number;
  readonly #deliver: (index: number) => Promise<void>;
  readonly #signal: AbortSignal;
  readonly #shards: Queue[];
  readonly #free: Queue;
  #active = 0;

  /** `deliver` sends the request at an index and never rejects for what a system answers. */
  constructor(
    requests: readonly BenchRequest[],
    concurrency: number,
    deliver: (index: number) => Promise<void>,
    signal: AbortSignal,
  ) {
    this.#concurrency = concurrency;
    this.#deliver = deliver;
    this.#signal = signal;
    this.#free = { indexes: [], taken: 0, busy: false };
    const shards = new Map<number, Queue>();
    requests.forEach(({ shard }, index) => {
      if (shard === undefined) {
        this.#free.indexes.push(index);
        return;
      }
      const queue = shards.get(shard);
      if (queue) queue.indexes.push(index);
      else shards.set(shard, { indexes: [index], taken: 0, busy: false });
    });
    this.#shards = [...shards.values()];
  }

  /** Resolves when all have been delivered, or those under way when the signal came. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      const fill = () => {
        while (this.#active < this.#concurrency && !this.#signal.aborted) {
          const queue = this.#earliest();
          if (!queue) break;
          const index = queue.indexes[queue.taken++]!;
          queue.busy = queue !== this.#free;
          this.#active++;
          this.#deliver(index).then(() => {
            queue.busy = false;
            this.#active--;
            fill();
          }, reject);
        }
        if (this.#active === 0) resolve();
      };
      fill();
    });
  }

  #earliest(): Queue | undefined {
    let best: Queue | undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const queue of [this.#free, ...this.#shards]) {
      const index = queue.busy ? undefined : queue.indexes[queue.taken];
      if (index === undefined || index >= earliest) continue;
      best = queue;
      earliest = index;
    }
    return best;
  }
}
