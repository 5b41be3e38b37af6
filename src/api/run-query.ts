/** Queries and their deadline, whichever protocol asks. */

import { TriliteError } from '../model/errors.ts';
import type { ServiceAnswer, ServiceRequest, ServiceRunner } from '../query/service.ts';

export interface QueryParts {
  readonly runner: ServiceRunner;
  /** Deadline of what the runner runs; 0 is none. */
  readonly queryTimeoutMs: number;
  /** What tenants may ask; absent: anything. */
  readonly limits?: QueryAdmission | undefined;
}

export interface QueryAdmission {
  /** Counts a question. Throws `rate_limited` for one too many. */
  admit(tenants: readonly string[] | undefined): void;
  /** The tenants' own deadline; 0: that of all. */
  timeoutMs(tenants: readonly string[] | undefined): number;
}

/**
 * Runs a service until it answers, its client goes away or its time is over, which `gone` then tells too. The time of an
 * answer in pieces goes on until its last one.
 */
export async function runQuery(
  { runner, queryTimeoutMs, limits }: QueryParts,
  service: string,
  request: ServiceRequest,
  gone: AbortController,
): Promise<ServiceAnswer> {
  const late = new TriliteError('timeout', 'query timed out in expression evaluation');
  limits?.admit(request.tenants);
  const timeoutMs = limits?.timeoutMs(request.tenants) || queryTimeoutMs;
  const timer = timeoutMs > 0 ? setTimeout(() => gone.abort(late), timeoutMs) : undefined;
  try {
    const answer = await runner.run(service, request, gone.signal);
    // A service that puts its errors into words itself knows only that it was stopped.
    if (gone.signal.reason === late && answer.status >= 400) throw late;
    if (!answer.rest) clearTimeout(timer);
    else return { ...answer, rest: endedBy(answer.rest, () => clearTimeout(timer)) };
    return answer;
  } catch (error) {
    clearTimeout(timer);
    throw gone.signal.reason === late ? late : error;
  }
}

async function* endedBy<T>(parts: AsyncIterable<T>, end: () => void): AsyncGenerator<T, void> {
  try {
    yield* parts;
  } finally {
    end();
  }
}
