/** A compiled stage: changes the line's state and says whether the line stays. */

import { TriliteError } from '../../../model/errors.ts';
import type { LineState } from '../line-state.ts';

export type StageFn = (state: LineState) => boolean;

/** A stage that has nothing to do: a pipeline leaves it out. */
export const NO_STAGE: StageFn = () => true;

/** Refuses a stage that parsed but cannot be built: `parse error : stage '…' : cause`. */
export function stageError(stage: string, cause: string): TriliteError {
  return new TriliteError('bad_data', `parse error : stage '${stage}' : ${cause}`);
}
