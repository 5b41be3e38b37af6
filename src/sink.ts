/**
 * What a test needs of a server that it uses as a sink: to be told when something came, to tell what came since a
 * moment from what was there before, and to have the server empty again.
 */

import type { ArrivalListener } from './storage/interface.ts';

export interface Sink {
  /**
   * A mark of this moment: a short text. A request with the header `X-Trilite-Since: <mark>` sees what arrived after it
   * alone. What was acknowledged before the call is before it, what is sent after it resolved is after it, whatever times the
   * items have.
   */
  mark(): Promise<string>;
  /** Empties the server as if it had just started. What is acknowledged after this resolved is there. */
  reset(): Promise<void>;
  /**
   * Calls `listener` soon after something was stored, by whatever way it came, until the function that is returned is
   * called. Many arrivals may be told of at once. A query that is asked from the listener sees what arrived.
   */
  onArrival(listener: ArrivalListener): () => void;
}
