/** Where the messages of one signal go. */

import type { SourcedMessage } from './export-source.ts';
import type { Tally } from './tally.ts';

export interface Sink {
  readonly tally: Tally;
  /** Resolves when there is room for more. Throws `TriliteError` where it cannot go on. */
  take(message: SourcedMessage): Promise<void>;
  /** Everything came. */
  finish(): Promise<void>;
}
