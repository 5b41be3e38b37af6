/**
 * One stream's chunks out of blocks and head segments, in order of time. What one block holds of a stream is a
 * sequence already and is handed out chunk by chunk, as it is; only where places of different origin overlap are their
 * entries merged, window by window.
 */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import { type EntrySource, entryWindows } from '../block/entry-windows.ts';
import { mergeEntryChunks, sliceEntryChunk } from '../chunkenc/entry-merge.ts';

const NS_PER_MS = 1e6;
/** Entries of a merged chunk that are handed out at a time. */
const PIECE_ENTRIES = 8192;

/** A chunk to come. */
export interface StreamSource {
  /** The block or segment that it is of: those of one origin ascend and have no entry twice. */
  readonly origin: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Ascending in time; undefined where it is damaged or not wanted. Its lines may be missing where they are not asked for. */
  open(withLines: boolean): EntryChunk | undefined;
}

/** Sources that overlap, or one alone. */
interface Cluster {
  readonly members: { readonly source: StreamSource; readonly order: number }[];
  minMs: number;
  maxMs: number;
}

/** Which part of a stream is still wanted, and how. */
export interface Wanted {
  readonly minMs: number;
  readonly maxMs: number;
  readonly direction: 'forward' | 'backward';
  readonly withLines: boolean;
}

/**
 * Yields the chunks, or merged pieces, of the sources (of older origins first) in the direction's order, each ascending
 * in itself; `wanted` is asked before each that stands alone, and before each run of overlapping ones.
 */
export function* streamChunks(sources: readonly StreamSource[], wanted: () => Wanted): Generator<EntryChunk> {
  const clusters = clustersOf(sources);
  if (wanted().direction === 'backward') clusters.reverse();
  for (const { members, minMs, maxMs } of clusters) {
    const now = wanted();
    if (maxMs < now.minMs || minMs > now.maxMs) continue;
    if (members.length === 1) {
      const chunk = members[0]!.source.open(now.withLines);
      if (chunk && chunk.count > 0) yield chunk;
      continue;
    }
    const overlapping = members.map((m) => asEntrySource(m.source));
    for (const window of entryWindows(overlapping, { direction: now.direction })) {
      const chunks = inSequence(window);
      yield* now.direction === 'forward' ? chunks : [...chunks].reverse();
    }
  }
}

/** Equal entries are told by their lines. */
function asEntrySource(source: StreamSource): EntrySource {
  return { minMs: source.minMs, maxMs: source.maxMs, open: () => source.open(true) };
}

function clustersOf(sources: readonly StreamSource[]): Cluster[] {
  const sorted = sources
    .map((source, order) => ({ source, order }))
    .sort((a, b) => a.source.minMs - b.source.minMs || a.order - b.order);
  const clusters: Cluster[] = [];
  for (const member of sorted) {
    const { minMs, maxMs, origin } = member.source;
    const cluster: Cluster = { members: [member], minMs, maxMs };
    for (let last = clusters.at(-1); last && last.maxMs >= minMs; last = clusters.at(-1)) {
      const single = cluster.members.length === 1 && last.members.length === 1;
      if (single && last.members[0]!.source.origin === origin) break;
      clusters.pop();
      cluster.members.unshift(...last.members);
      cluster.minMs = last.minMs;
      cluster.maxMs = Math.max(cluster.maxMs, last.maxMs);
    }
    clusters.push(cluster);
  }
  // Between entries of equal time the order of origins decides.
  for (const { members } of clusters) members.sort((a, b) => a.order - b.order);
  return clusters;
}

/** The chunks of a window: as they are where they follow one another, else merged. */
function inSequence(chunks: readonly EntryChunk[]): readonly EntryChunk[] {
  return chunks.length <= 1 || isSequence(chunks) ? chunks : pieces(mergeEntryChunks(chunks));
}

/** The chunk in pieces of bounded length, since a query looks between chunks whether it is over. */
function pieces(chunk: EntryChunk): EntryChunk[] {
  const out: EntryChunk[] = [];
  for (let from = 0; from < chunk.count; from += PIECE_ENTRIES) {
    out.push(sliceEntryChunk(chunk, from, Math.min(chunk.count, from + PIECE_ENTRIES)));
  }
  return out;
}

/** Whether each chunk begins after the one before ended and no chunk has two entries of one time. */
export function isSequence(chunks: readonly EntryChunk[]): boolean {
  let last = Number.NEGATIVE_INFINITY;
  const base = chunks[0]!.baseMs;
  for (const c of chunks) {
    const shift = (c.baseMs - base) * NS_PER_MS;
    for (let i = 0; i < c.count; i++) {
      const t = c.offsetsNs[i]! + shift;
      if (t <= last) return false;
      last = t;
    }
  }
  return true;
}
