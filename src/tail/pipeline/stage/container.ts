/** `docker` and `cri`: the formats in which container runtimes write logs, taken apart by stages of the other kinds. */

import type { TailEntry } from '../entry.ts';
import type { CriStageConfig, StageConfig } from '../stage-config.ts';
import { join } from './joined-text.ts';
import { labelKey } from './label-key.ts';
import { type EntryStep, type Next, noteFirst, passAll, type Stage } from './stage.ts';

const STREAM_LABEL: StageConfig = { kind: 'labels', labels: [['stream', 'stream']] };

function timestampOf(source: string): StageConfig {
  return { kind: 'timestamp', source, formats: ['RFC3339Nano'], location: undefined, onFailure: 'fudge' };
}

/** `{"log":"…\n","stream":"stdout","time":"…"}` */
export const DOCKER_STAGES: readonly StageConfig[] = [
  {
    kind: 'json',
    expressions: [
      ['output', 'log'],
      ['stream', 'stream'],
      ['timestamp', 'time'],
    ],
    source: undefined,
    dropMalformed: false,
  },
  STREAM_LABEL,
  timestampOf('timestamp'),
  { kind: 'output', source: 'output' },
];

const CRI_LINE = /^([^\t\n\f\r ]+) (stdout|stderr) ([^\t\n\f\r ]+) ([\s\S]*)$/;

/**
 * `2026-01-01T00:00:00.1Z stdout F the line`; `P` in place of `F` where the rest of the line follows. Every line of a
 * cluster comes this way, so it is no `regex` stage, whose engine costs more than all the rest.
 */
export const cutCri: EntryStep = ({ line, extracted }) => {
  const found = CRI_LINE.exec(line);
  if (!found) return true;
  extracted.set('time', found[1]);
  extracted.set('stream', found[2]);
  extracted.set('flags', found[3]);
  extracted.set('content', found[4]);
  return true;
};

/** Behind `cutCri`. */
export const CRI_STAGES: readonly StageConfig[] = [
  STREAM_LABEL,
  timestampOf('time'),
  { kind: 'output', source: 'content' },
];

/** Joins the parts of a line, per label set; stands behind the stages above. */
export class PartialLines implements Stage {
  readonly #config: CriStageConfig;
  /** The newest part has the text of all; the first ones are where the line began, in each source. */
  readonly #parts = new Map<string, { readonly firsts: TailEntry[]; readonly entry: TailEntry }>();

  constructor(config: CriStageConfig) {
    this.#config = config;
  }

  process(entry: TailEntry, next: Next): void | Promise<void> {
    const key = labelKey(entry.labels);
    if (entry.extracted.get('flags') === 'P') {
      if (this.#parts.size >= this.#config.maxPartialLines) {
        // Too many lines are unfinished: they are given out as they are.
        const unfinished = [...this.#parts.values()].map((part) => part.entry);
        this.#parts.clear();
        this.#hold(key, entry);
        return passAll(unfinished, next);
      }
      this.#hold(key, entry);
      return undefined;
    }
    const before = this.#parts.get(key);
    if (!before) return next(entry);
    this.#parts.delete(key);
    entry.line = this.#cut(join(before.entry.line, '', entry.line));
    return next(entry);
  }

  flush(next: Next): void {
    for (const { entry } of this.#parts.values()) void next(entry);
    this.#parts.clear();
  }

  held(visit: (entry: TailEntry) => void): void {
    for (const { firsts } of this.#parts.values()) firsts.forEach(visit);
  }

  #hold(key: string, entry: TailEntry): void {
    const before = this.#parts.get(key);
    entry.line = this.#cut(join(before?.entry.line ?? '', '', entry.line));
    const firsts = before?.firsts ?? [];
    noteFirst(firsts, entry);
    this.#parts.set(key, { firsts, entry });
  }

  /** Bytes, not breaking a character. */
  #cut(line: string): string {
    const max = this.#config.maxLineBytes;
    if (max === undefined || line.length * 3 <= max || Buffer.byteLength(line) <= max) return line;
    const bytes = Buffer.from(line);
    let end = max;
    while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
    return bytes.toString('utf8', 0, end);
  }
}
