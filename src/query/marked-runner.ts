/**
 * Questions since a mark: the mark that a request names becomes the generation after which its reader looks. A mark may be
 * forgotten, and blocks merged across it, while a question waits for its turn; so it is asked for again when the answer is there.
 */

import type { ServiceAnswer, ServiceRequest, ServiceRunner } from './service.ts';

/** Lower-case, as requests have their headers. */
export const SINCE_HEADER = 'x-trilite-since';

export interface KnownMarks {
  /** Throws `bad_data` for a mark that is unknown or too old. */
  generationOf(mark: string): number;
}

export class MarkedRunner implements ServiceRunner {
  readonly #inner: ServiceRunner;
  readonly #marks: KnownMarks;

  constructor(inner: ServiceRunner, marks: KnownMarks) {
    this.#inner = inner;
    this.#marks = marks;
  }

  async run(name: string, request: ServiceRequest, signal: AbortSignal): Promise<ServiceAnswer> {
    const mark = request.headers[SINCE_HEADER];
    if (mark === undefined) return this.#inner.run(name, request, signal);
    const after = this.#marks.generationOf(mark);
    const answer = await this.#inner.run(name, { ...request, after }, signal);
    try {
      this.#marks.generationOf(mark);
    } catch (error) {
      await answer.rest?.[Symbol.asyncIterator]().return?.();
      throw error;
    }
    return answer;
  }
}
