/**
 * The newest matching traces, without looking at all groups where few are wanted. Groups are taken by their last
 * moment, newest first. After some of them every trace that starts later than the last moment of all remaining
 * groups has been seen; once enough of those match, they are the answer. A trace may still have rows in a group
 * that was not looked at (then it starts earlier than it seemed): the trace index is asked which groups hold it.
 *
 * Who shows results as they come gets what was found so far in between: it is part of the answer already, since all
 * that is left is older.
 */

import { TRACE_ID_BYTES } from '../../model/span.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import type { TraceReader } from '../../storage/interface.ts';
import type { Candidate, CandidateFinder } from './candidates.ts';
import { keyOf } from './ids.ts';
import { readGroups, throwIfAborted } from './read-groups.ts';
import { rowsOfTrace } from './trace-proto.ts';
import { type Segment, TraceView } from './trace-view.ts';

/** Each trace of an early answer costs a look into the index; for more than this many all groups are read. */
const EARLY_LIMIT_MAX = 200;
/**
 * The first attempt comes after so many groups, the next ones whenever their number has doubled. Fewer are read
 * faster than the index is asked for every trace.
 */
export const FIRST_ATTEMPT_GROUPS = 128;
/** So many candidates are looked up for each trace that is wanted: where fewer match, reading on is cheaper. */
const LOOKUPS_PER_TRACE = 4;
/** Looks for something to show are so many times as far apart as they take: most of the time is for the answer itself. */
const LOOK_PAUSE = 4;
/** Candidates between two looks at the abort signal. */
const CHECK_EVERY = 256;

/** `T` is what a trace becomes in the answer. */
export interface NewestFirstJob<T> {
  readonly reader: TraceReader;
  /** By `maxMs`, descending. */
  readonly groups: readonly SpanGroup[];
  readonly finder: CandidateFinder;
  readonly inRange: (candidate: Candidate) => boolean;
  readonly limit: number;
  readonly evaluate: (view: TraceView) => T | undefined;
  readonly signal: AbortSignal;
}

/** What `updates` has come to. */
export interface Update<T> {
  /** Found since the update before, newest first. */
  readonly found: readonly T[];
  /** Groups that were looked at. */
  readonly groupsSeen: number;
}

export class NewestFirst<T> {
  readonly #job: NewestFirstJob<T>;
  /** What became of traces that are newer than all groups that were left when they were looked at, by trace id. */
  readonly #known = new Map<string, T | undefined>();
  #found: T[] = [];
  #foundCount = 0;

  constructor(job: NewestFirstJob<T>) {
    this.#job = job;
  }

  /** At most `limit` traces, newest first but for those with rows that were found late. */
  async run(): Promise<T[]> {
    const out: T[] = [];
    for await (const { found } of this.updates(Number.POSITIVE_INFINITY)) out.push(...found);
    return out;
  }

  /**
   * The same in parts: one about every `everyMs` while groups are looked at, be it that nothing was found since, and one
   * at the end.
   */
  async *updates(everyMs: number): AsyncGenerator<Update<T>, void> {
    const { groups, finder, limit, signal } = this.#job;
    let attempt = limit <= EARLY_LIMIT_MAX ? FIRST_ATTEMPT_GROUPS : Number.POSITIVE_INFINITY;
    let due = performance.now() + everyMs;
    let lookDue = limit <= EARLY_LIMIT_MAX ? due : Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < groups.length; i++) {
      throwIfAborted(signal);
      finder.add(groups[i]!);
      const startedAt = performance.now();
      const promising = i + 1 >= attempt && finder.size >= limit;
      if (promising) attempt = 2 * (i + 1);
      if (promising || startedAt >= lookDue) {
        await this.#early(groups.slice(0, i + 1), groups[i + 1]!.maxMs, !promising);
        if (this.#foundCount === limit) return yield this.#update(groups.length);
        const endedAt = performance.now();
        lookDue = endedAt + Math.max(everyMs, LOOK_PAUSE * (endedAt - startedAt));
      }
      if (performance.now() < due) continue;
      yield this.#update(i + 1);
      due = performance.now() + everyMs;
    }
    if (groups.length > 0) finder.add(groups.at(-1)!);
    const candidates = this.#sorted(groups, Number.NEGATIVE_INFINITY);
    for (let i = 0; i < candidates.length && this.#foundCount < limit; i++) {
      if (i % CHECK_EVERY === 0) throwIfAborted(signal);
      const { segments } = candidates[i]!;
      if (this.#known.has(idKey(segments[0]!))) continue;
      this.#note(this.#job.evaluate(new TraceView(segments)));
      if (performance.now() < due) continue;
      // The last group is done with when the traces are.
      yield this.#update(groups.length - 1);
      due = performance.now() + everyMs;
    }
    yield this.#update(groups.length);
  }

  #note(trace: T | undefined): void {
    if (trace === undefined) return;
    this.#found.push(trace);
    this.#foundCount++;
  }

  #update(groupsSeen: number): Update<T> {
    const found = this.#found;
    this.#found = [];
    return { found, groupsSeen };
  }

  /** Candidates that start after `afterMs`, newest first. */
  #sorted(groups: readonly SpanGroup[], afterMs: number): Candidate[] {
    return this.#job.finder
      .candidates(groups)
      .filter((c) => c.startMs > afterMs && this.#job.inRange(c))
      .sort((a, b) => b.startMs - a.startMs);
  }

  /**
   * Looks for the answer among the groups seen so far; `horizonMs` is the last moment of the others. Where there are too
   * few candidates for all of it, only what is to be shown is worth the look-ups.
   */
  async #early(seen: readonly SpanGroup[], horizonMs: number, shows: boolean): Promise<void> {
    const { limit, evaluate } = this.#job;
    const candidates = this.#sorted(seen, horizonMs);
    if (candidates.length < limit && !shows) return;
    for (const { segments } of candidates.slice(0, limit * LOOKUPS_PER_TRACE)) {
      if (this.#foundCount === limit) return;
      const key = idKey(segments[0]!);
      if (this.#known.has(key)) continue;
      await this.#withWhole(segments, seen, (view) => {
        // With its other rows the trace may be older than what is left: then its turn has not come.
        if (view.baseMs + view.startNs / 1e6 <= horizonMs) return;
        const trace = evaluate(view);
        this.#known.set(key, trace);
        this.#note(trace);
      });
    }
  }

  /** Adds the rows of the trace in groups that were not seen yet. */
  async #withWhole(
    segments: readonly Segment[],
    seen: readonly SpanGroup[],
    use: (view: TraceView) => void,
  ): Promise<void> {
    const { reader, signal } = this.#job;
    const { group, start } = segments[0]!;
    const id = group.traceIds().slice(start * TRACE_ID_BYTES, (start + 1) * TRACE_ID_BYTES);
    const cursor = await reader.trace(id, signal);
    try {
      const more: Segment[] = [];
      for (const other of await readGroups(cursor, signal)) {
        if (seen.some((known) => sameGroup(known, other))) continue;
        const rows = rowsOfTrace(other, id);
        if (rows.length > 0) more.push({ group: other, start: rows[0]!, end: rows.at(-1)! + 1 });
      }
      use(new TraceView([...segments, ...more]));
    } finally {
      cursor.close();
    }
  }
}

function idKey({ group, start }: Segment): string {
  return keyOf(group.traceIds(), start * TRACE_ID_BYTES, TRACE_ID_BYTES);
}

/**
 * Two cursors may show one group as two objects. Groups that agree in all of this and hold one trace are the same,
 * or hold the same spans twice, which then count once.
 */
function sameGroup(a: SpanGroup, b: SpanGroup): boolean {
  if (a === b) return true;
  return a.spanCount === b.spanCount && a.baseMs === b.baseMs && a.minMs === b.minMs && a.maxMs === b.maxMs;
}
