/** Watching that something stays away: every arrival is looked at, and the end of the time. */

import { countOf } from './expectation.ts';
import { expectationError } from './failure.ts';
import { durationMs } from './moments.ts';
import type { AbsentOptions } from './sink.ts';
import { type Asker, watchArrivals } from './wait.ts';

const WITHIN_MS = 500;

/** Rejects as `Questions.expectAbsent` does. */
export async function absent(asker: Asker, { within = WITHIN_MS, signal }: AbsentOptions): Promise<void> {
  const withinMs = durationMs(within);
  const at = new Error();
  const watch = watchArrivals(asker.arrivals, withinMs, signal);
  try {
    for (;;) {
      const isLast = watch.isOver();
      const answer = await asker.ask();
      signal?.throwIfAborted();
      const count = countOf(answer);
      if (count > 0) {
        const headline = `expected nothing within ${withinMs} ms, but there ${count === 1 ? 'is 1' : `are ${count}`}`;
        throw expectationError({ headline, query: asker.query, answer, inventory: undefined }, at);
      }
      if (isLast) return;
      await watch.next();
      signal?.throwIfAborted();
    }
  } finally {
    watch.end();
  }
}
