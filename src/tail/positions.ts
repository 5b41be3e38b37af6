/**
 * Where reading stands: a file in Promtail's format, which stays readable to it, and beside it the journal, which knows
 * more and is never behind. The journal's word counts as long as the positions file is the one that was written here;
 * where somebody has changed it, what it says counts.
 */

import { readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { DAY_MS } from '../model/duration.ts';
import { TriliteError } from '../model/errors.ts';
import { Journal, type Mark, rowKey } from './journal.ts';
import type { Parcel } from './push-batch.ts';

export interface PositionsParts {
  readonly file: string;
  /** Read where `file` is not there yet. */
  readonly inherited: string | undefined;
  readonly ignoresInvalid: boolean;
  /** The jobs that there are; rows of others are only kept for a while. */
  readonly jobs: ReadonlySet<string>;
  /** Whether records must survive a power cut. */
  readonly syncs: boolean;
  readonly parseYaml: (text: string) => unknown;
}

const CURSOR_AGE_MAX_MS = 90 * DAY_MS;

interface Row {
  readonly mark: Mark;
  /** Printed once: most rows stay the same from one record to the next. */
  readonly json: string;
}

export class Positions {
  readonly #parts: PositionsParts;
  readonly #journal: Journal;
  readonly #rows = new Map<string, Row>();
  /** What the positions file says of keys that have no row. */
  readonly #others: Map<string, string>;
  #crc: number;
  #written: string;
  /** What was being sent when the process ended; it may have arrived. */
  readonly unsent: readonly Parcel[];

  private constructor(
    parts: PositionsParts,
    journal: Journal,
    text: string,
    values: Map<string, string>,
    unsent: readonly Parcel[],
  ) {
    this.#parts = parts;
    this.#journal = journal;
    this.#crc = crc32(text);
    this.#written = text;
    this.#others = values;
    this.unsent = unsent;
  }

  /** Throws `TriliteError` where the file cannot be read or written, or is no positions file. */
  static async open(parts: PositionsParts): Promise<Positions> {
    const text = (await readText(parts.file)) ?? '';
    let values = parse(parts.file, text, parts);
    if (text === '' && parts.inherited !== undefined) {
      // Often another user's, and then none of our business.
      const inherited = await readText(parts.inherited).catch(() => undefined);
      values = parse(parts.inherited, inherited ?? '', parts);
    }
    let opened: Awaited<ReturnType<typeof Journal.open>>;
    try {
      opened = await Journal.open(parts.file, parts.syncs);
    } catch (error) {
      const why = (error as Error).message;
      throw new TriliteError('internal', `cannot keep positions beside ${parts.file}: ${why}`);
    }
    const { journal, last } = opened;
    const isOurs = last?.positionsCrc === crc32(text);
    if (last && isOurs) values = new Map(Object.entries(last.others));
    const positions = new Positions(parts, journal, text, values, last?.parcels ?? []);
    for (const mark of last?.marks ?? []) positions.#adopt(mark, isOurs);
    return positions;
  }

  #adopt(mark: Mark, isOurs: boolean): void {
    const value = this.#others.get(mark.key);
    if (isOurs || value === mark.value) this.#put(mark);
    // Changed by hand: the file is known, but not what was read of it.
    else if (value !== undefined && !mark.isMoved) this.#put({ ...withoutCursors(mark), value });
  }

  #put(mark: Mark): void {
    this.#rows.set(rowKey(mark), { mark, json: JSON.stringify(mark) });
    if (!mark.isMoved) this.#others.delete(mark.key);
  }

  /** What is known of a job's sources. */
  rowsOf(job: string): Mark[] {
    return [...this.#rows.values()].map((r) => r.mark).filter((m) => m.job === job);
  }

  /** What another job knows of the same path, which may be this one under its old name. */
  elsewhere(job: string, key: string): Mark | undefined {
    const rows = [...this.#rows.values()].map((r) => r.mark);
    return rows.find((m) => m.job !== job && m.key === key && !m.isMoved);
  }

  /** What the positions file says of a key that no source of ours has. */
  valueOf(key: string): string | undefined {
    return this.#others.get(key);
  }

  /** Writes down what is about to be sent, and where reading stands when it has arrived. */
  async record(moved: readonly Mark[], parcels: readonly Parcel[]): Promise<void> {
    const fresh = new Map(moved.map((mark) => [rowKey(mark), JSON.stringify(mark)]));
    const json: string[] = [...fresh.values()];
    for (const [key, row] of this.#rows) if (!fresh.has(key)) json.push(row.json);
    const others = JSON.stringify(Object.fromEntries(this.#others));
    await this.#journal.write(this.#crc, json, others, parcels);
  }

  /** It has arrived. */
  commit(moved: readonly Mark[]): void {
    for (const mark of moved) this.#put(mark);
  }

  /** The source has ended, or its row got another key. */
  forget(mark: Mark): void {
    this.#rows.delete(rowKey(mark));
  }

  /** Writes the positions file where it would say something else than it does. */
  async sync(): Promise<void> {
    const text = this.#print();
    if (text === this.#written) return;
    const temporary = `${this.#parts.file}.new`;
    try {
      await writeFile(temporary, text, { mode: 0o600 });
      await rename(temporary, this.#parts.file);
    } catch (error) {
      await unlink(temporary).catch(() => {});
      throw error;
    }
    this.#written = text;
    this.#crc = crc32(text);
  }

  /** Forgets what is gone; `isOpen` says what is being read, whatever has become of its path. */
  async sweep(nowMs: number, isOpen: (mark: Mark) => boolean): Promise<void> {
    for (const { mark } of [...this.#rows.values()]) {
      if (isOpen(mark)) continue;
      if (!this.#parts.jobs.has(mark.job)) {
        if (!mark.isMoved) this.#others.set(mark.key, mark.value);
        this.forget(mark);
        continue;
      }
      const isGone = mark.file ? mark.isMoved || !(await exists(mark.key)) : isOld(mark, nowMs);
      if (isGone) this.forget(mark);
    }
    for (const key of [...this.#others.keys()]) {
      if (key.startsWith('/') && !(await exists(key))) this.#others.delete(key);
    }
  }

  /**
   * `isAllSent`: there is nothing that the next start would have to send again. Else both files stay as they are, of one
   * moment.
   */
  async close(isAllSent: boolean): Promise<void> {
    try {
      if (!isAllSent) return;
      await this.sync();
      await this.record([], []);
    } finally {
      await this.#journal.close();
    }
  }

  #print(): string {
    const values = new Map<string, string>();
    for (const { mark } of this.#rows.values()) {
      if (mark.isMoved || !this.#parts.jobs.has(mark.job)) continue;
      const other = values.get(mark.key);
      // Two jobs that read one file: neither may miss anything.
      const isBehind = other !== undefined && mark.file && Number(other) < Number(mark.value);
      if (!isBehind) values.set(mark.key, mark.value);
    }
    const rest = [...this.#rows.values()].filter((r) => !r.mark.isMoved).map((r) => r.mark);
    for (const { key, value } of rest) if (!values.has(key)) values.set(key, value);
    for (const [key, value] of this.#others) if (!values.has(key)) values.set(key, value);
    let out = 'positions:';
    if (values.size === 0) return `${out} {}\n`;
    for (const key of [...values.keys()].sort()) {
      out += `\n  ${printKey(key)}: ${JSON.stringify(values.get(key)!)}`;
    }
    return `${out}\n`;
  }
}

/** No line came for very long: its container is most likely no more. */
function isOld({ value }: Mark, nowMs: number): boolean {
  return Number(value) * 1000 < nowMs - CURSOR_AGE_MAX_MS;
}

function withoutCursors({ cursors: _, ...mark }: Mark): Mark {
  return mark;
}

/** Plain where YAML can have it so. */
function printKey(key: string): string {
  return /^[\w/][\w/.@+-]*$/.test(key) ? key : JSON.stringify(key);
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new TriliteError('internal', `cannot read the positions file ${path}: ${message}`);
  }
}

function parse(path: string, text: string, parts: PositionsParts): Map<string, string> {
  try {
    return parsePositions(text, parts.parseYaml);
  } catch (error) {
    if (parts.ignoresInvalid) return new Map();
    const [why] = (error as Error).message.split('\n', 1);
    throw new TriliteError('bad_data', `${path} is no positions file: ${why}`);
  }
}

/** Key → value. Throws where the text is no such YAML. */
export function parsePositions(text: string, parseYaml: (text: string) => unknown): Map<string, string> {
  const out = new Map<string, string>();
  const root = parseYaml(text);
  if (root === null || root === undefined) return out;
  if (typeof root !== 'object') throw new TriliteError('bad_data', 'not a mapping');
  const { positions } = root as { positions?: unknown };
  if (positions === null || positions === undefined) return out;
  if (typeof positions !== 'object' || Array.isArray(positions)) {
    throw new TriliteError('bad_data', '"positions" is not a mapping');
  }
  for (const [key, value] of Object.entries(positions)) out.set(key, String(value));
  return out;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
