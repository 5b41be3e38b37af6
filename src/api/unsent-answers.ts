/**
 * Answers whose clients do not take them. One that takes nothing for a while is let go; and of all answers that wait, there
 * are only so many bytes: beyond it the one that has been on its way longest is broken off, since it is the one least
 * likely to arrive.
 */

import type { ServerResponse } from 'node:http';

/** A client that took nothing of its answer for so long is gone, or means harm. */
export const ANSWER_STALL_MS = 30_000;
/** Smaller ones are the system's to buffer, and not worth counting. */
const COUNTED_LEAST_BYTES = 16 * 1024;
/** Of the process' memory limit, what waiting answers may take. */
const MEMORY_SHARE = 0.125;
/** Never less: one large answer must get through. */
const UNSENT_MIN_BYTES = 32 * 1024 * 1024;

export class UnsentAnswers {
  readonly maxBytes: number;
  /** By age, the oldest first. */
  readonly #waiting = new Map<ServerResponse, number>();
  #bytes = 0;

  constructor(memoryBytes: number) {
    this.maxBytes = Math.max(UNSENT_MIN_BYTES, memoryBytes * MEMORY_SHARE);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** To be called when `bytes` of body are about to be given to `response`; counts them until it closes or is sent. */
  add(response: ServerResponse, bytes: number): void {
    // What is left of the time is the server's own again when the answer has gone.
    response.socket?.setTimeout(ANSWER_STALL_MS);
    if (bytes < COUNTED_LEAST_BYTES) return;
    this.#waiting.set(response, bytes);
    this.#bytes += bytes;
    const done = () => {
      if (!this.#waiting.delete(response)) return;
      this.#bytes -= bytes;
    };
    response.once('finish', done);
    response.once('close', done);
    this.#shed(response);
  }

  #shed(newest: ServerResponse): void {
    for (const [oldest, bytes] of this.#waiting) {
      if (this.#bytes <= this.maxBytes || oldest === newest) return;
      // Before it is told that it has closed.
      this.#waiting.delete(oldest);
      this.#bytes -= bytes;
      oldest.destroy();
    }
  }
}
