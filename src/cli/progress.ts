/**
 * How far long work has come: one line on stderr that is drawn over itself. Where stderr is no terminal (or TERM is `dumb`) only the last
 * line is written, so that logs of pipelines stay readable; stdout is never touched.
 */

import { stripVTControlCharacters } from 'node:util';
import { clientEnvironment } from '../config.ts';

/** Faster is not seen, and costs. */
const REDRAW_MS = 100;
const BAR_CELLS = 24;
/** Eighths of a cell. */
const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const FULL = '█';
const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = '\r\x1b[2K';
const UNITS_OF_BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** What is written to: stderr, or a test's own. */
export interface ProgressScreen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** Undefined or 0: not known. */
  readonly total?: number | undefined;
  /** What is counted, in the plural; `bytes` is shown as KiB, MiB, … */
  readonly unit: string;
  readonly screen?: ProgressScreen;
  /** In ms; only differences count. */
  readonly now?: () => number;
  /** The terminal cannot draw over a line. */
  readonly isPlain?: boolean;
}

export interface ProgressBar {
  /** So much is done, all in all; a better total may have become known. */
  update(done: number, total?: number): void;
  /** Takes the line away and writes `summary`, or what was done and how fast; '' writes nothing. Later calls do nothing. */
  done(summary?: string): void;
}

/** Begins a line of progress; `label` opens it. */
export function startProgress(label: string, options: ProgressOptions): ProgressBar {
  return new Line(label, options);
}

class Line implements ProgressBar {
  readonly #label: string;
  readonly #unit: string;
  readonly #screen: ProgressScreen;
  readonly #now: () => number;
  readonly #draws: boolean;
  readonly #startMs: number;
  #total: number;
  #done = 0;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #isOver = false;

  constructor(label: string, { total = 0, unit, screen = process.stderr, now, isPlain }: ProgressOptions) {
    this.#label = stripVTControlCharacters(label);
    this.#unit = unit;
    this.#screen = screen;
    this.#now = now ?? (() => performance.now());
    this.#draws = screen.isTTY === true && !(isPlain ?? clientEnvironment().isDumb);
    this.#startMs = this.#now();
    this.#total = total;
  }

  update(done: number, total = this.#total): void {
    this.#done = done;
    this.#total = total;
    const now = this.#now();
    if (!this.#draws || this.#isOver || now - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = now;
    this.#screen.write(CLEAR_LINE + this.#text(now - this.#startMs));
  }

  done(summary?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const ms = this.#now() - this.#startMs;
    const told =
      summary ??
      `${this.#label}: ${printAmount(this.#done, this.#unit)} in ${printSeconds(ms)}${printRate(this.#done, ms, this.#unit)}`;
    const cleared = this.#drawnMs > Number.NEGATIVE_INFINITY ? CLEAR_LINE : '';
    const text = cleared + (told === '' ? '' : `${told}\n`);
    if (text !== '') this.#screen.write(text);
  }

  #text(ms: number): string {
    const columns = Math.max(1, (this.#screen.columns || DEFAULT_COLUMNS) - 1);
    const share = this.#total > 0 ? Math.min(1, Math.max(0, this.#done / this.#total)) : undefined;
    const amount = printAmount(this.#done, this.#unit);
    const rate = printRate(this.#done, ms, this.#unit);
    if (share === undefined) return clip(`${this.#label}  ${amount}${rate}  ${printSeconds(ms)}`, columns);
    const left = share > 0 && share < 1 ? `  ${printSeconds((ms / share) * (1 - share))} left` : '';
    const percent = `${Math.floor(share * 100)} %`.padStart(5);
    return clip(`${this.#label} ${bar(share)} ${percent}  ${amount}${rate}${left}`, columns);
  }
}

function bar(share: number): string {
  const eighths = Math.round(share * BAR_CELLS * 8);
  const filled = FULL.repeat(Math.floor(eighths / 8)) + PARTS[eighths % 8]!;
  return `▕${filled.padEnd(BAR_CELLS)}▏`;
}

/** The characters used here, and those of labels, take a cell each. */
function clip(text: string, columns: number): string {
  const characters = [...text];
  return characters.length <= columns ? text : characters.slice(0, columns).join('');
}

function printAmount(amount: number, unit: string): string {
  if (unit === 'bytes') return printBytes(amount);
  return `${Math.round(amount).toLocaleString('en-US').replaceAll(',', ' ')} ${unit}`;
}

function printRate(amount: number, ms: number, unit: string): string {
  if (ms < REDRAW_MS || amount <= 0) return '';
  const perSecond = amount / (ms / 1000);
  return unit === 'bytes' ? ` (${printBytes(perSecond)}/s)` : ` (${printCount(perSecond)}/s)`;
}

function printCount(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
}

function printBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10);
  const unit = Math.min(UNITS_OF_BYTES.length - 1, power);
  return `${(bytes / 1024 ** unit).toFixed(unit === 0 ? 0 : 1)} ${UNITS_OF_BYTES[unit]}`;
}

function printSeconds(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const pad = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${pad(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${pad(Math.floor((whole % 3600) / 60))} h`;
}
