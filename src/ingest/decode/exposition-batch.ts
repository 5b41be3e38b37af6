/** From a parser of exposition lines to the batch of what it read: all that stands before the first bad line. */

import { TriliteError } from '../../model/errors.ts';
import type { FamilyTable } from './exposition-families.ts';
import {
  atLine,
  type Dialect,
  type SampleRows,
  type ScrapeBatch,
  type ScrapedExemplar,
} from './exposition-lines.ts';

/** What a parser fills as it goes. */
export interface ExpositionColumns {
  readonly rows: SampleRows;
  readonly families: FamilyTable;
  readonly exemplars: readonly ScrapedExemplar[];
}

interface LineParser {
  /** Where the line being read begins. */
  readonly line: number;
  /** Throws `TriliteError` at a bad line. */
  run(): void;
}

/** Runs a parser; the batch carries the error that stopped it, with its line. */
export function runParser(
  parser: LineParser,
  body: Uint8Array,
  dialect: Dialect,
  { rows, families, exemplars }: ExpositionColumns,
): ScrapeBatch {
  let error: TriliteError | undefined;
  try {
    parser.run();
  } catch (e) {
    if (!(e instanceof TriliteError)) throw e;
    error = atLine(e, body, parser.line);
  }
  return {
    bytes: body,
    dialect,
    count: rows.count,
    seriesStart: rows.seriesStart,
    seriesEnd: rows.seriesEnd,
    normalize: rows.normalize,
    values: rows.values,
    timestamps: rows.timestamps,
    startTimestamps: undefined,
    histograms: [],
    exemplars,
    metadata: families.list(),
    error,
    release: () => rows.release(),
  };
}
