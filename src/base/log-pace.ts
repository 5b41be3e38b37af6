/**
 * How often the log says the same. Whoever sends requests decides how many lines they cause, and must not fill a disk: of
 * one message so many lines a minute are written, the rest is counted, and told of with the next line that is.
 */

/** Of one message in `WINDOW_MS`. Far more than anybody reads, and than a start with hundreds of targets says. */
const LINES_MAX = 200;
const WINDOW_MS = 60_000;
/** Messages that are told apart; they are constants of the source, save for those that bear a name. */
const MESSAGES_MAX = 1000;

interface Said {
  /** When its window began. */
  sinceMs: number;
  lines: number;
  suppressed: number;
}

export class LogPace {
  readonly #said = new Map<string, Said>();

  /** How many lines with this message were left out since the last one that was written; undefined: leave this out too. */
  admit(message: string, nowMs: number): number | undefined {
    let said = this.#said.get(message);
    if (!said) {
      if (this.#said.size >= MESSAGES_MAX) this.#said.clear();
      said = { sinceMs: nowMs, lines: 0, suppressed: 0 };
      this.#said.set(message, said);
    }
    // A clock that was set back begins a new window too.
    if (nowMs - said.sinceMs >= WINDOW_MS || nowMs < said.sinceMs) {
      said.sinceMs = nowMs;
      said.lines = 0;
    }
    if (said.lines >= LINES_MAX) {
      said.suppressed++;
      return undefined;
    }
    said.lines++;
    const { suppressed } = said;
    said.suppressed = 0;
    return suppressed;
  }
}
