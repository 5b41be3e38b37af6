/**
 * Logs by Loki's push API: lines in logfmt, a second's worth in a request. The stream is named by labels of few values;
 * level and trace ids have many and go beside the line, as structured metadata.
 */

import { type Fields, type Level, type Logger, traceIds } from './logger.ts';

const FLUSH_INTERVAL_MS = 1000;
/** What waits while Loki is away; the oldest lines go first. */
const WAITING_MAX = 10_000;

type Entry = readonly [ns: string, line: string, metadata: Readonly<Record<string, string>>];

const logfmt = (fields: Fields) =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${/^[\w.:-]+$/.test(String(value)) ? value : JSON.stringify(value)}`)
    .join(' ');

export class LokiLogger implements Logger {
  readonly #url: string;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #timer: NodeJS.Timeout;
  #waiting: Entry[] = [];

  /** `base` is where Loki listens, `http://127.0.0.1:3100`. */
  constructor(base: string, labels: Readonly<Record<string, string>>) {
    this.#url = `${base}/loki/api/v1/push`;
    this.#labels = labels;
    this.#timer = setInterval(() => this.#flush(), FLUSH_INTERVAL_MS);
  }

  log(level: Level, message: string, fields: Fields = {}, error?: Error): void {
    const stack = error ? { stack: error.stack ?? error.message } : {};
    const line = logfmt({ level, msg: message, ...fields, ...stack });
    this.#waiting.push([`${Date.now()}000000`, line, { level, ...traceIds() }]);
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const values = this.#waiting;
    if (values.length === 0) return;
    this.#waiting = [];
    try {
      const answer = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ streams: [{ stream: this.#labels, values }] }),
      });
      // A refusal is for good: the same lines would be refused again.
      if (!answer.ok) console.error(`Loki answered ${answer.status}: ${await answer.text()}`);
    } catch {
      this.#waiting = [...values, ...this.#waiting].slice(-WAITING_MAX);
    }
  }
}
