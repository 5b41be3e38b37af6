/**
 * Entries on their way from the front to the tail thread: those of one appended batch that some tail's selector
 * matches, copied into one buffer that is handed over.
 *
 *   runs, entries, pairs, strings, bytes of lines, 0: u32 × 6
 *   | times f64 × N | nanoseconds u32 × N | line ends u32 × N | pair ends u32 × N
 *   | runs u32 × 3R: stream, tails, end of its entries | pairs u32 × P | string ends u32 × S | lines | strings
 *
 * A run is a row of entries of one stream; line ends and pair ends are counted from its beginning, so that a run is
 * an `EntryChunk` but for its times. `tails` has a bit for each tail that wants the stream. A batch of lost entries
 * has all this without lines and metadata: the tail thread could not keep up, and says so in its place.
 */

import { utf8Decode } from '../../../base/bytes.ts';
import type { LogBatch } from '../../../model/batch.ts';
import type { EntryChunk } from '../../../model/entry-chunk.ts';

/** An even number, for the times behind it. */
const HEADER_WORDS = 6;
const RUN_WORDS = 3;
/** Of a UTF-16 unit. */
const UTF8_BYTES_MAX = 3;

/** A run as the tail thread reads it. */
export interface EntryRun {
  readonly streamId: number;
  readonly tails: number;
  /** Its offsets are empty: the times are in columns of their own, since those of a batch may lie anywhere. */
  readonly chunk: EntryChunk;
  readonly timesMs: Float64Array;
  /** Within the millisecond. */
  readonly timesNs: Uint32Array;
}

interface Sizes {
  entries: number;
  runs: number;
  pairs: number;
  lineBytes: number;
}

/**
 * The entries of streams whose `tails` are not 0, at most `entriesMax` of them; undefined where there is none.
 * `lost`: without lines and metadata.
 */
export function encodeEntries(
  batch: LogBatch,
  streamIds: readonly number[],
  tails: Uint32Array,
  lost: boolean,
  entriesMax = Number.POSITIVE_INFINITY,
): Uint8Array<ArrayBuffer> | undefined {
  const sizes = measure(batch, tails, lost, entriesMax);
  if (sizes.entries === 0) return undefined;
  const strings = lost ? new StringTable([]) : new StringTable(batch.strings);
  if (!lost) strings.collect(batch, tails, sizes.entries);
  const layout = layoutOf({ ...sizes, strings: strings.count });
  const bytes = new Uint8Array(layout.linesAt + sizes.lineBytes + strings.bytesMax);
  const words = new Uint32Array(bytes.buffer, 0, HEADER_WORDS);
  words.set([sizes.runs, sizes.entries, sizes.pairs, strings.count, sizes.lineBytes]);
  const columns = columnsOf(bytes, layout);
  fill(batch, streamIds, tails, lost, columns, strings, sizes.entries);
  strings.write(columns.stringEnds, bytes, layout.linesAt + sizes.lineBytes);
  return bytes;
}

/** What the entries take; they are the first that there are, up to the limit. */
function measure(batch: LogBatch, tails: Uint32Array, lost: boolean, entriesMax: number): Sizes {
  const sizes = { entries: 0, runs: 0, pairs: 0, lineBytes: 0 };
  let last = -1;
  let pairStart = 0;
  for (let i = 0; i < batch.count && sizes.entries < entriesMax; i++) {
    const stream = batch.stream[i]!;
    const pairEnd = batch.pairEnd[i]!;
    if (tails[stream] !== 0) {
      sizes.entries++;
      if (stream !== last) sizes.runs++;
      last = stream;
      if (!lost) {
        sizes.pairs += pairEnd - pairStart;
        sizes.lineBytes += batch.lineEnd[i]! - batch.lineStart[i]!;
      }
    }
    pairStart = pairEnd;
  }
  return sizes;
}

interface Layout {
  readonly runs: number;
  readonly entries: number;
  readonly pairs: number;
  readonly strings: number;
  readonly nsAt: number;
  readonly linesAt: number;
}

const timesAt = HEADER_WORDS * 4;

function layoutOf(sizes: Pick<Layout, 'runs' | 'entries' | 'pairs' | 'strings'>): Layout {
  const { runs, entries, pairs, strings } = sizes;
  const nsAt = timesAt + 8 * entries;
  const linesAt = nsAt + 4 * (3 * entries + RUN_WORDS * runs + pairs + strings);
  return { runs, entries, pairs, strings, nsAt, linesAt };
}

function columnsOf(bytes: Uint8Array<ArrayBuffer>, layout: Layout) {
  const { buffer } = bytes;
  let at = layout.nsAt;
  const words = (count: number) => {
    const column = new Uint32Array(buffer, at, count);
    at += 4 * count;
    return column;
  };
  return {
    timesMs: new Float64Array(buffer, timesAt, layout.entries),
    timesNs: words(layout.entries),
    lineEnds: words(layout.entries),
    pairEnds: words(layout.entries),
    runs: words(RUN_WORDS * layout.runs),
    pairs: words(layout.pairs),
    stringEnds: words(layout.strings),
    lines: bytes.subarray(layout.linesAt),
  };
}

function fill(
  batch: LogBatch,
  streamIds: readonly number[],
  tails: Uint32Array,
  lost: boolean,
  columns: ReturnType<typeof columnsOf>,
  strings: StringTable,
  entries: number,
): void {
  const { timesMs, timesNs, lineEnds, pairEnds, runs, pairs, lines } = columns;
  const source = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength);
  let last = -1;
  let pairStart = 0;
  let run = -RUN_WORDS;
  let runLinesAt = 0;
  let runPairsAt = 0;
  let lineAt = 0;
  let pairAt = 0;
  for (let i = 0, n = 0; n < entries; i++) {
    const stream = batch.stream[i]!;
    const pairEnd = batch.pairEnd[i]!;
    if (tails[stream] !== 0) {
      if (stream !== last) {
        run += RUN_WORDS;
        runs[run] = streamIds[stream]!;
        runs[run + 1] = tails[stream]!;
        runLinesAt = lineAt;
        runPairsAt = pairAt;
        last = stream;
      }
      timesMs[n] = batch.timeMs[i]!;
      timesNs[n] = batch.timeNs[i]!;
      if (!lost) {
        lineAt += source.copy(lines, lineAt, batch.lineStart[i]!, batch.lineEnd[i]!);
        for (let p = pairStart; p < pairEnd; p++) pairs[pairAt++] = strings.indexOf(batch.pairs[p]!);
      }
      lineEnds[n] = lineAt - runLinesAt;
      pairEnds[n] = pairAt - runPairsAt;
      runs[run + 2] = ++n;
    }
    pairStart = pairEnd;
  }
}

/** The strings that the entries' metadata has, of all that the batch has. */
class StringTable {
  readonly #strings: readonly string[];
  /** Index in the table, and 1; 0: not in it. */
  readonly #places: Uint32Array;
  readonly #used: string[] = [];
  /** So many bytes they take at most. */
  bytesMax = 0;

  constructor(strings: readonly string[]) {
    this.#strings = strings;
    this.#places = new Uint32Array(strings.length);
  }

  get count(): number {
    return this.#used.length;
  }

  collect(batch: LogBatch, tails: Uint32Array, entries: number): void {
    let pairStart = 0;
    for (let i = 0, n = 0; n < entries; i++) {
      const pairEnd = batch.pairEnd[i]!;
      if (tails[batch.stream[i]!] !== 0) {
        n++;
        for (let p = pairStart; p < pairEnd; p++) this.#add(batch.pairs[p]!);
      }
      pairStart = pairEnd;
    }
  }

  #add(string: number): void {
    if (this.#places[string] !== 0) return;
    const text = this.#strings[string]!;
    this.#places[string] = this.#used.push(text);
    this.bytesMax += UTF8_BYTES_MAX * text.length;
  }

  indexOf(string: number): number {
    return this.#places[string]! - 1;
  }

  /** Ends are counted from `at`. */
  write(ends: Uint32Array, into: Uint8Array<ArrayBuffer>, at: number): void {
    const buffer = Buffer.from(into.buffer);
    let end = 0;
    this.#used.forEach((text, i) => {
      ends[i] = end += buffer.write(text, at + end, 'utf8');
    });
  }
}

/** Reads what `encodeEntries` made, run by run. */
export function* decodeEntries(bytes: Uint8Array<ArrayBuffer>): Generator<EntryRun> {
  const header = new Uint32Array(bytes.buffer, 0, HEADER_WORDS);
  const runs = header[0]!;
  const c = columnsOf(bytes, layoutOf({ runs, entries: header[1]!, pairs: header[2]!, strings: header[3]! }));
  const texts = readStrings(c.lines.subarray(header[4]!), c.stringEnds);
  let start = 0;
  let lineAt = 0;
  let pairAt = 0;
  for (let run = 0; run < RUN_WORDS * runs; run += RUN_WORDS) {
    const end = c.runs[run + 2]!;
    const lineBytes = c.lineEnds[end - 1]!;
    const runPairs = c.pairEnds[end - 1]!;
    yield {
      streamId: c.runs[run]!,
      tails: c.runs[run + 1]!,
      chunk: {
        count: end - start,
        baseMs: 0,
        offsetsNs: new Float64Array(0),
        lines: c.lines.subarray(lineAt, lineAt + lineBytes),
        lineEnds: c.lineEnds.subarray(start, end),
        pairEnds: c.pairEnds.subarray(start, end),
        pairs: c.pairs.subarray(pairAt, pairAt + runPairs),
        strings: texts,
      },
      timesMs: c.timesMs.subarray(start, end),
      timesNs: c.timesNs.subarray(start, end),
    };
    start = end;
    lineAt += lineBytes;
    pairAt += runPairs;
  }
}

function readStrings(bytes: Uint8Array, ends: Uint32Array): string[] {
  return Array.from(ends, (end, i) => utf8Decode(bytes.subarray(i === 0 ? 0 : ends[i - 1]!, end)));
}
