/** `trilite doctor --data DIR`: what a data directory holds, and whether it is sound. No server need run on it. */

import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesText, timeText } from '../doctor/words.ts';
import { TriliteError } from '../model/errors.ts';
import { type Inspection, inspect, isLocked } from '../storage/sqlite/inspect.ts';
import { type PrintOptions, painter } from './doctor-print.ts';
import type { Output } from './output.ts';

const EXIT_PROBLEMS = 1;
const EXIT_NOTHING = 3;
const DATABASE_FILE = 'trilite.db';

interface DataReport extends Inspection {
  readonly path: string;
  /** Whether a server runs on it. */
  readonly locked: boolean;
  readonly diskFreeBytes: number;
  readonly problems: readonly string[];
}

/** Resolves with the exit code. */
export async function lookAtData(
  dataDir: string,
  json: boolean,
  style: PrintOptions,
  output: Output,
): Promise<number> {
  const path = join(dataDir, DATABASE_FILE);
  if (!existsSync(path)) {
    output.err(`there is no database at ${path}: is --data the directory that the server was given?`);
    return EXIT_NOTHING;
  }
  let report: DataReport;
  try {
    report = await examine(dataDir, path);
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    output.err(`${error.message}. A server that is started on it salvages what it can`);
    return EXIT_PROBLEMS;
  }
  output.out(json ? JSON.stringify(report, undefined, 2) : print(report, style));
  return report.problems.length > 0 ? EXIT_PROBLEMS : 0;
}

async function examine(dataDir: string, path: string): Promise<DataReport> {
  const locked = isLocked(path);
  const inspection = inspect(path);
  const { bavail, bsize } = await statfs(dataDir);
  return { path, locked, ...inspection, diskFreeBytes: bavail * bsize, problems: problemsOf(inspection) };
}

function problemsOf({ format, formatMax, faults }: Inspection): string[] {
  const newer =
    format > formatMax
      ? [`written by a newer version (format ${format}, this one reads up to ${formatMax}): use that version`]
      : [];
  const unsound = faults.map((fault) => `SQLite finds it unsound: ${fault}`);
  const remedy = 'a server that is started on it salvages what can be read; keep a copy of the file before';
  return [...newer, ...unsound, ...(unsound.length > 0 ? [remedy] : [])];
}

function print(report: DataReport, { color }: PrintOptions): string {
  const { paint } = painter(color);
  const { format, formatMax, fileBytes, freeBytes, walRows, walBytes, locked } = report;
  const older = format < formatMax ? `, brought up to ${formatMax} at the next start` : '';
  const lines = [
    paint('bold', report.path),
    `  format   ${format}${older}`,
    `  size     ${bytesText(fileBytes)}, ${bytesText(freeBytes)} of it empty; ${bytesText(report.diskFreeBytes)} free on the disk`,
    `  log      ${walRows} batches that no block holds yet, ${bytesText(walBytes)}`,
    `  lock     ${locked ? 'held by a running server' : 'free: no server runs on it'}`,
  ];
  for (const [signal, { blocks, items, bytes, minMs, maxMs }] of Object.entries(report.signals)) {
    const times = minMs === undefined ? '' : `, ${timeText(minMs)} to ${timeText(maxMs!)}`;
    lines.push(
      `  ${signal.padEnd(8)} ${items.toLocaleString('en-US')} items in ${blocks} blocks, ${bytesText(bytes)}${times}`,
    );
  }
  const verdict = report.problems.map((text) => paint('problem', `PROBLEM  ${text}`));
  return [...lines, ...(verdict.length > 0 ? verdict : [paint('ok', 'OK       the file is sound')])].join(
    '\n',
  );
}
