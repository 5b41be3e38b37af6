/**
 * Label names, values and series of those series that have something in a time range. Which series have is read off
 * the directories of pages, once per block, into a set of bits; names and values then come out of the postings: a
 * value counts when one of its series is in the set. So nothing is decoded series by series where there are many.
 */

import { compareText, type Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { type DirectoryColumns, readDirectoryColumns } from '../block/page.ts';
import type { TimeRange } from '../interface.ts';
import type { BlockRow } from '../sqlite/block-table.ts';
import { countIds, readIds } from '../sqlite/id-list.ts';
import { SIGNAL, type SignalNumber } from '../sqlite/schema.ts';
import type { BlockSnapshot } from './block-snapshot.ts';
import { type BlockDeletions, isDeleted } from './deletions.ts';
import { IdSet } from './id-set.ts';
import { namesOf, valuesOf } from './label-values.ts';
import { addSurviving } from './surviving-streams.ts';

/** Below this many series their labels are read one by one, which is faster than going through all postings of a name. */
const FEW_SERIES = 2000;
/** Blocks of which the series are remembered: they never change. */
const KNOWN_BLOCKS_MAX = 128;
/** Above every id. */
const TWO_32 = 2 ** 32;

/** Which series of a block have something in it at all, by the block's id, of logs with what is deleted of it. */
export type KnownBlocks = Map<number | string, IdSet>;

export class LabelLookup {
  readonly #snapshot: BlockSnapshot;
  readonly #signal: SignalNumber;
  /** Series that matched and have something in the range. */
  readonly #found = new IdSet();
  #inBlocks: IdSet | undefined;

  constructor(snapshot: BlockSnapshot, signal: SignalNumber) {
    this.#snapshot = snapshot;
    this.#signal = signal;
  }

  /** A series of the head that matched and has something in the range. */
  add(id: number): void {
    this.#found.add(id);
  }

  /** The series in blocks that all matchers accept and that have something in the range. */
  addPersisted(range: TimeRange, matchers: readonly Matcher[]): void {
    this.#inBlocks ??= this.#presentIn(range);
    const present = this.#inBlocks;
    if (present.size === 0) return;
    if (matchers.length === 0) {
      this.#found.addAll(present);
      return;
    }
    const ids = this.#snapshot.persisted(this.#signal, matchers);
    for (let i = 0; i < ids.length; i++) if (present.has(ids[i]!)) this.#found.add(ids[i]!);
  }

  #presentIn(range: TimeRange): IdSet {
    const all = new IdSet();
    const { blocks, deletions, logDeletions } = this.#snapshot;
    for (const block of blocks.overlapping(this.#signal, range.minMs, range.maxMs)) {
      const isWhole = block.minMs >= range.minMs && block.maxMs <= range.maxMs;
      const deleted = deletions.of(block);
      const logs = logDeletions.of(block);
      const read = (into: IdSet) =>
        logs
          ? addSurviving(this.#snapshot, block, logs, range, into)
          : this.#readBlock(block, range, into, deleted);
      if (deleted || !isWhole) read(all);
      else all.addAll(this.#known(logs ? `${block.id}:${logs.key}` : block.id, read));
    }
    return all;
  }

  /** What `read` finds, remembered. */
  #known(key: number | string, read: (into: IdSet) => void): IdSet {
    const { knownBlocks } = this.#snapshot;
    let own = knownBlocks.get(key);
    if (own) return own;
    own = new IdSet();
    read(own);
    if (knownBlocks.size >= KNOWN_BLOCKS_MAX) knownBlocks.delete(knownBlocks.keys().next().value!);
    knownBlocks.set(key, own);
    return own;
  }

  /** A series of which all chunks in the range are deleted is not there. */
  #readBlock(block: BlockRow, range: TimeRange, into: IdSet, deleted?: BlockDeletions): void {
    const { minMs, maxMs } = range;
    for (const { count, series, minMs: mins, maxMs: maxs } of this.#directories(block, range)) {
      for (let i = 0; i < count; i++) {
        if (maxs[i]! < minMs || mins[i]! > maxMs) continue;
        if (deleted !== undefined) {
          const [from, to] = [Math.max(mins[i]!, minMs), Math.min(maxs[i]!, maxMs)];
          if (isDeleted(deleted.timesOf(series[i]!), from, to)) continue;
        }
        into.add(series[i]!);
      }
    }
  }

  /** Those of pages of metrics are kept from one query to the next. */
  *#directories(block: BlockRow, { minMs, maxMs }: TimeRange): Generator<DirectoryColumns, void> {
    const { blocks, metricPages, onDamage } = this.#snapshot;
    const last = Number.MAX_SAFE_INTEGER;
    if (this.#signal === SIGNAL.metrics) {
      for (const { number } of blocks.spans(block.id, 0, last, minMs, maxMs)) {
        const page = metricPages.page(block.id, number);
        if (page !== undefined) yield page.directory;
      }
      return;
    }
    for (const page of blocks.pages(block.id, 0, last, minMs, maxMs)) {
      let directory: DirectoryColumns;
      try {
        directory = readDirectoryColumns(page.directory, page.minMs);
      } catch {
        onDamage(block.id, page.number, 'its directory cannot be read');
        continue;
      }
      yield directory;
    }
  }

  series(): Labels[] {
    const out: Labels[] = [];
    this.#found.each((id) => out.push(this.#snapshot.labels(this.#signal, id)));
    return out;
  }

  names(): string[] {
    if (this.#found.size < FEW_SERIES) return namesOf(this.series());
    const names = new Set<string>();
    this.#snapshot.eachFreshPair(this.#found, ([name]) => names.add(name));
    const { postings } = this.#snapshot.series;
    for (const { id, name } of postings.names(this.#signal)) {
      if (!names.has(name) && postings.some(id, (first, ids) => this.#hasAny(first, ids))) names.add(name);
    }
    return [...names].sort(compareText);
  }

  /** With a limit, those of the series with the lowest ids, which mostly are those that were stored first. */
  values(name: string, limit?: number): string[] {
    if (this.#found.size < FEW_SERIES) return valuesOf(name, this.series(), limit);
    /** The first series that has the value. */
    const firsts = new Map<string, number>();
    const { postings } = this.#snapshot.series;
    const label = postings.name(this.#signal, name);
    if (label !== undefined) {
      postings.each(label, (value, first, ids) => {
        if (firsts.has(value)) return;
        const id = this.#firstFound(first, ids);
        if (id !== undefined) firsts.set(value, id);
      });
    }
    // What the head alone knows came after all that.
    let next = TWO_32;
    this.#snapshot.eachFreshPair(this.#found, (pair) => {
      if (pair[0] === name && !firsts.has(pair[1])) firsts.set(pair[1], next++);
    });
    const values = [...firsts.keys()];
    if (limit === undefined || values.length <= limit) return values.sort(compareText);
    values.sort((a, b) => firsts.get(a)! - firsts.get(b)!);
    return values.slice(0, limit).sort(compareText);
  }

  /** Whether one of the ids of a row of postings was found. */
  #hasAny(first: number, ids: Uint8Array | null): boolean {
    return this.#firstFound(first, ids) !== undefined;
  }

  #firstFound(first: number, ids: Uint8Array | null): number | undefined {
    if (this.#found.has(first)) return first;
    if (!ids) return undefined;
    const list = new Uint32Array(countIds(ids));
    readIds(ids, first, list, 0);
    return list.find((id) => this.#found.has(id));
  }
}
