/** Finds, within each trace of a group, the row that a span's parent id means. */

import { SPAN_ID_BYTES } from '../../model/span.ts';
import { NO_PARENT, PARENT_ELSEWHERE } from '../../model/span-group.ts';
import { Interner } from './interner.ts';

/** Up to so many spans of a trace, looking at each is cheaper than a table. */
const SCAN_MAX = 24;

/**
 * Rows of parents for `SpanGroup.parentRows`: the first row of the trace with the id, the span itself left out.
 * Ids are 8 bytes a row in buffers that start at a multiple of 4.
 */
export function findParents(
  traceStarts: Uint32Array,
  spanIds: Uint8Array,
  parentIds: Uint8Array,
): Int32Array {
  const n = spanIds.length / SPAN_ID_BYTES;
  const parents = new Int32Array(n);
  const ids = new Uint32Array(spanIds.buffer, spanIds.byteOffset, 2 * n);
  const wanted = new Uint32Array(parentIds.buffer, parentIds.byteOffset, 2 * n);
  for (let t = 0; t + 1 < traceStarts.length; t++) {
    const start = traceStarts[t]!;
    const end = traceStarts[t + 1]!;
    if (end - start > SCAN_MAX) {
      findInLarge(start, end, spanIds, parentIds, parents);
      continue;
    }
    for (let row = start; row < end; row++) {
      const low = wanted[2 * row]!;
      const high = wanted[2 * row + 1]!;
      if (low === 0 && high === 0) {
        parents[row] = NO_PARENT;
        continue;
      }
      let found = PARENT_ELSEWHERE;
      for (let k = start; k < end; k++) {
        if (ids[2 * k] === low && ids[2 * k + 1] === high && k !== row) {
          found = k;
          break;
        }
      }
      parents[row] = found;
    }
  }
  return parents;
}

function findInLarge(
  start: number,
  end: number,
  spanIds: Uint8Array,
  parentIds: Uint8Array,
  parents: Int32Array,
): void {
  const table = new Interner(1 << Math.ceil(Math.log2(end - start)));
  /** First and second row of each distinct id; the second only matters for a span that is its own parent. */
  const first: number[] = [];
  const second: number[] = [];
  for (let row = start; row < end; row++) {
    const at = row * SPAN_ID_BYTES;
    const known = table.size;
    const i = table.add(spanIds, at, at + SPAN_ID_BYTES);
    if (i === known) {
      first.push(row);
      second.push(PARENT_ELSEWHERE);
    } else if (second[i] === PARENT_ELSEWHERE) second[i] = row;
  }
  const known = table.size;
  for (let row = start; row < end; row++) {
    const at = row * SPAN_ID_BYTES;
    if (isZero(parentIds, at)) {
      parents[row] = NO_PARENT;
      continue;
    }
    const i = table.add(parentIds, at, at + SPAN_ID_BYTES);
    if (i >= known) parents[row] = PARENT_ELSEWHERE;
    else parents[row] = first[i] === row ? second[i]! : first[i]!;
  }
}

function isZero(ids: Uint8Array, at: number): boolean {
  for (let i = at; i < at + SPAN_ID_BYTES; i++) if (ids[i] !== 0) return false;
  return true;
}
