/**
 * Looks at groups that are due, in their order: thousands may be due in one moment. Only so many of one receiver are under way, so that a
 * receiver is not run over and one that hangs holds up no other's; and none begins while the front has been at it for long.
 */

/** Of one receiver at once. */
const RUNNING_MAX = 32;
/** How long looks begin before the front looks after others, in ms. */
const SLICE_MS = 4;

type Look = () => Promise<void>;

interface Line {
  readonly waiting: Look[];
  /** Of `waiting`, those that have begun. */
  begun: number;
  running: number;
}

export class LookQueue {
  readonly #lines = new Map<string, Line>();
  #until = 0;
  #isResting = false;

  /** Resolves when the look has ended. */
  run(receiver: string, look: Look): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#lineOf(receiver).waiting.push(() => look().then(resolve, reject));
      this.#pump();
    });
  }

  #lineOf(receiver: string): Line {
    let line = this.#lines.get(receiver);
    if (!line) this.#lines.set(receiver, (line = { waiting: [], begun: 0, running: 0 }));
    return line;
  }

  #pump(): void {
    if (this.#isResting) return;
    for (const [receiver, line] of this.#lines) {
      while (line.running < RUNNING_MAX && line.begun < line.waiting.length) {
        if (performance.now() > this.#until) {
          this.#rest();
          return;
        }
        this.#begin(line);
      }
      if (line.running === 0 && line.begun === line.waiting.length) this.#lines.delete(receiver);
    }
  }

  /** Goes on in another turn of the front's. */
  #rest(): void {
    this.#isResting = true;
    setImmediate(() => {
      this.#isResting = false;
      this.#until = performance.now() + SLICE_MS;
      this.#pump();
    });
  }

  #begin(line: Line): void {
    const look = line.waiting[line.begun++]!;
    line.running++;
    // The list is not moved for each of thousands.
    if (line.begun === line.waiting.length) line.begun = line.waiting.length = 0;
    void look().finally(() => {
      line.running--;
      this.#pump();
    });
  }
}
