/**
 * The newest matching traces, without looking at all groups where few are wanted. Groups are taken by their last
 * moment, newest first. After some of them every trace that starts later than the last moment of all remaining
 * groups has been seen; once enough of those match, they are the answer. A trace may still have rows in a group
 * that was not looked at (then it starts earlier than it seemed): the trace index is asked which groups hold it.
 */

import { TRACE_ID_BYTES } from '../../model/span.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import type { TraceReader } from '../../storage/interface.ts';
import type { Candidate, CandidateFinder } from './candidates.ts';
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

export class NewestFirst<T> {
  readonly #job: NewestFirstJob<T>;

  constructor(job: NewestFirstJob<T>) {
    this.#job = job;
  }

  /** At most `limit` traces, in no order. */
  async run(): Promise<T[]> {
    const { groups, finder, limit, signal } = this.#job;
    let attempt = limit <= EARLY_LIMIT_MAX ? FIRST_ATTEMPT_GROUPS : Number.POSITIVE_INFINITY;
    for (let i = 0; i < groups.length; i++) {
      throwIfAborted(signal);
      finder.add(groups[i]!);
      if (i + 1 < attempt || finder.size < limit || i + 1 === groups.length) continue;
      attempt = 2 * (i + 1);
      const found = await this.#early(groups.slice(0, i + 1), groups[i + 1]!.maxMs);
      if (found) return found;
    }
    const out: T[] = [];
    const candidates = this.#sorted(groups, Number.NEGATIVE_INFINITY);
    for (let i = 0; i < candidates.length && out.length < limit; i++) {
      if (i % CHECK_EVERY === 0) throwIfAborted(signal);
      const trace = this.#job.evaluate(new TraceView(candidates[i]!.segments));
      if (trace) out.push(trace);
    }
    return out;
  }

  /** Candidates that start after `afterMs`, newest first. */
  #sorted(groups: readonly SpanGroup[], afterMs: number): Candidate[] {
    return this.#job.finder
      .candidates(groups)
      .filter((c) => c.startMs > afterMs && this.#job.inRange(c))
      .sort((a, b) => b.startMs - a.startMs);
  }

  /** The answer from the groups seen so far; undefined where it takes more of them. */
  async #early(seen: readonly SpanGroup[], horizonMs: number): Promise<T[] | undefined> {
    const { limit, evaluate } = this.#job;
    const candidates = this.#sorted(seen, horizonMs);
    if (candidates.length < limit) return undefined;
    const out: T[] = [];
    for (const { segments } of candidates.slice(0, limit * LOOKUPS_PER_TRACE)) {
      const trace = await this.#withWhole(segments, seen, (view) =>
        // With its other rows the trace may be older than what is left: then its turn has not come.
        view.baseMs + view.startNs / 1e6 > horizonMs ? evaluate(view) : undefined,
      );
      if (trace) out.push(trace);
      if (out.length === limit) return out;
    }
    return undefined;
  }

  /** Adds the rows of the trace in groups that were not seen yet. */
  async #withWhole(
    segments: readonly Segment[],
    seen: readonly SpanGroup[],
    use: (view: TraceView) => T | undefined,
  ): Promise<T | undefined> {
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
      return use(new TraceView([...segments, ...more]));
    } finally {
      cursor.close();
    }
  }
}

/**
 * Two cursors may show one group as two objects. Groups that agree in all of this and hold one trace are the same,
 * or hold the same spans twice, which then count once.
 */
function sameGroup(a: SpanGroup, b: SpanGroup): boolean {
  if (a === b) return true;
  return a.spanCount === b.spanCount && a.baseMs === b.baseMs && a.minMs === b.minMs && a.maxMs === b.maxMs;
}
