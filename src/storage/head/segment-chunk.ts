/** From a head segment to an `EntryChunk`, in the thread that reads it. */

import { utf8Decode } from '../../base/bytes.ts';
import type { EntryChunk } from '../../model/entry-chunk.ts';
import { columnsOf, type Segment } from './log-segments.ts';

/** The segment's entries in time order; ties keep the order in which they came. */
export function chunkOfSegment(slabs: readonly SharedArrayBuffer[], s: Segment): EntryChunk {
  const chunk = viewOfSegment(slabs, s);
  // Queries make text of lines, for which shared memory will not do.
  const copy = { ...chunk, lines: chunk.lines.slice() };
  return s.ordered ? copy : sorted(copy);
}

/** The segment's entries in the order in which they came: views on the slab, to be merged. */
export function viewOfSegment(slabs: readonly SharedArrayBuffer[], s: Segment): EntryChunk {
  const c = columnsOf(slabs[s.slab]!, s);
  const strings: string[] = [];
  for (let i = 0, start = 0; i < s.stringCount; i++) {
    const end = c.stringEnds[i]!;
    // A copy: TextDecoder does not take shared memory.
    strings.push(utf8Decode(c.bytes.slice(s.size - end, s.size - start)));
    start = end;
  }
  return {
    count: s.count,
    baseMs: s.partitionMs,
    offsetsNs: c.offsets.subarray(0, s.count),
    lines: c.bytes.subarray(s.linesAt, s.linesAt + s.lineBytes),
    lineEnds: c.lineEnds.subarray(0, s.count),
    pairEnds: c.pairEnds.subarray(0, s.count),
    pairs: c.pairs.subarray(0, s.pairCount),
    strings,
  };
}

/** The segment's lines and metadata strings, with what is free between them. */
export function bytesOfSegment(slabs: readonly SharedArrayBuffer[], s: Segment): Uint8Array {
  return new Uint8Array(slabs[s.slab]!, s.offset + s.linesAt, s.size - s.linesAt);
}

function sorted(chunk: EntryChunk): EntryChunk {
  const n = chunk.count;
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  order.sort((a, b) => chunk.offsetsNs[a]! - chunk.offsetsNs[b]! || a - b);
  const offsetsNs = new Float64Array(n);
  const lineEnds = new Uint32Array(n);
  const pairEnds = new Uint32Array(n);
  const lines = new Uint8Array(chunk.lines.length);
  const pairs = new Uint32Array(chunk.pairs.length);
  let lineAt = 0;
  let pairAt = 0;
  for (let k = 0; k < n; k++) {
    const i = order[k]!;
    offsetsNs[k] = chunk.offsetsNs[i]!;
    const line = chunk.lines.subarray(i === 0 ? 0 : chunk.lineEnds[i - 1]!, chunk.lineEnds[i]!);
    lines.set(line, lineAt);
    lineEnds[k] = lineAt += line.length;
    const own = chunk.pairs.subarray(i === 0 ? 0 : chunk.pairEnds[i - 1]!, chunk.pairEnds[i]!);
    pairs.set(own, pairAt);
    pairEnds[k] = pairAt += own.length;
  }
  return { ...chunk, offsetsNs, lineEnds, pairEnds, lines, pairs };
}
