/** A few buffers that all files share: however many there are to catch up with, few are read at a time. */

/** Its lines are worked on in one go: some hundred, which take a millisecond or two. */
const BUFFER_BYTES = 32 * 1024;
/** As many as the platform has threads for files. */
const BUFFERS = 4;

export class ReadBuffers {
  readonly #free: Buffer[] = Array.from({ length: BUFFERS }, () => Buffer.alloc(BUFFER_BYTES));
  readonly #waiting: ((buffer: Buffer) => void)[] = [];

  /** Calls `use` with a buffer as soon as one is free. */
  async lend<T>(use: (buffer: Buffer) => Promise<T>): Promise<T> {
    const buffer = this.#free.pop() ?? (await new Promise<Buffer>((resolve) => this.#waiting.push(resolve)));
    try {
      return await use(buffer);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(buffer);
      else this.#free.push(buffer);
    }
  }
}
