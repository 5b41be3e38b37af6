/**
 * A LogReader over entries in memory, for tests: streams in insertion order, one chunk per stream and partition.
 * Partitions are a given span of time, so that early stops and boundaries are exercised.
 */

import type { LogBatch } from '../../src/model/batch.ts';
import type { EntryChunk } from '../../src/model/entry-chunk.ts';
import type { Labels } from '../../src/model/labels.ts';
import { matchesAll } from '../../src/model/matcher.ts';
import type { Instant } from '../../src/model/time.ts';
import type {
  EntryCursor,
  EntrySelect,
  LabelQuery,
  LogReader,
  VolumeSelect,
  VolumeSink,
} from '../../src/storage/interface.ts';

interface Entry {
  readonly ms: number;
  readonly ns: number;
  readonly line: string;
  readonly metadata: readonly string[];
}

interface Stream {
  readonly labels: Labels;
  readonly entries: Entry[];
  readonly seen: Set<string>;
}

export class MemoryLogs implements LogReader {
  readonly #streams = new Map<string, Stream>();
  readonly #partitionMs: number;

  constructor(partitionMs = 20 * 60_000) {
    this.#partitionMs = partitionMs;
  }

  append(batch: LogBatch): void {
    for (let i = 0; i < batch.count; i++) {
      const labels = batch.streams[batch.stream[i]!]!;
      const metadata: string[] = [];
      for (let p = i === 0 ? 0 : batch.pairEnd[i - 1]!; p < batch.pairEnd[i]!; p++) {
        metadata.push(batch.strings[batch.pairs[p]!]!);
      }
      const line = Buffer.from(batch.bytes.subarray(batch.lineStart[i]!, batch.lineEnd[i]!)).toString('utf8');
      this.add(labels, batch.timeMs[i]!, batch.timeNs[i]!, line, metadata);
    }
  }

  add(labels: Labels, ms: number, ns: number, line: string, metadata: readonly string[] = []): void {
    let stream = this.#streams.get(labels.key());
    if (!stream) {
      stream = { labels, entries: [], seen: new Set() };
      this.#streams.set(labels.key(), stream);
    }
    const key = JSON.stringify([ms, ns, line, metadata]);
    if (stream.seen.has(key)) return;
    stream.seen.add(key);
    stream.entries.push({ ms, ns, line, metadata });
  }

  async select(query: EntrySelect): Promise<EntryCursor> {
    const partitions = new Map<number, { labels: Labels; chunk: EntryChunk }[]>();
    for (const stream of this.#streams.values()) {
      if (!matchesAll(query.matchers, stream.labels)) continue;
      const byPartition = new Map<number, Entry[]>();
      for (const entry of stream.entries) {
        if (entry.ms < query.minMs || entry.ms > query.maxMs) continue;
        const id = Math.floor(entry.ms / this.#partitionMs);
        const list = byPartition.get(id);
        if (list) list.push(entry);
        else byPartition.set(id, [entry]);
      }
      for (const [id, entries] of byPartition) {
        const chunk = toChunk(entries);
        const list = partitions.get(id);
        if (list) list.push({ labels: stream.labels, chunk });
        else partitions.set(id, [{ labels: stream.labels, chunk }]);
      }
    }
    const ids = [...partitions.keys()].sort((a, b) => (query.direction === 'forward' ? a - b : b - a));
    return new MemoryCursor(ids.map((id) => partitions.get(id)!));
  }

  async volume({ matchers, edges }: VolumeSelect, sink: VolumeSink): Promise<void> {
    for (const { labels, entries } of this.#streams.values()) {
      if (!matchesAll(matchers, labels)) continue;
      for (const { ms, ns, line } of entries) {
        const isBehind = (e: Instant) => e.ms > ms || (e.ms === ms && e.ns > ns);
        const at = edges.findIndex(isBehind);
        if (at > 0) sink.add(labels, at - 1, 1, Buffer.byteLength(line));
      }
    }
  }

  #matching(query: LabelQuery): Labels[] {
    const out: Labels[] = [];
    for (const { labels, entries } of this.#streams.values()) {
      const sets = query.matcherSets;
      if (sets.length > 0 && !sets.some((set) => matchesAll(set, labels))) continue;
      if (entries.some((e) => e.ms >= query.minMs && e.ms <= query.maxMs)) out.push(labels);
    }
    return out;
  }

  async series(query: LabelQuery): Promise<Labels[]> {
    return this.#matching(query);
  }

  async labelNames(query: LabelQuery): Promise<string[]> {
    const names = new Set<string>();
    for (const labels of this.#matching(query)) {
      for (let i = 0; i < labels.pairs.length; i += 2) names.add(labels.pairs[i]!);
    }
    return [...names].sort();
  }

  async labelValues(name: string, query: LabelQuery): Promise<string[]> {
    const values = new Set(this.#matching(query).map((labels) => labels.get(name)));
    values.delete('');
    return [...values].sort();
  }
}

function toChunk(unsorted: readonly Entry[]): EntryChunk {
  const entries = unsorted.map((e, i) => ({ e, i }));
  entries.sort((a, b) => a.e.ms - b.e.ms || a.e.ns - b.e.ns || a.i - b.i);
  const baseMs = entries[0]!.e.ms;
  const lines = entries.map(({ e }) => Buffer.from(e.line));
  const strings: string[] = [];
  const index = new Map<string, number>();
  const pairs: number[] = [];
  const pairEnds = new Uint32Array(entries.length);
  const lineEnds = new Uint32Array(entries.length);
  let end = 0;
  entries.forEach(({ e }, i) => {
    for (const text of e.metadata) {
      if (!index.has(text)) index.set(text, strings.push(text) - 1);
      pairs.push(index.get(text)!);
    }
    pairEnds[i] = pairs.length;
    end += lines[i]!.length;
    lineEnds[i] = end;
  });
  return {
    count: entries.length,
    baseMs,
    offsetsNs: Float64Array.from(entries, ({ e }) => (e.ms - baseMs) * 1e6 + e.ns),
    lines: Buffer.concat(lines),
    lineEnds,
    pairEnds,
    pairs: Uint32Array.from(pairs),
    strings,
  };
}

class MemoryCursor implements EntryCursor {
  readonly #partitions: { labels: Labels; chunk: EntryChunk }[][];
  #partition = -1;
  #at = -1;

  constructor(partitions: { labels: Labels; chunk: EntryChunk }[][]) {
    this.#partitions = partitions;
  }

  async nextBatch(): Promise<boolean> {
    this.#at = -1;
    return ++this.#partition < this.#partitions.length;
  }

  next(): boolean {
    return ++this.#at < this.#partitions[this.#partition]!.length;
  }

  labels(): Labels {
    return this.#partitions[this.#partition]![this.#at]!.labels;
  }

  chunk(): EntryChunk {
    return this.#partitions[this.#partition]![this.#at]!.chunk;
  }

  narrow(): void {}

  close(): void {}
}
