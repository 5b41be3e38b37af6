/** Progress on stderr: a line that is overwritten on a terminal, one line every few seconds elsewhere. */

const TERMINAL_EVERY_MS = 200;
const PLAIN_EVERY_MS = 5000;

export class Progress {
  readonly #quiet: boolean;
  readonly #out: NodeJS.WriteStream;
  #shownAt = 0;
  #open = false;

  constructor(quiet: boolean, out: NodeJS.WriteStream = process.stderr) {
    this.#quiet = quiet;
    this.#out = out;
  }

  /** What is going on right now; shown when it is time to. */
  show(text: string): void {
    const now = performance.now();
    const every = this.#out.isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS;
    if (this.#quiet || (this.#shownAt > 0 && now - this.#shownAt < every)) return;
    this.#shownAt = now;
    this.#open = this.#out.isTTY;
    this.#out.write(this.#out.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  }

  /** A step that is always told. */
  say(text: string): void {
    if (this.#quiet) return;
    this.done();
    this.#out.write(`${text}\n`);
  }

  /** Something the user has to know, also when asked to be quiet. */
  warn(text: string): void {
    this.done();
    this.#out.write(`bench: ${text}\n`);
  }

  done(): void {
    if (this.#open) this.#out.write('\r\x1b[K');
    this.#open = false;
  }
}
