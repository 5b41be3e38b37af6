/**
 * Span groups between their three forms: rows of OTLP protobuf (`buildSpanGroup`), columns in memory (`SpanGroup`),
 * pieces on disk (`encodeSpanGroup`, `openSpanGroup`). All of it is pure: storage decides what a group holds and where
 * its pieces lie.
 */

import type { SpanGroup } from '../../model/span-group.ts';
import type { SpanRows } from '../../model/span-rows.ts';
import { GroupBuilder } from './span-builder.ts';
import { GroupEncoder, type SpanPiece } from './span-encode.ts';
import type { SpanDirectory } from './span-layout.ts';
import { groupOf, PieceReader } from './span-open.ts';
import { sortRows } from './span-order.ts';

/** zstd's own default; compaction may ask for more. */
const LEVEL = 3;

/**
 * Builds one group from the rows, whose bytes were checked when they came in (`decodeOtlpTraces`). The group copies
 * what it keeps. Spans that are equal in all they say, resource and scope included, become one. `rows` may be empty.
 */
export function buildSpanGroup(rows: SpanRows): SpanGroup {
  return atOnce(buildSpanGroupSteps(rows));
}

/** `buildSpanGroup` for a thread that has other work too: yields every millisecond or so. */
export function* buildSpanGroupSteps(rows: SpanRows): Generator<void, SpanGroup> {
  const sorted = sortRows(rows);
  yield;
  return yield* new GroupBuilder(sorted).build();
}

/** Encodes the group; `level` is zstd's. The pieces are to be stored under their names and given back by them. */
export function encodeSpanGroup(group: SpanGroup, level = LEVEL): SpanPiece[] {
  return atOnce(encodeSpanGroupSteps(group, level));
}

/** `encodeSpanGroup` that yields between columns. */
export function encodeSpanGroupSteps(group: SpanGroup, level = LEVEL): Generator<void, SpanPiece[]> {
  return new GroupEncoder(group, level).run();
}

function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * Opens a group. `load` gives the bytes of a piece by the name that `encodeSpanGroup` gave it, undefined where there
 * is none; the bytes must not change while the group is used. Throws `DamagedPageError`, now or when a column is
 * first asked for.
 */
export function openSpanGroup(load: (column: string) => Uint8Array | undefined): SpanGroup {
  return groupOf(new PieceReader(load, () => {}));
}

/** A group that is opened again and again: its directory is read once, its columns may be dropped. */
export class ReopenedGroup {
  readonly #load: (column: string) => Uint8Array | undefined;
  readonly #onBytes: (bytes: number) => void;
  #directory: SpanDirectory | undefined;

  /** `load` as for `openSpanGroup`; `onBytes` is told of what is kept open: about the bytes of pieces and columns. */
  constructor(load: (column: string) => Uint8Array | undefined, onBytes: (bytes: number) => void) {
    this.#load = load;
    this.#onBytes = onBytes;
  }

  open(): SpanGroup {
    const pieces = new PieceReader(this.#load, this.#onBytes, this.#directory);
    this.#directory = pieces.directory;
    return groupOf(pieces);
  }
}
