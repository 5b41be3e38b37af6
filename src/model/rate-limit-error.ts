/** A refusal of pace that says when there is room again. */

import { TriliteError } from './errors.ts';

/** Longer than this nobody is asked to wait: what is refused then is refused again. */
const WAIT_MAX_SECONDS = 60;

export class RateLimitError extends TriliteError {
  /** Whole seconds, one at least. */
  readonly retrySeconds: number;

  constructor(message: string, waitMs: number) {
    super('rate_limited', message);
    this.retrySeconds = Math.min(WAIT_MAX_SECONDS, Math.max(1, Math.ceil(waitMs / 1000)));
  }
}
