/**
 * Which log entries of blocks are deleted, out of pending delete requests (`sqlite/delete-request-table.ts`): applied
 * when blocks are read, and physically when a request is carried out (`sqlite/delete-pass.ts`). The heads need not be
 * asked: a request flushes them first (`log-deletes.ts`). A request that has matchers alone is answered from a chunk's
 * times where these lie within its own; only chunks that are cut by its bounds, or whose lines it looks at, are decoded.
 */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import type { Labels } from '../../model/labels.ts';
import { Matcher } from '../../model/matcher.ts';
import { dropEntries } from '../chunkenc/entry-merge.ts';
import type { EntryPredicate, LoadEntryPredicates } from '../interface.ts';
import type { BlockRow } from '../sqlite/block-table.ts';
import type { DeleteRequestTable, StoredDeleteRequest } from '../sqlite/delete-request-table.ts';
import { SIGNAL } from '../sqlite/schema.ts';
import { IdSet } from './id-set.ts';

const NS_PER_MS = 1e6;

/** What becomes of a chunk: nothing, all of it is deleted, or its entries have to be looked at. */
export type ChunkFate = 'kept' | 'gone' | 'partly';

/** What deletions need to know of streams. */
export interface StreamIndex {
  /** Ids of the streams in the label index that all matchers accept. */
  select(matchers: readonly Matcher[]): ArrayLike<number>;
  labels(stream: number): Labels;
}

interface Deletion extends StoredDeleteRequest {
  /** Found when first asked for: a stream that comes later has nothing in the blocks that this is about. */
  streams(): IdSet;
  /** Of a filtered request, once `ready` has compiled it. */
  matches: EntryPredicate | undefined;
}

export class LogDeletions {
  readonly #requests: Pick<DeleteRequestTable, 'pending'>;
  readonly #index: StreamIndex;
  readonly #loadPredicates: LoadEntryPredicates | undefined;
  #current: readonly Deletion[] = [];

  constructor(
    requests: Pick<DeleteRequestTable, 'pending'>,
    index: StreamIndex,
    loadPredicates: LoadEntryPredicates | undefined,
  ) {
    this.#requests = requests;
    this.#index = index;
    this.#loadPredicates = loadPredicates;
  }

  /** Takes what the table holds now. */
  refresh(): void {
    const requests = this.#requests.pending();
    if (requests.length === 0 && this.#current.length === 0) return;
    const known = new Map(this.#current.map((d) => [keyOf(d), d]));
    this.#current = requests.map((r) => known.get(keyOf(r)) ?? this.#deletionOf(r));
  }

  #deletionOf(request: StoredDeleteRequest): Deletion {
    let found: IdSet | undefined;
    const streams = () => {
      if (found) return found;
      found = new IdSet();
      const ids = this.#index.select(request.matchers.map(Matcher.from));
      for (let i = 0; i < ids.length; i++) found.add(ids[i]!);
      return found;
    };
    return { ...request, streams, matches: undefined };
  }

  /** Compiles what is not compiled yet; needed before `of` where entries are going to be looked at. */
  async ready(): Promise<void> {
    for (const deletion of this.#current) {
      if (!deletion.filtered || deletion.matches) continue;
      if (!this.#loadPredicates)
        throw new Error('BUG: a delete request with filters, and nothing to compile it');
      const compile = await this.#loadPredicates();
      deletion.matches = compile(deletion.query);
    }
  }

  /** What is deleted of the block; undefined where nothing can be. */
  of(block: BlockRow): BlockLogDeletions | undefined {
    // A block whose row was damaged does not say what generation it is of: what it holds stays.
    if (this.#current.length === 0 || block.signal !== SIGNAL.logs || block.generation === 0)
      return undefined;
    const own = this.#current.filter(
      (d) => d.generation >= block.generation && d.maxMs >= block.minMs && d.minMs <= block.maxMs,
    );
    return own.length > 0 ? new BlockLogDeletions(own, this.#index) : undefined;
  }
}

function keyOf({ id, createdMs }: StoredDeleteRequest): string {
  return `${id}@${createdMs}`;
}

export class BlockLogDeletions {
  readonly #deletions: readonly Deletion[];
  readonly #index: StreamIndex;

  constructor(deletions: readonly Deletion[], index: StreamIndex) {
    this.#deletions = deletions;
    this.#index = index;
  }

  /** Equal for the same deletions alone. */
  get key(): string {
    return this.#deletions.map(keyOf).join();
  }

  /** Of a chunk of the stream; `minMs` and `maxMs` are the milliseconds that its first and last entry fall into. */
  fateOf(stream: number, minMs: number, maxMs: number): ChunkFate {
    let fate: ChunkFate = 'kept';
    for (const d of this.#deletions) {
      if (d.minMs > maxMs || d.maxMs < minMs || !d.streams().has(stream)) continue;
      // An entry within the last millisecond may lie behind the end.
      if (!d.filtered && d.minMs <= minMs && maxMs < d.maxMs) return 'gone';
      fate = 'partly';
    }
    return fate;
  }

  /** The entries that are left, which may be none; the chunk itself where all are. */
  apply(stream: number, chunk: EntryChunk): EntryChunk {
    const deleted = new Uint8Array(chunk.count);
    for (const d of this.#deletions) {
      if (!d.streams().has(stream)) continue;
      const { from, to } = within(chunk, d.minMs, d.maxMs);
      if (from >= to) continue;
      if (d.filtered) d.matches!(this.#index.labels(stream), chunk, from, to, deleted);
      else deleted.fill(1, from, to);
    }
    return dropEntries(chunk, deleted);
  }
}

/** The entries `[from, to)` of the chunk, which ascends, that lie between the times, both inclusive. */
function within(chunk: EntryChunk, minMs: number, maxMs: number): { from: number; to: number } {
  const first = (minMs - chunk.baseMs) * NS_PER_MS;
  const last = (maxMs - chunk.baseMs) * NS_PER_MS;
  let from = 0;
  while (from < chunk.count && chunk.offsetsNs[from]! < first) from++;
  let to = chunk.count;
  while (to > from && chunk.offsetsNs[to - 1]! > last) to--;
  return { from, to };
}
