/**
 * Logs as a query sees them that is asked of some entries only: every language feature works over them, because they are
 * left out where entries are read. A chunk comes without the entries that are not chosen.
 */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import type { IdDemand } from '../../model/entry-id.ts';
import type { Labels } from '../../model/labels.ts';
import type { EntryCursor, LogReader } from '../../storage/interface.ts';

export interface EntryChoice {
  /** What storage is told of the chosen entries, given the names of labels that there are; absent: nothing. */
  readonly ids?: ((labelNames: readonly string[]) => IdDemand) | undefined;
  /** Streams without chosen entries need not be opened; absent: any may have some. */
  readonly stream?: ((labels: Labels) => boolean) | undefined;
  /** Sets 1 for each chosen entry of the chunk; absent: all are. */
  readonly hits?: ((stream: Labels, chunk: EntryChunk, hits: Uint8Array) => void) | undefined;
}

/** Labels are those of all streams; volumes, which no query asks for, are not to be had. */
export function chosenEntries(logs: LogReader, choice: EntryChoice): LogReader {
  return {
    series: (query) => logs.series(query),
    labelNames: (query) => logs.labelNames(query),
    labelValues: (name, query) => logs.labelValues(name, query),
    volume: () => {
      throw new Error('BUG: volumes of chosen entries');
    },
    select: async (query, signal) => {
      const { matchers, minMs, maxMs, ids = [] } = query;
      const names = choice.ids && (await logs.labelNames({ matcherSets: [matchers], minMs, maxMs }));
      const own = names ? [choice.ids!(names)] : [];
      // What is said of an entry may stand in its line.
      const lines = choice.hits ? { withoutLines: false } : {};
      return chosenCursor(await logs.select({ ...query, ...lines, ids: [...ids, ...own] }, signal), choice);
    },
  };
}

function chosenCursor(cursor: EntryCursor, { stream, hits }: EntryChoice): EntryCursor {
  let chunk: EntryChunk | undefined;
  const isChosen = (): boolean => {
    if (stream && !stream(cursor.labels())) return false;
    if (!hits) return true;
    const whole = cursor.chunk();
    const chosen = new Uint8Array(whole.count);
    hits(cursor.labels(), whole, chosen);
    chunk = onlyThose(whole, chosen);
    return chunk.count > 0;
  };
  return {
    nextBatch: () => cursor.nextBatch(),
    next: () => {
      while (cursor.next()) if (isChosen()) return true;
      return false;
    },
    narrow: (range) => cursor.narrow(range),
    labels: () => cursor.labels(),
    chunk: () => chunk ?? cursor.chunk(),
    close: () => cursor.close(),
  };
}

/** The chunk with the entries that are marked. */
export function onlyThose(chunk: EntryChunk, marked: Uint8Array): EntryChunk {
  const rows: number[] = [];
  for (let i = marked.indexOf(1); i >= 0; i = marked.indexOf(1, i + 1)) rows.push(i);
  if (rows.length === chunk.count) return chunk;
  const starts = (ends: Uint32Array, i: number) => (i === 0 ? 0 : ends[i - 1]!);
  const total = (ends: Uint32Array) => rows.reduce((n, i) => n + ends[i]! - starts(ends, i), 0);
  const lines = new Uint8Array(total(chunk.lineEnds));
  const lineEnds = new Uint32Array(rows.length);
  const pairs = new Uint32Array(total(chunk.pairEnds));
  const pairEnds = new Uint32Array(rows.length);
  let line = 0;
  let pair = 0;
  rows.forEach((i, k) => {
    const from = starts(chunk.lineEnds, i);
    lines.set(chunk.lines.subarray(from, chunk.lineEnds[i]!), line);
    lineEnds[k] = line += chunk.lineEnds[i]! - from;
    const fromPair = starts(chunk.pairEnds, i);
    pairs.set(chunk.pairs.subarray(fromPair, chunk.pairEnds[i]!), pair);
    pairEnds[k] = pair += chunk.pairEnds[i]! - fromPair;
  });
  const offsetsNs = Float64Array.from(rows, (i) => chunk.offsetsNs[i]!);
  return { ...chunk, count: rows.length, offsetsNs, lines, lineEnds, pairs, pairEnds };
}
