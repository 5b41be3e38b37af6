/**
 * Log queries: the first `limit` entries in the query's direction over all streams, each under its final label
 * set. Slices of time come in direction order and do not overlap, so the walk ends with the slice that fills the
 * limit. Within one, candidates are kept up to twice the limit, then cut; from then on chunks behind the cut are not
 * opened, and entries behind it skipped before their pipeline runs.
 */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import type { Labels } from '../../model/labels.ts';
import type { EntryCursor, LogReader } from '../../storage/interface.ts';
import type { LogExpr } from '../lang/logql/ast.ts';
import { entryIdentity } from './entry-identity.ts';
import { logHints } from './hints.ts';
import { idDemands } from './id-demands.ts';
import { LineState, type ShownLabels, shownLabels } from './line-state.ts';
import { Pipeline } from './pipeline.ts';
import { beginEntry, ChunkSelection, checkSignal, type Instant, offsetFrom, type ScanStats } from './scan.ts';

export interface LogQuery {
  readonly expr: LogExpr;
  /** Entries in `[start, end)`. */
  readonly start: Instant;
  readonly end: Instant;
  readonly limit: number;
  readonly direction: 'forward' | 'backward';
  /** An entry is given only when it is at least this far from the last one; 0 gives all. */
  readonly intervalMs: number;
  /** Tell stream labels, metadata and parsed labels apart. */
  readonly categorize: boolean;
  /** Say of each entry what it is in storage. */
  readonly identify?: boolean;
}

/** A final label set; name and value alternate, sorted. */
export interface LogStream {
  readonly labels: readonly string[];
  readonly entries: LogEntry[];
}

export interface LogEntry {
  readonly ms: number;
  readonly ns: number;
  readonly line: string;
  /** With categories: the entry's own labels. */
  readonly metadata: readonly string[] | undefined;
  readonly parsed: readonly string[] | undefined;
  /** Where the query asks for it: equal for equal entries (stream, time, line, metadata) alone. */
  readonly identity?: string | undefined;
}

interface Candidate extends LogEntry {
  /** For equal times: order of the streams, and of insertion within one. */
  readonly streamOrder: number;
  readonly seq: number;
  readonly group: LabelGroup;
  /** Where it came from: a stream's entries that have become equal are one. */
  readonly stream: Labels;
}

interface LabelGroup extends ShownLabels {
  /** Of all labels, whatever their category: entries of one time are in its order. */
  readonly key: string;
  /** Of the labels that are shown: entries with the same ones are one stream of the answer. */
  readonly streamKey: string;
}

export class LogQueryRun {
  readonly #query: LogQuery;
  readonly #pipeline: Pipeline;
  readonly #stats: ScanStats;
  readonly #state = new LineState();
  readonly #selection = new ChunkSelection();
  readonly #groups = new Map<string, LabelGroup>();
  /** The same for every entry of a chunk that has no metadata and no stages. */
  #plainGroup: { stream: Labels; group: LabelGroup } | undefined;
  #kept: Candidate[] = [];
  /** Once the limit is full: entries behind it cannot be wanted. */
  #cut: Candidate | undefined;
  #stream: { readonly labels: Labels; readonly order: number } | undefined;
  #seq = 0;

  /** Throws `TriliteError` (`bad_data`) where a stage cannot be built. */
  constructor(query: LogQuery, stats: ScanStats) {
    this.#query = query;
    this.#stats = stats;
    this.#pipeline = new Pipeline(query.expr.stages, logHints(query.expr));
  }

  async run(logs: LogReader, signal: AbortSignal): Promise<LogStream[]> {
    const { expr, start, end, direction, limit } = this.#query;
    const cursor = await logs.select(
      {
        matchers: expr.matchers,
        minMs: start.ms,
        maxMs: end.ns > 0 ? end.ms : end.ms - 1,
        direction,
        contains: this.#pipeline.filter.contains,
        ids: idDemands(expr.stages),
        endsEarly: true,
      },
      signal,
    );
    try {
      while (await cursor.nextBatch()) {
        checkSignal(signal);
        while (cursor.next()) {
          this.#chunk(cursor.labels(), cursor.chunk());
          if (this.#kept.length >= 2 * limit) this.#sortAndCut();
          this.#narrow(cursor);
        }
        this.#sortAndCut();
        if (this.#kept.length >= limit) break;
      }
    } finally {
      cursor.close();
    }
    return this.#streams();
  }

  #chunk(stream: Labels, chunk: EntryChunk): void {
    const { start, end, direction } = this.#query;
    const selection = this.#selection;
    selection.select(stream, chunk, start, end, this.#pipeline, this.#stats);
    const { from, to, passed } = selection;
    const forward = direction === 'forward';
    if (this.#stream?.labels !== stream) {
      this.#stream = { labels: stream, order: (this.#stream?.order ?? 0) + 1 };
    }
    // Entries of a chunk ascend, and a stream's chunks come in the direction's order: so they are numbered.
    const base = forward ? this.#seq : this.#seq - chunk.count;
    this.#seq = forward ? this.#seq + chunk.count : base;
    for (let n = 0; n < to - from; n++) {
      const i = forward ? from + n : to - 1 - n;
      if (passed && passed[i] === 0) continue;
      if (this.#cut && this.#behindCut(chunk, i)) break;
      this.#entry(stream, chunk, i, base + i);
    }
  }

  /** Tells the cursor what cannot be among the first entries any more. */
  #narrow(cursor: EntryCursor): void {
    if (!this.#cut) return;
    const { ms } = this.#cut;
    const forward = this.#query.direction === 'forward';
    cursor.narrow({ minMs: forward ? -Infinity : ms, maxMs: forward ? ms : Infinity });
  }

  #behindCut(chunk: EntryChunk, i: number): boolean {
    const cut = offsetFrom(chunk.baseMs, this.#cut!);
    const offset = chunk.offsetsNs[i]!;
    return this.#query.direction === 'forward' ? offset > cut : offset < cut;
  }

  #entry(stream: Labels, chunk: EntryChunk, i: number, seq: number): void {
    const state = this.#state;
    beginEntry(state, stream, chunk, i);
    if (!this.#pipeline.run(state)) return;
    this.#stats.postFilterLines++;
    const group = this.#group(stream, state);
    this.#kept.push({
      ms: state.timestampMs,
      ns: state.timestampNs,
      line: state.text(),
      metadata: group.metadata,
      parsed: group.parsed,
      streamOrder: this.#stream!.order,
      seq,
      group,
      stream,
      identity: this.#query.identify ? entryIdentity(stream, chunk, i, state) : undefined,
    });
    if (this.#kept.length >= 2 * this.#query.limit) this.#sortAndCut();
  }

  #group(stream: Labels, state: LineState): LabelGroup {
    const plain = this.#pipeline.isEmpty && state.count === stream.size;
    if (plain && this.#plainGroup?.stream === stream) return this.#plainGroup.group;
    const key = state.groupKey();
    let group = this.#groups.get(key);
    if (!group) {
      group = makeGroup(state, this.#query.categorize);
      this.#groups.set(key, group);
    }
    if (plain) this.#plainGroup = { stream, group };
    return group;
  }

  #compare(a: Candidate, b: Candidate): number {
    const sign = this.#query.direction === 'forward' ? 1 : -1;
    const order = a.ms - b.ms || a.ns - b.ns;
    if (order !== 0) return sign * order;
    // Label sets that meet at one time stand in their order either way.
    const [x, y] = [a.group.key, b.group.key];
    if (x !== y) return x < y ? -1 : 1;
    return sign * (a.streamOrder - b.streamOrder || a.seq - b.seq);
  }

  #sortAndCut(): void {
    this.#kept.sort((a, b) => this.#compare(a, b));
    this.#kept = distinct(this.#kept);
    if (this.#kept.length < this.#query.limit) return;
    this.#kept.length = this.#query.limit;
    this.#cut = this.#kept.at(-1);
  }

  #streams(): LogStream[] {
    const streams = new Map<string, LogStream>();
    for (const candidate of thin(this.#kept, this.#query)) {
      const { streamKey, labels } = candidate.group;
      let stream = streams.get(streamKey);
      if (!stream) {
        stream = { labels, entries: [] };
        streams.set(streamKey, stream);
      }
      stream.entries.push(candidate);
    }
    return [...streams].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stream]) => stream);
  }
}

/** Without entries whose time, stream, line and labels an entry before has. */
function distinct(entries: readonly Candidate[]): Candidate[] {
  return entries.filter((entry, i) => {
    for (let k = i - 1; k >= 0 && entries[k]!.ms === entry.ms && entries[k]!.ns === entry.ns; k--) {
      const other = entries[k]!;
      if (other.line === entry.line && other.stream === entry.stream && other.group.key === entry.group.key)
        return false;
    }
    return true;
  });
}

/** Of the entries within the limit, those at least the interval away from the one given last. */
function thin(entries: readonly Candidate[], query: LogQuery): readonly Candidate[] {
  if (query.intervalMs === 0) return entries;
  const out: Candidate[] = [];
  let last: Candidate | undefined;
  for (const entry of entries) {
    if (last) {
      const distance = (entry.ms - last.ms) * 1e6 + (entry.ns - last.ns);
      if (Math.abs(distance) < query.intervalMs * 1e6) continue;
    }
    out.push(entry);
    last = entry;
  }
  return out;
}

function makeGroup(state: LineState, categorize: boolean): LabelGroup {
  const all = state.sortedPairs(() => true);
  const shown = shownLabels(state, categorize);
  return { key: JSON.stringify(all), streamKey: JSON.stringify(shown.labels), ...shown };
}
