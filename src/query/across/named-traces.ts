/**
 * The trace ids that some lines name, or exemplars: of the newest first, up to a limit. An id is as new as the newest line
 * that names it, so the answer does not depend on how lines lie in storage.
 */

import { isTraceIdName, wholeTraceId } from '../../model/correlate/trace-id.ts';
import type { LogReader, MetricReader, TimeRange } from '../../storage/interface.ts';
import type { LogExpr } from '../lang/logql/ast.ts';
import { logHints } from '../logs/hints.ts';
import { LineState } from '../logs/line-state.ts';
import { Pipeline } from '../logs/pipeline.ts';
import { beginEntry, ChunkSelection, checkSignal, type Instant, type ScanStats } from '../logs/scan.ts';
import { selectorsOf } from '../promql-text.ts';
import { EntryIds } from './entry-ids.ts';

export interface NamedTraces {
  /** 32 lower-case digits each, the newest first. */
  readonly ids: readonly string[];
  /** Lines, or exemplars, that were looked at. */
  readonly looked: number;
  /** Of them those that name no id. */
  readonly withoutId: number;
  /** There are older ones that were not looked at, which may name more. */
  readonly cut: boolean;
}

/** Ids with the time at which each was named last. Older ones go where there are too many. */
class NewestIds {
  readonly #max: number;
  #times = new Map<string, number>();
  /** Ids that were named last before this time are not wanted any more. */
  #floorMs = Number.NEGATIVE_INFINITY;
  cut = false;

  constructor(max: number) {
    this.#max = max;
  }

  get floorMs(): number {
    return this.#floorMs;
  }

  note(id: string, timeMs: number): void {
    const before = this.#times.get(id);
    if (before !== undefined && before >= timeMs) return;
    this.#times.set(id, timeMs);
    if (this.#times.size >= 2 * this.#max) this.#prune();
  }

  #prune(): void {
    const sorted = this.#sorted();
    if (sorted.length <= this.#max) return;
    this.cut = true;
    this.#times = new Map(sorted.slice(0, this.#max));
    this.#floorMs = sorted[this.#max - 1]![1];
  }

  #sorted(): [string, number][] {
    return [...this.#times].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  }

  get isFull(): boolean {
    return this.#times.size >= this.#max;
  }

  /** The newest first. */
  take(): string[] {
    this.#prune();
    return this.#sorted().map(([id]) => id);
  }
}

/** Of the lines in `[start, end)` that a log query lets pass. */
export async function tracesOfLines(
  logs: LogReader,
  expr: LogExpr,
  { start, end }: { readonly start: Instant; readonly end: Instant },
  max: number,
  stats: ScanStats,
  signal: AbortSignal,
): Promise<NamedTraces> {
  const pipeline = new Pipeline(expr.stages, logHints(expr));
  const reading = new EntryIds({ byName: true });
  const selection = new ChunkSelection();
  const state = new LineState();
  const newest = new NewestIds(max);
  const { contains } = pipeline.filter;
  const maxMs = end.ns > 0 ? end.ms : end.ms - 1;
  const wanted = {
    matchers: expr.matchers,
    minMs: start.ms,
    maxMs,
    direction: 'backward' as const,
    contains,
  };
  const cursor = await logs.select(wanted, signal);
  let looked = 0;
  let withoutId = 0;
  try {
    while (await cursor.nextBatch()) {
      checkSignal(signal);
      while (cursor.next()) {
        const stream = cursor.labels();
        const chunk = cursor.chunk();
        selection.select(stream, chunk, start, end, pipeline, stats);
        reading.open(stream, chunk);
        for (let i = selection.from; i < selection.to; i++) {
          if (selection.passed && selection.passed[i] === 0) continue;
          beginEntry(state, stream, chunk, i);
          if (!pipeline.run(state)) continue;
          stats.postFilterLines++;
          looked++;
          let named = false;
          const timeMs = state.timestampMs + state.timestampNs / 1e6;
          const visit = (written: string) => {
            const id = wholeTraceId(written);
            if (id === undefined) return;
            named = true;
            newest.note(id, timeMs);
          };
          reading.each(i, visit);
          if (!pipeline.isEmpty) parsedIds(state, visit);
          if (!named) withoutId++;
        }
        cursor.narrow({ minMs: Math.floor(newest.floorMs), maxMs: Number.POSITIVE_INFINITY });
      }
      // What follows is older.
      if (newest.isFull) {
        newest.cut = true;
        break;
      }
    }
  } finally {
    cursor.close();
  }
  return { ids: newest.take(), looked, withoutId, cut: newest.cut };
}

/** Labels that stages made, under names of trace ids. */
function parsedIds(state: LineState, visit: (written: string) => void): void {
  for (let i = 0; i < state.count; i++) if (isTraceIdName(state.names[i]!)) visit(state.valueAt(i));
}

/** Of the exemplars in the range of the series that a query's selectors match. */
export async function tracesOfExemplars(
  metrics: MetricReader,
  promql: string,
  { minMs, maxMs }: TimeRange,
  max: number,
): Promise<NamedTraces> {
  const newest = new NewestIds(max);
  let looked = 0;
  let withoutId = 0;
  const matcherSets = selectorsOf(promql);
  const found = matcherSets.length === 0 ? [] : await metrics.exemplars({ matcherSets, minMs, maxMs });
  for (const { exemplars } of found) {
    for (const { labels, timestampMs } of exemplars) {
      if (timestampMs < minMs || timestampMs > maxMs) continue;
      looked++;
      let named = false;
      for (let p = 0; p < labels.pairs.length; p += 2) {
        const id = isTraceIdName(labels.pairs[p]!) ? wholeTraceId(labels.pairs[p + 1]!) : undefined;
        if (id === undefined) continue;
        named = true;
        newest.note(id, timestampMs);
      }
      if (!named) withoutId++;
    }
  }
  return { ids: newest.take(), looked, withoutId, cut: newest.cut };
}
