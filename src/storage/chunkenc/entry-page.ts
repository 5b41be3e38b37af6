/**
 * A chunk of log entries as it stands in a page: columns of times, line lengths and metadata. The line bytes stand
 * contiguous among the page's lines, so that decoding hands out a view on them. Layout: docs/format/entry-page.md.
 *
 * Metadata: most entries of a stream carry the same names, so each distinct list of names (a *shape*) is written
 * once and an entry names its shape. Values follow column by column: for each shape, for each of its names, one
 * code per entry. Code 0 is "a string not seen yet", which is the next of the dictionary: a column of trace IDs is
 * a column of zeros, and the IDs stand once, side by side.
 */

import { assert } from '../../base/assert.ts';
import { ByteError, ByteReader, type ByteWriter } from '../../base/bytes.ts';
import type { EntryChunk } from '../../model/entry-chunk.ts';
import { planeWidth, readPlanes, writePlanes } from './byte-planes.ts';
import { CHUNK_ENTRIES_MAX, ENTRY_CHUNK_VERSION, ENTRY_CHUNK_VERSION_WHOLE } from './codec.ts';

/** Units of time in ns that clocks tick in; offsets are written in the coarsest that fits all of them. */
const TIME_UNITS = [1, 1000, 1_000_000] as const;

let column = new Float64Array(1024);

function scratchColumn(n: number): Float64Array {
  if (column.length < n) column = new Float64Array(Math.max(n, 2 * column.length));
  return column;
}

/** Writes integers `values[0, n)` as a plane width and planes. */
function writeColumn(out: ByteWriter, values: Float64Array, n: number): void {
  let max = 0;
  for (let i = 0; i < n; i++) if (values[i]! > max) max = values[i]!;
  const width = planeWidth(max);
  out.u8(width);
  writePlanes(out, values, 0, n, width);
}

function readColumn(input: ByteReader, n: number): Float64Array {
  const values = scratchColumn(n);
  readPlanes(input, values, 0, n, input.u8());
  return values;
}

function writeTimes(out: ByteWriter, offsets: Float64Array, n: number): void {
  let unit = 2;
  for (let i = 0; i < n && unit > 0; i++) while (unit > 0 && offsets[i]! % TIME_UNITS[unit]! !== 0) unit--;
  const scale = TIME_UNITS[unit]!;
  const deltas = scratchColumn(n);
  let before = 0;
  for (let i = 0; i < n; i++) {
    const t = offsets[i]! / scale;
    assert(t >= before && t <= Number.MAX_SAFE_INTEGER, 'entry offsets ascend from 0');
    deltas[i] = t - before;
    before = t;
  }
  out.u8(unit);
  // The first offset may be far from the base and would widen the planes: it stands by itself.
  if (n > 0) out.varint(deltas[0]!);
  deltas[0] = 0;
  writeColumn(out, deltas, n);
}

function readTimes(input: ByteReader, n: number): Float64Array {
  const scale = TIME_UNITS[input.u8()];
  if (scale === undefined) throw new ByteError('unknown time unit', input.pos - 1);
  let t = n > 0 ? input.varint() : 0;
  const deltas = readColumn(input, n);
  const offsets = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    t += deltas[i]!;
    offsets[i] = t * scale;
  }
  if (t * scale > Number.MAX_SAFE_INTEGER) throw new ByteError('entry offset above 2^53', input.pos);
  return offsets;
}

/** Groups entries by shape: `order[ends[s - 1], ends[s])` are the entries of shape s, ascending. */
function groupByShape(
  shapeOf: Uint32Array,
  n: number,
  shapeCount: number,
): { order: Uint32Array; ends: Uint32Array } {
  const ends = new Uint32Array(shapeCount);
  for (let i = 0; i < n; i++) ends[shapeOf[i]!]!++;
  for (let s = 1; s < shapeCount; s++) ends[s] = ends[s]! + ends[s - 1]!;
  const next = new Uint32Array(shapeCount);
  for (let s = 1; s < shapeCount; s++) next[s] = ends[s - 1]!;
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[next[shapeOf[i]!]!++] = i;
  return { order, ends };
}

/** The distinct lists of names of a chunk, and which one each entry has. */
function shapesOf(chunk: EntryChunk): { shapes: number[][]; shapeOf: Uint32Array } {
  const { count, pairs, pairEnds } = chunk;
  const shapeOf = new Uint32Array(count);
  const shapes: number[][] = [];
  const byNames = new Map<string, number>();
  let current: number[] | undefined;
  let currentIndex = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = pairEnds[i]!;
    const n = (end - at) / 2;
    let same = current !== undefined && current.length === n;
    for (let k = 0; same && k < n; k++) same = pairs[at + 2 * k] === current![k];
    if (!same) {
      const names: number[] = [];
      for (let k = at; k < end; k += 2) names.push(pairs[k]!);
      const key = names.join();
      let index = byNames.get(key);
      if (index === undefined) {
        index = shapes.length;
        byNames.set(key, index);
        shapes.push(names);
      }
      current = shapes[index]!;
      currentIndex = index;
    }
    shapeOf[i] = currentIndex;
    at = end;
  }
  return { shapes, shapeOf };
}

function writeMetadata(out: ByteWriter, chunk: EntryChunk): void {
  const { count, pairs, pairEnds, strings } = chunk;
  const { shapes, shapeOf } = shapesOf(chunk);
  out.varint(shapes.length);
  if (shapes.length === 0 || (shapes.length === 1 && shapes[0]!.length === 0)) {
    // Fast path: no metadata at all.
    if (shapes.length === 1) out.varint(0);
    return;
  }
  // Strings are numbered anew in the order in which codes mention them; 0 is not numbered yet.
  const numbers = new Uint32Array(strings.length);
  const used: number[] = [];
  for (const names of shapes) {
    out.varint(names.length);
    for (const name of names) writeCode(out, name, numbers, used);
  }
  const ids = scratchColumn(count);
  for (let i = 0; i < count; i++) ids[i] = shapeOf[i]!;
  writeColumn(out, ids, count);
  const { order, ends } = groupByShape(shapeOf, count, shapes.length);
  let from = 0;
  shapes.forEach((names, s) => {
    const to = ends[s]!;
    for (let k = 0; k < names.length; k++) {
      for (let j = from; j < to; j++) {
        const i = order[j]!;
        const start = i === 0 ? 0 : pairEnds[i - 1]!;
        writeCode(out, pairs[start + 2 * k + 1]!, numbers, used);
      }
    }
    from = to;
  });
  out.varint(used.length);
  for (const index of used) out.text(strings[index]!);
}

function writeCode(out: ByteWriter, index: number, numbers: Uint32Array, used: number[]): void {
  const known = numbers[index]!;
  out.varint(known);
  if (known === 0) {
    used.push(index);
    numbers[index] = used.length;
  }
}

interface Metadata {
  readonly pairEnds: Uint32Array;
  readonly pairs: Uint32Array;
  readonly strings: readonly string[];
}

function readMetadata(input: ByteReader, count: number): Metadata {
  const shapeCount = input.varint();
  if (shapeCount > count) throw new ByteError(`${shapeCount} shapes of ${count} entries`, input.pos);
  const codes = new CodeReader(input);
  const shapes: Uint32Array[] = [];
  for (let s = 0; s < shapeCount; s++) {
    const n = input.varint();
    if (n > input.end - input.pos) throw new ByteError(`${n} names in a shape`, input.pos);
    const names = new Uint32Array(n);
    for (let k = 0; k < n; k++) names[k] = codes.next();
    shapes.push(names);
  }
  const pairEnds = new Uint32Array(count);
  if (shapeCount === 0 || (shapeCount === 1 && shapes[0]!.length === 0)) {
    if (shapeCount === 0 && count > 0) throw new ByteError('entries without a shape', input.pos);
    return { pairEnds, pairs: new Uint32Array(0), strings: [] };
  }
  const ids = readColumn(input, count);
  const shapeOf = new Uint32Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const names = shapes[ids[i]!];
    if (!names) throw new ByteError(`shape ${ids[i]} of ${shapeCount}`, input.pos);
    shapeOf[i] = ids[i]!;
    total += 2 * names.length;
    pairEnds[i] = total;
  }
  // Every value is a byte at least.
  if (total / 2 > input.end - input.pos) throw new ByteError('metadata ends early', input.pos);
  const pairs = new Uint32Array(total);
  const { order, ends } = groupByShape(shapeOf, count, shapeCount);
  let from = 0;
  for (let s = 0; s < shapeCount; s++) {
    const names = shapes[s]!;
    const to = ends[s]!;
    for (let k = 0; k < names.length; k++) {
      const name = names[k]!;
      for (let j = from; j < to; j++) {
        const i = order[j]!;
        const at = (i === 0 ? 0 : pairEnds[i - 1]!) + 2 * k;
        pairs[at] = name;
        pairs[at + 1] = codes.next();
      }
    }
    from = to;
  }
  return { pairEnds, pairs, strings: readStrings(input, codes.fresh) };
}

/** Reads codes and counts the strings that they introduce. */
class CodeReader {
  readonly #input: ByteReader;
  fresh = 0;

  constructor(input: ByteReader) {
    this.#input = input;
  }

  next(): number {
    const code = this.#input.varint();
    if (code === 0) return this.fresh++;
    if (code > this.fresh) throw new ByteError(`string ${code} of ${this.fresh}`, this.#input.pos);
    return code - 1;
  }
}

function readStrings(input: ByteReader, expected: number): string[] {
  const n = input.varint();
  if (n !== expected) throw new ByteError(`${n} strings where ${expected} are used`, input.pos);
  const strings: string[] = [];
  for (let i = 0; i < n; i++) strings.push(input.text());
  return strings;
}

/** Writes all of the chunk but its lines; at most `CHUNK_ENTRIES_MAX` entries. Strings that no entry mentions are dropped. */
export function encodeEntryChunk(out: ByteWriter, chunk: EntryChunk): void {
  const { count, lineEnds } = chunk;
  assert(count <= CHUNK_ENTRIES_MAX, `${count} entries in a chunk`);
  out.u8(ENTRY_CHUNK_VERSION);
  out.varint(count);
  out.zigzag(chunk.baseMs);
  writeTimes(out, chunk.offsetsNs, count);
  const lengths = scratchColumn(count);
  let before = 0;
  for (let i = 0; i < count; i++) {
    lengths[i] = lineEnds[i]! - before;
    before = lineEnds[i]!;
  }
  writeColumn(out, lengths, count);
  writeMetadata(out, chunk);
}

/** The bytes of the chunk's lines: what `decodeEntryChunk` wants back. */
export function linesOf({ lines, lineEnds, count }: EntryChunk): Uint8Array {
  return lines.subarray(0, count === 0 ? 0 : lineEnds[count - 1]!);
}

/**
 * Reads the chunk that fills `bytes[start, end)`. `lines` are its lines, which the result has a view on; without them
 * the result's are empty, whatever its line ends say. Throws `ByteError` where the bytes are damaged.
 */
export function decodeEntryChunk(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
  lines: Uint8Array | undefined = undefined,
): EntryChunk {
  const input = new ByteReader(bytes, start, end);
  const { count, baseMs, offsetsNs, lineEnds } = readSizes(input);
  const total = count === 0 ? 0 : lineEnds[count - 1]!;
  const metadata = readMetadata(input, count);
  if (bytes[start] === ENTRY_CHUNK_VERSION_WHOLE) lines = input.bytes(total);
  if (!input.done) throw new ByteError('bytes behind the chunk', input.pos);
  if (lines !== undefined && lines.length !== total)
    throw new ByteError(`lines of ${lines.length} bytes where ${total} are said`, input.pos);
  return { count, baseMs, offsetsNs, lines: lines ?? NO_LINES, lineEnds, ...metadata };
}

const NO_LINES = new Uint8Array(0);

/** Of a chunk, when its entries are and how long their lines. */
export type EntrySizes = Pick<EntryChunk, 'count' | 'baseMs' | 'offsetsNs' | 'lineEnds'>;

/** The same of the chunk alone: neither metadata nor lines are looked at. Throws `ByteError` as well. */
export function decodeEntrySizes(bytes: Uint8Array, start = 0, end = bytes.length): EntrySizes {
  return readSizes(new ByteReader(bytes, start, end));
}

function readSizes(input: ByteReader): EntrySizes {
  const start = input.pos;
  const version = input.u8();
  if (version !== ENTRY_CHUNK_VERSION && version !== ENTRY_CHUNK_VERSION_WHOLE)
    throw new ByteError(`entry chunk version ${version}`, start);
  const count = input.varint();
  if (count > CHUNK_ENTRIES_MAX) throw new ByteError(`${count} entries in a chunk`, input.pos);
  const baseMs = input.zigzag();
  const offsetsNs = readTimes(input, count);
  const lengths = readColumn(input, count);
  const lineEnds = new Uint32Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) lineEnds[i] = total += lengths[i]!;
  return { count, baseMs, offsetsNs, lineEnds };
}
