/**
 * Patterns of the lines in a range, mined as the query runs: each stream and level has a miner of its own, and what
 * they found is joined by pattern and level.
 *
 * 1. Lines are counted without being read. Where there are more than `LINES_MAX`, every k-th by chance is taken, so
 *    that the sample is spread over the whole range; counts are then of the sample.
 * 2. Lines are walked forwards, and each is matched and counted.
 * 3. Patterns of too few lines are left out, the others sorted by their number.
 */

import type { EntryChunk } from '../../../model/entry-chunk.ts';
import type { Labels } from '../../../model/labels.ts';
import type { Matcher } from '../../../model/matcher.ts';
import { Budget, Holding } from '../../budget.ts';
import type { ServiceContext } from '../../service.ts';
import { checkSignal, lowerBound, NS_PER_MS, offsetFrom, type ScanStats } from '../scan.ts';
import type { Cluster } from './cluster.ts';
import { type LineFormat, lineFormat } from './line-format.ts';
import { type MinerRoom, PatternMiner } from './miner.ts';
import { PATTERN_LINES_MIN, type PatternSeries, PatternTable } from './pattern-table.ts';

/** Lines are counted in steps of this at the least, and ranges are made of whole ones. The original's. */
export const RESOLUTION_MS = 10_000;
/** Lines that are matched: some seconds of a processor. */
const LINES_MAX = 3_000_000;
/** Streams with miners of their own; the lines of further ones are mined together. */
const STREAMS_APART_MAX = 256;
/** Clusters that a query makes in all, some 2 KB each with what leads to them. */
const CLUSTERS_MAX = 20_000;

const LEVEL_NAME = 'detected_level';
const UNKNOWN_LEVEL = 'unknown';
const LEVELS: ReadonlySet<string> = new Set(['debug', 'info', 'warn', 'error', 'fatal', 'critical', 'trace']);

export interface PatternQuery {
  readonly matchers: readonly Matcher[];
  /** Steps of `RESOLUTION_MS` that begin in `[fromMs, toMs)` are counted, with all of their lines. */
  readonly fromMs: number;
  readonly toMs: number;
  /** At least `RESOLUTION_MS`. Samples are stamped with multiples of it. */
  readonly stepMs: number;
}

/** Throws `canceled`, or `execution` where the query would hold too much. */
export async function minePatterns(
  query: PatternQuery,
  context: ServiceContext,
  stats: ScanStats,
  linesMax = LINES_MAX,
): Promise<PatternSeries[]> {
  const run = new PatternRun(query, context, stats);
  try {
    return await run.run(linesMax);
  } finally {
    context.report?.({ linesRead: stats.lines, bytesRead: stats.bytes });
  }
}

/** Miners of a stream, or of many, by level. */
interface Miners {
  readonly format: LineFormat;
  readonly byLevel: Map<string, PatternMiner>;
}

class PatternRun implements MinerRoom {
  readonly #query: PatternQuery;
  readonly #context: ServiceContext;
  readonly #stats: ScanStats;
  /** Nothing is released before the end. */
  readonly #holding: Holding;
  readonly #miners = new Map<Labels, Miners>();
  readonly #sharedMiners = new Map<LineFormat, Miners>();
  readonly #fromMs: number;
  readonly #toMs: number;
  #every = 1;
  #walked = 0;
  #clusters = 0;

  constructor(query: PatternQuery, context: ServiceContext, stats: ScanStats) {
    this.#query = query;
    this.#context = context;
    this.#stats = stats;
    this.#holding = new Holding(new Budget(context.signal, context.query));
    this.#fromMs = Math.ceil(query.fromMs / RESOLUTION_MS) * RESOLUTION_MS;
    this.#toMs = Math.ceil(query.toMs / RESOLUTION_MS) * RESOLUTION_MS;
  }

  admit(cluster: Cluster): boolean {
    if (this.#clusters >= CLUSTERS_MAX) return false;
    this.#clusters++;
    this.#holding.add(0, cluster.heldBytes);
    return true;
  }

  async run(linesMax: number): Promise<PatternSeries[]> {
    if (this.#fromMs >= this.#toMs) return [];
    let lines = 0;
    await this.#walk(true, (_, __, from, to) => {
      lines += to - from;
    });
    this.#every = Math.max(1, Math.ceil(lines / linesMax));
    await this.#walk(false, (stream, chunk, from, to) => this.#chunk(stream, chunk, from, to));
    const table = new PatternTable(this.#query.stepMs);
    // Streams that are mined together have the same miners.
    for (const { format, byLevel } of new Set(this.#miners.values())) {
      for (const [level, miner] of byLevel) {
        for (const cluster of miner.clusters()) table.add(cluster.template(format), level, cluster);
      }
    }
    return table.series();
  }

  async #walk(
    withoutLines: boolean,
    visit: (stream: Labels, chunk: EntryChunk, from: number, to: number) => void,
  ): Promise<void> {
    const { signal, storage } = this.#context;
    const bounds = { minMs: this.#fromMs, maxMs: this.#toMs - 1 };
    const { matchers } = this.#query;
    const cursor = await storage.logs.select(
      { matchers, ...bounds, direction: 'forward', withoutLines },
      signal,
    );
    try {
      while (await cursor.nextBatch()) {
        while (cursor.next()) {
          checkSignal(signal);
          const chunk = cursor.chunk();
          const at = (ms: number): number =>
            lowerBound(chunk.offsetsNs, chunk.count, offsetFrom(chunk.baseMs, { ms, ns: 0 }));
          const from = at(this.#fromMs);
          const to = at(this.#toMs);
          if (from < to) visit(cursor.labels(), chunk, from, to);
        }
      }
    } finally {
      cursor.close();
    }
  }

  #chunk(stream: Labels, chunk: EntryChunk, from: number, to: number): void {
    const { offsetsNs, lines, lineEnds, baseMs } = chunk;
    const { stepMs } = this.#query;
    const stats = this.#stats;
    stats.chunks++;
    const miners = this.#minersOf(stream, chunk, from);
    const levels = new ChunkLevels(chunk);
    let level = -2;
    let miner: PatternMiner | undefined;
    let lineStart = from === 0 ? 0 : lineEnds[from - 1]!;
    for (let i = from; i < to; i++) {
      const start = lineStart;
      const end = lineEnds[i]!;
      lineStart = end;
      if (this.#every > 1 && !this.#drawn()) continue;
      stats.lines++;
      stats.bytes += end - start;
      const found = levels.at(i);
      if (found !== level || !miner) {
        level = found;
        miner = this.#miner(miners, levels.name(found));
      }
      const ms = baseMs + Math.floor(offsetsNs[i]! / NS_PER_MS);
      const step = Math.floor((ms - (ms % RESOLUTION_MS)) / stepMs);
      if (miner.add(lines, start, end, step)) stats.postFilterLines++;
    }
  }

  /** One in `#every` lines: multiples of the golden ratio, which no regularity of the lines falls in step with. */
  #drawn(): boolean {
    return Math.imul(++this.#walked, 0x9e3779b1) >>> 0 < 2 ** 32 / this.#every;
  }

  #minersOf(stream: Labels, chunk: EntryChunk, first: number): Miners {
    let miners = this.#miners.get(stream);
    if (miners) return miners;
    const start = first === 0 ? 0 : chunk.lineEnds[first - 1]!;
    const format = lineFormat(chunk.lines, start, chunk.lineEnds[first]!);
    if (this.#miners.size < STREAMS_APART_MAX) miners = { format, byLevel: new Map() };
    else {
      miners = this.#sharedMiners.get(format) ?? { format, byLevel: new Map() };
      this.#sharedMiners.set(format, miners);
    }
    this.#miners.set(stream, miners);
    return miners;
  }

  #miner(miners: Miners, level: string): PatternMiner {
    let miner = miners.byLevel.get(level);
    if (!miner) {
      miner = new PatternMiner(miners.format, this, PATTERN_LINES_MIN);
      miners.byLevel.set(level, miner);
    }
    return miner;
  }
}

/** The levels of a chunk's entries, as indexes into its strings. */
class ChunkLevels {
  readonly #chunk: EntryChunk;
  readonly #nameIndex: number;

  constructor(chunk: EntryChunk) {
    this.#chunk = chunk;
    this.#nameIndex = chunk.strings.indexOf(LEVEL_NAME);
  }

  /** -1 for an entry without a level. */
  at(i: number): number {
    if (this.#nameIndex < 0) return -1;
    const { pairs, pairEnds } = this.#chunk;
    const end = pairEnds[i]!;
    for (let p = i === 0 ? 0 : pairEnds[i - 1]!; p < end; p += 2) {
      if (pairs[p] === this.#nameIndex) return pairs[p + 1]!;
    }
    return -1;
  }

  name(index: number): string {
    if (index < 0) return UNKNOWN_LEVEL;
    const level = this.#chunk.strings[index]!.toLowerCase();
    return LEVELS.has(level) ? level : UNKNOWN_LEVEL;
  }
}
