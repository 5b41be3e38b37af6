/**
 * A buffer that bodies are decompressed into, one after another: a fresh one for each is more work for the kernel and
 * the collector than the decompression itself. Lent to one borrower at a time; the next gets a buffer of its own.
 */

const START_BYTES = 64 * 1024;
/** A larger body gets a buffer that nobody keeps. */
const KEPT_MAX_BYTES = 8 * 1024 * 1024;

export interface Loan {
  /** At least as long as was asked for; what is in it is left from before. */
  readonly buffer: Uint8Array<ArrayBuffer>;
  /** Nothing looks at the buffer any more. Further calls do nothing. */
  release(): void;
}

export class Scratch {
  #buffer = new Uint8Array(START_BYTES);
  #isLent = false;

  lend(bytes: number): Loan {
    if (this.#isLent || bytes > KEPT_MAX_BYTES) return { buffer: new Uint8Array(bytes), release: () => {} };
    if (this.#buffer.length < bytes) this.#buffer = new Uint8Array(Math.max(bytes, 2 * this.#buffer.length));
    this.#isLent = true;
    let released = false;
    return {
      buffer: this.#buffer,
      release: () => {
        if (released) return;
        released = true;
        this.#isLent = false;
      },
    };
  }
}
