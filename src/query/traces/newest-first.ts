/**
 * The newest matching traces, with as little read as they take. One queue has everything that may hold the next of
 * them, by the latest moment at which a trace in it may start:
 *
 * - groups that were not looked at, by their last moment. Looking at one makes its mask and finds the traces with a hit
 *   (the seeds, `requirement.ts`);
 * - groups with seeds, by the start of the newest. It is taken, its rows in other groups are looked up, and the trace is
 *   evaluated;
 * - traces that turned out to start earlier than it seemed, by their true start.
 *
 * What comes off the queue is newer than all that is left in it, so the first matches are the answer.
 */

import { MaxHeap } from '../../base/heap.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import type { TimeRange, TraceLookup, TraceReader } from '../../storage/interface.ts';
import { GroupSeeds } from './group-seeds.ts';
import { keyOf } from './ids.ts';
import type { Requirement } from './pipeline.ts';
import { throwIfAborted } from './read-groups.ts';
import { FilterBits } from './requirement.ts';
import { traceNumber } from './trace-proto.ts';
import { type Segment, TraceView } from './trace-view.ts';

/** Groups in which it is counted which filter has the fewest hits. */
const SAMPLE_GROUPS = 3;
/**
 * A trace is looked up if its rows in the group of its hit overlap the range, or lie this near: whether other groups
 * have more of it is not asked of all that are further away.
 */
const NEAR_MS = 30_000;
/** Steps between two looks at the abort signal. */
const CHECK_EVERY = 64;

/** `T` is what a trace becomes in the answer. */
export interface NewestFirstJob<T> {
  readonly reader: TraceReader;
  readonly groups: readonly SpanGroup[];
  /** Told of each group when it was looked at: its columns are hardly wanted again. */
  readonly passed: (group: SpanGroup) => void;
  readonly requirement: Requirement;
  /** Traces that overlap it are wanted; undefined: all. */
  readonly range: TimeRange | undefined;
  readonly limit: number;
  readonly evaluate: (view: TraceView) => T | undefined;
  readonly signal: AbortSignal;
}

/** What has come of a search since the update before. */
export interface Update<T> {
  /** Newest first. */
  readonly found: readonly T[];
  /** Groups that were looked at in all, or are older than the answer. */
  readonly groupsSeen: number;
}

/** One of the three kinds. */
interface Waiting {
  /** No trace in it starts later, ms since 1970. */
  rank: number;
  readonly group?: SpanGroup;
  readonly seeds?: GroupSeeds;
  readonly view?: TraceView;
}

export class NewestFirst<T> {
  readonly #job: NewestFirstJob<T>;
  readonly #bits: FilterBits;
  readonly #queue = new MaxHeap<Waiting>();
  /** Traces that were looked up. */
  readonly #seen = new Set<string>();
  #lookup: TraceLookup | undefined;
  /** Traces with a hit in a group that was looked at. */
  inspected = 0;

  constructor(job: NewestFirstJob<T>) {
    this.#job = job;
    this.#bits = new FilterBits(job.requirement);
  }

  /** Of one filter it is no question. */
  #sample(): readonly SpanGroup[] {
    if (this.#bits.filters.length < 2) return [];
    return [...this.#job.groups].sort((a, b) => b.maxMs - a.maxMs).slice(0, SAMPLE_GROUPS);
  }

  get #latestMs(): number {
    return (this.#job.range?.maxMs ?? Number.POSITIVE_INFINITY) + NEAR_MS;
  }

  /** At most `limit` traces, newest first. */
  async run(): Promise<T[]> {
    const out: T[] = [];
    for await (const { found } of this.updates(Number.POSITIVE_INFINITY))
      for (const one of found) out.push(one);
    return out;
  }

  /** The same in parts: what was found, about every `everyMs` while it takes, and at the end. */
  async *updates(everyMs: number): AsyncGenerator<Update<T>, void> {
    const { groups, reader, limit, signal } = this.#job;
    this.#lookup = await reader.lookup();
    for (const group of groups) {
      if (group.minMs <= this.#latestMs) this.#queue.push({ rank: group.maxMs, group });
    }
    const seeds = this.#bits.seeds(this.#sample());
    let due = performance.now() + everyMs;
    let found: T[] = [];
    let groupsSeen = 0;
    for (let step = 0, left = limit; left > 0; step++) {
      if (step % CHECK_EVERY === 0) throwIfAborted(signal);
      const next = this.#queue.top;
      if (next === undefined) break;
      const view = next.seeds ? this.#takeSeed(next, next.seeds) : this.#queue.pop()!.view;
      if (next.group) {
        this.#lookInto(next.group, seeds);
        groupsSeen++;
      }
      const match = view !== undefined && this.#overlaps(view) ? this.#job.evaluate(view) : undefined;
      if (match !== undefined) {
        found.push(match);
        left--;
      }
      if (performance.now() < due) continue;
      // Traces of the last group may be left.
      yield { found, groupsSeen: Math.min(groupsSeen, groups.length - 1) };
      found = [];
      due = performance.now() + everyMs;
    }
    yield { found, groupsSeen: groups.length };
  }

  #lookInto(group: SpanGroup, filters: ReturnType<FilterBits['seeds']>): void {
    const masks = filters?.map((filter) => this.#bits.mask(filter, group));
    const seeds = new GroupSeeds(group, masks?.includes(undefined) ? undefined : (masks as Uint8Array[]));
    this.#job.passed(group);
    if (seeds.count === 0) return;
    this.inspected += seeds.count;
    this.#queue.push({ rank: group.maxMs, seeds });
  }

  /** The trace of the newest seed of the group on top; undefined where it cannot match or has to wait for its turn. */
  #takeSeed(top: Waiting, seeds: GroupSeeds): TraceView | undefined {
    const rank = seeds.sorted(this.#latestMs);
    if (seeds.left === 0) this.#queue.pop();
    if (rank < top.rank) {
      top.rank = rank;
      if (seeds.left > 0) this.#queue.sink();
      return undefined;
    }
    const segment = seeds.take();
    if (seeds.left === 0) {
      this.#queue.pop();
      this.#job.passed(segment.group);
    } else {
      top.rank = seeds.sorted(this.#latestMs);
      this.#queue.sink();
    }
    if (this.#isLongOver(segment, rank)) return undefined;
    const view = this.#wholeTrace(segment);
    if (view === undefined) return undefined;
    const startMs = view.baseMs + view.startNs / 1e6;
    if (startMs >= rank) return view;
    this.#queue.push({ rank: startMs, view });
    return undefined;
  }

  #isLongOver({ group, start, end }: Segment, startMs: number): boolean {
    const earliestMs = (this.#job.range?.minMs ?? Number.NEGATIVE_INFINITY) - NEAR_MS;
    if (startMs >= earliestMs) return false;
    const starts = group.startsNs();
    const durations = group.durationsNs();
    for (let row = start; row < end; row++) {
      if (group.baseMs + (starts[row]! + durations[row]!) / 1e6 >= earliestMs) return false;
    }
    return true;
  }

  #overlaps(view: TraceView): boolean {
    const { range } = this.#job;
    if (range === undefined) return true;
    const startMs = view.baseMs + view.startNs / 1e6;
    if (startMs > range.maxMs) return false;
    return startMs >= range.minMs || view.baseMs + view.endNs / 1e6 >= range.minMs;
  }

  /** Undefined where the trace was met before, or its groups together do not have what it takes. */
  #wholeTrace(segment: Segment): TraceView | undefined {
    const { group, start, end } = segment;
    const id = group.traceIds().subarray(start * TRACE_ID_BYTES, (start + 1) * TRACE_ID_BYTES);
    if (this.#seen.size > 0 && this.#seen.has(keyOf(id, 0, TRACE_ID_BYTES))) return undefined;
    const segments = [segment];
    let bits = this.#bits.of(group, start, end);
    for (const other of this.#lookup!.groupsOf(id)) {
      if (other === group) continue;
      const trace = traceNumber(other, id);
      if (trace < 0) continue;
      const starts = other.traceStarts();
      const more = { group: other, start: starts[trace]!, end: starts[trace + 1]! };
      segments.push(more);
      if (!this.#bits.met(bits)) bits |= this.#bits.of(other, more.start, more.end);
    }
    // A trace of one group has no other seed.
    if (segments.length > 1) this.#seen.add(keyOf(id, 0, TRACE_ID_BYTES));
    return this.#bits.met(bits) ? new TraceView(segments) : undefined;
  }
}
