/** What goes wrong with a remote goes wrong with every request: the log is told at once, and then every so often. */

import type { LogFields, LogLevel } from '../../base/log.ts';

const REPEAT_MS = 60_000;

export class TroubleLog {
  readonly #write: (level: LogLevel, message: string, fields: LogFields) => void;
  readonly #told = new Map<string, number>();

  constructor(write: (level: LogLevel, message: string, fields: LogFields) => void) {
    this.#write = write;
  }

  tell(level: LogLevel, message: string, fields: LogFields): void {
    const now = performance.now();
    const before = this.#told.get(message);
    if (before !== undefined && now - before < REPEAT_MS) return;
    this.#told.set(message, now);
    this.#write(level, message, fields);
  }
}
