/**
 * The front's end of an answer in pieces: they come as messages of the reader and go to the client one by one. Every
 * piece that is taken lets the reader send another, so that no more than some are ever here.
 */

export interface PieceQueueOptions {
  /** A piece was taken: one more may come. */
  readonly onTaken: () => void;
  /** Nobody takes any more: the reader should end. */
  readonly onLeft: () => void;
}

export class PieceQueue implements AsyncIterable<Uint8Array> {
  readonly #options: PieceQueueOptions;
  readonly #pieces: Uint8Array[] = [];
  #end: { readonly error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(options: PieceQueueOptions) {
    this.#options = options;
  }

  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#wake?.();
  }

  /** No more will come; with an error what was given so far is not all. */
  end(error?: Error): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  /** Once. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    try {
      for (;;) {
        const piece = this.#pieces.shift();
        if (piece) {
          yield piece;
          this.#options.onTaken();
        } else if (this.#end) {
          if (this.#end.error) throw this.#end.error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      if (!this.#end) this.#options.onLeft();
    }
  }
}
