/**
 * Logs as JSON lines in a file. The service knows nothing of where they are read: Trilite follows the file as
 * `../config/promtail.yml` says, which takes time, level and trace ids out of the lines.
 */

import { createWriteStream, type WriteStream } from 'node:fs';
import { type Fields, type Level, type Logger, traceIds } from './logger.ts';

export class FileLogger implements Logger {
  readonly #file: WriteStream;

  constructor(path: string) {
    this.#file = createWriteStream(path, { flags: 'a' });
  }

  log(level: Level, message: string, fields: Fields = {}, error?: Error): void {
    const stack = error ? { stack: error.stack ?? error.message } : {};
    const line = { time: new Date().toISOString(), level, msg: message, ...traceIds(), ...fields, ...stack };
    this.#file.write(`${JSON.stringify(line)}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#file.end(resolve));
  }
}
