/**
 * The reader's end of an answer in pieces: each is sent when the client has taken those before it, but for a few that
 * it may be ahead, so that an answer of any size takes little memory.
 */

import { type FromReader, PIECES_AHEAD } from './worker-protocol.ts';

export class PieceSender {
  readonly #post: (message: FromReader, transfer: ArrayBuffer[]) => void;
  #job = 0;
  #allowed = 0;
  #wake: (() => void) | undefined;

  constructor(post: (message: FromReader, transfer: ArrayBuffer[]) => void) {
    this.#post = post;
  }

  /** Resolves when all are sent; rejects with the signal's reason, or what making them failed with. */
  async send(job: number, pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    this.#job = job;
    this.#allowed = PIECES_AHEAD;
    for await (const piece of pieces) {
      while (this.#allowed === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      signal.throwIfAborted();
      this.#allowed--;
      const bytes = wholeBuffer(piece);
      this.#post({ kind: 'piece', job, bytes }, [bytes.buffer]);
    }
  }

  /** The job's client took a piece, or went away. */
  more(job: number): void {
    if (job !== this.#job) return;
    this.#allowed++;
    this.#wake?.();
  }
}

/** Only whole buffers travel: what is a view of something larger, or shared, is copied. */
export function wholeBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const isWhole = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
  return isWhole ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}
