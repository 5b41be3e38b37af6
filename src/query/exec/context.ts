/** What operators of one query share. */

import type { StorageReader } from '../../storage/interface.ts';
import type { Budget } from '../budget.ts';
import type { SampleCount } from '../sample-count.ts';
import type { Annotations } from './annotations.ts';

export interface ExecContext {
  readonly storage: StorageReader;
  readonly budget: Budget;
  readonly annotations: Annotations;
  /** Where the samples of each step are counted, if somebody asked. */
  readonly counts?: SampleCount | undefined;
}
