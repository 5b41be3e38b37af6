/**
 * Which trace ids an entry names, as it is stored:
 *
 * 1. the value of a label or metadata whose name is one of trace ids (`trace_id`, `traceID`, …), in whatever notation;
 * 2. a whole metadata value, or a run of digits in the line, that the ID index would hold (`model/entry-id.ts`), whatever its key;
 * 3. in a line without such a run: `trace_id=…` and the like with fewer digits, or with the dashes of a UUID.
 *
 * An id is told as it is written. What (2) tells is what the index finds; the rest is known only to who reads the lines.
 */

import { isTraceIdName, namedTraceIds } from '../../model/correlate/trace-id.ts';
import type { EntryChunk } from '../../model/entry-chunk.ts';
import { isEntryId, namesSpanId, SHORT_ID_DIGITS } from '../../model/entry-id.ts';
import { eachIdRun, type IdRunSink, NIBBLE } from '../../model/id-runs.ts';
import type { Labels } from '../../model/labels.ts';

/** Told ids as they are written; the same may come again. */
export type VisitId = (written: string) => void;

const TAIL_DIGITS = 8;

/** The last eight digits of an id as a number. */
export function tailOf(id: string): number {
  return Number.parseInt(id.slice(-TAIL_DIGITS), 16);
}

function tailAt(bytes: Uint8Array, end: number): number {
  let word = 0;
  for (let i = end - TAIL_DIGITS; i < end; i++) word = (word << 4) | NIBBLE[bytes[i]!]!;
  return word >>> 0;
}

/** Of the entries of one chunk after another. */
export class EntryIds {
  /** Whether (3) is looked for. */
  readonly #byName: boolean;
  #chunk: EntryChunk | undefined;
  #lines: Buffer = Buffer.alloc(0);
  #ofStream: string[] = [];
  /** Of each string of the chunk: whether it is the name of trace ids, of span ids, an ID. */
  #isTraceName: boolean[] = [];
  #isSpanName: boolean[] = [];
  #isId: boolean[] = [];
  /** Whether any line may have a key of trace ids. */
  #hasNames = false;

  readonly #tails: ReadonlySet<number> | undefined;
  #visit: VisitId = () => {};
  /** IDs in the line that is looked at. */
  #runs = 0;
  /** One for all lines. */
  readonly #sink: IdRunSink = {
    id: (from, n) => {
      this.#runs++;
      const lines = this.#lines;
      if (this.#tails && !this.#tails.has(tailAt(lines, from + n))) return;
      this.#visit(lines.toString('latin1', from, from + n));
    },
    longRun: () => {},
  };

  /** `tails`: of the ids in lines only those are told that end in one of these (`tailOf`), and some others perhaps. */
  constructor(options: { readonly byName: boolean; readonly tails?: ReadonlySet<number> }) {
    this.#byName = options.byName;
    this.#tails = options.tails;
  }

  open(stream: Labels, chunk: EntryChunk): void {
    this.#chunk = chunk;
    const { buffer, byteOffset, byteLength } = chunk.lines;
    this.#lines = Buffer.from(buffer, byteOffset, byteLength);
    this.#ofStream = idsOfStream(stream);
    const { strings } = chunk;
    this.#isTraceName = strings.map(isTraceIdName);
    this.#isSpanName = strings.map(namesSpanId);
    this.#isId = strings.map(isEntryId);
    // Of `trace`, whatever the case of its first letter.
    this.#hasNames = this.#byName && (this.#lines.includes('race') || this.#lines.includes('RACE'));
  }

  each(i: number, visit: VisitId): void {
    for (const id of this.#ofStream) visit(id);
    this.#ofMetadata(i, visit);
    const { lineEnds } = this.#chunk!;
    const lines = this.#lines;
    const start = i === 0 ? 0 : lineEnds[i - 1]!;
    const end = lineEnds[i]!;
    this.#visit = visit;
    this.#runs = 0;
    eachIdRun(lines, start, end, this.#sink);
    if (this.#runs > 0 || !this.#hasNames) return;
    for (const id of namedTraceIds(lines.toString('utf8', start, end))) visit(id);
  }

  #ofMetadata(i: number, visit: VisitId): void {
    const { pairEnds, pairs, strings } = this.#chunk!;
    for (let p = i === 0 ? 0 : pairEnds[i - 1]!; p < pairEnds[i]!; p += 2) {
      const name = pairs[p]!;
      const value = pairs[p + 1]!;
      const text = strings[value]!;
      const isShortSpan = text.length === SHORT_ID_DIGITS && this.#isSpanName[name]!;
      if (this.#isTraceName[name] || (this.#isId[value] && !isShortSpan)) visit(text);
    }
  }
}

function idsOfStream(stream: Labels): string[] {
  const ids: string[] = [];
  for (let p = 0; p < stream.pairs.length; p += 2) {
    if (isTraceIdName(stream.pairs[p]!)) ids.push(stream.pairs[p + 1]!);
  }
  return ids;
}
