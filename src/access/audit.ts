/**
 * What becomes known of who is let in and who is not: refusals are counted, and told in the log at a bounded pace, without anything
 * of the credentials that were tried; what administrators do is told each time.
 */

import type { Logger } from '../base/log.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import type { Caller } from '../model/access.ts';
import type { Unidentified } from './authenticator.ts';
import type { Attempt } from './gate.ts';

export type Reason = Unidentified | 'guessing' | 'scope' | 'tenant' | 'cross_site';

/** Lines about refusals, in the long run and at once: enough to see what goes on, too few to fill a disk. */
const LINES_PER_SECOND = 1;
const LINES_BURST = 20;
/** A path is the client's to choose. */
const PATH_MAX_CHARS = 200;

export class Audit {
  readonly #log: Logger;
  readonly #telemetry: Telemetry;
  readonly #lines: TokenBucket;
  readonly #elapsedMs: () => number;
  #untold = 0;

  constructor(telemetry: Telemetry, log: Logger, elapsedMs: () => number) {
    this.#telemetry = telemetry;
    this.#log = log;
    this.#elapsedMs = elapsedMs;
    this.#lines = new TokenBucket(LINES_PER_SECOND, LINES_BURST, elapsedMs());
  }

  /** `caller` where it is known whose request it was. */
  refused(reason: Reason, attempt: Attempt, caller: Caller | undefined): void {
    const help = 'Requests that were refused for want of credentials or rights.';
    this.#telemetry.counter('trilite_auth_failures_total', help, ['reason']).with(reason).add();
    if (!this.#lines.take(1, this.#elapsedMs())) {
      this.#untold++;
      return;
    }
    const untold = this.#untold > 0 ? { untold: this.#untold } : {};
    this.#untold = 0;
    this.#log.warn('request refused', { reason, caller: nameOf(caller), ...whatOf(attempt), ...untold });
  }

  administered(attempt: Attempt, caller: Caller): void {
    this.#log.info('administration', { caller: nameOf(caller), ...whatOf(attempt) });
  }
}

function nameOf(caller: Caller | undefined): string | undefined {
  return caller && (caller.name ?? 'anonymous');
}

function whatOf({ peer, method, path }: Attempt) {
  return { peer, method, path: path.slice(0, PATH_MAX_CHARS) };
}
