/** A compiled stage: changes the line's state and says whether the line stays. */

import { TriliteError } from '../../../model/errors.ts';
import type { LineState } from '../line-state.ts';

export type StageFn = (state: LineState) => boolean;

/** Refuses a stage that parsed but cannot be built: `parse error : stage '…' : cause`. */
export function stageError(stage: string, cause: string): TriliteError {
  return new TriliteError('bad_data', `parse error : stage '${stage}' : ${cause}`);
}
