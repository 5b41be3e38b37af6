/**
 * The log: one line per event in logfmt on stderr, so that stdout stays free for what a command answers.
 * A logger carries fields that stand on each of its lines; `child` adds more. Writing is synchronous to the
 * stream and never throws: a log that cannot be written must not stop the server. What is said too often is left out
 * (`log-pace.ts`), and long values are cut.
 */

import { LogPace } from './log-pace.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export const LOG_LEVELS = Object.keys(RANK) as readonly LogLevel[];

/** Needs no quotes: no space, quote, equals sign or control character in it. */
const PLAIN = /^[^\s"=\p{Cc}]+$/u;

/** A value may be a path or a query that somebody sent. */
const VALUE_MAX_CHARS = 8192;

function printValue(value: unknown): string {
  const whole =
    value instanceof Error ? value.message : typeof value === 'object' ? toJson(value) : String(value);
  const text = whole.length > VALUE_MAX_CHARS ? `${whole.slice(0, VALUE_MAX_CHARS)}…` : whole;
  return PLAIN.test(text) ? text : JSON.stringify(text);
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined';
  } catch {
    return String(value);
  }
}

/** `key=value key="a value"`; fields without a value are left out. */
function printFields(fields: LogFields): string {
  let out = '';
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) out += ` ${key}=${printValue(value)}`;
  }
  return out;
}

/** A logger, with its children, whose level can be changed. */
export interface LeveledLogger extends Logger {
  setLevel(level: LogLevel): void;
}

/** The rank below which nothing is written: one for a logger and its children. */
interface Threshold {
  least: number;
  readonly pace: LogPace;
}

class LogfmtLogger implements LeveledLogger {
  readonly #threshold: Threshold;
  readonly #write: (line: string) => void;
  readonly #suffix: string;

  constructor(threshold: Threshold, write: (line: string) => void, suffix: string) {
    this.#threshold = threshold;
    this.#write = write;
    this.#suffix = suffix;
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (RANK[level] < this.#threshold.least) return;
    const now = new Date();
    // Whoever asks for every detail gets it.
    const suppressed = level === 'debug' ? 0 : this.#threshold.pace.admit(message, now.getTime());
    if (suppressed === undefined) return;
    const extra = (fields ? printFields(fields) : '') + (suppressed > 0 ? ` suppressed=${suppressed}` : '');
    const line = `time=${now.toISOString()} level=${level} msg=${printValue(message)}${this.#suffix}${extra}\n`;
    try {
      this.#write(line);
    } catch {
      // Nowhere left to tell it.
    }
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  setLevel(level: LogLevel): void {
    this.#threshold.least = RANK[level];
  }

  child(fields: LogFields): Logger {
    return new LogfmtLogger(this.#threshold, this.#write, this.#suffix + printFields(fields));
  }
}

/** A logger that writes lines of at least `level` through `write`, by default to stderr. */
export function createLogger(
  level: LogLevel = 'info',
  write: (line: string) => void = (line) => process.stderr.write(line),
): LeveledLogger {
  return new LogfmtLogger({ least: RANK[level], pace: new LogPace() }, write, '');
}

/** Says nothing; for tests and for embedding. */
export const SILENT: Logger = new LogfmtLogger(
  { least: Number.POSITIVE_INFINITY, pace: new LogPace() },
  () => {},
  '',
);
