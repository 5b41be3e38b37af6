/**
 * CPU time a line of what LogQL does with lines in memory: parsers, filters, metric leaves. A diagnostic: it prints, it
 * asserts nothing.
 *
 *     node bench/micro/log-pipeline.ts [lines = 200000] [text that a query's name has]
 */

import { LineMaker } from '../../src/bench/generate/log-lines.ts';
import type { EntryChunk } from '../../src/model/entry-chunk.ts';
import { Labels } from '../../src/model/labels.ts';
import { queryRange } from '../../src/query/logs/engine.ts';
import { ScanStats } from '../../src/query/logs/scan.ts';
import type { ServiceContext } from '../../src/query/service.ts';
import type { EntryCursor } from '../../src/storage/interface.ts';

const LINES = Number(process.argv[2] ?? 200_000);
const ONLY = process.argv[3] ?? '';
const START_MS = 1_767_268_800_000;
const CHUNK_LINES = 1200;
const ROUNDS = 4;
const QUERIES: readonly (readonly [string, string])[] = [
  ['count', 'sum(count_over_time({app="a"}[1m]))'],
  ['needle', 'sum(count_over_time({app="a"} |= "deadlock detected" [1m]))'],
  ['regex', 'sum(count_over_time({app="a"} |~ "u-42[0-9]{2}" [1m]))'],
  ['json, a label', 'sum by (status) (count_over_time({app="a"} | json [1m]))'],
  ['json, a number', 'sum(count_over_time({app="a"} | json | status >= 500 [1m]))'],
  [
    'json, all labels',
    'count(count_over_time({app="a"} | json | drop ts, trace_id, user_id, duration_ms, path [1m]))',
  ],
  ['json, unwrap', 'quantile_over_time(0.99, {app="a"} | json | unwrap duration_ms [1m]) by (app)'],
  ['json, path', 'sum by (s) (count_over_time({app="a"} | json s="status" [1m]))'],
  ['lines, json', '{app="a"} | json | status >= 700'],
  ['lines, format', '{app="a"} | json | line_format "{{.msg}}" |= "nothing"'],
];

function chunks(): EntryChunk[] {
  const lines = new LineMaker(1);
  return Array.from({ length: Math.ceil(LINES / CHUNK_LINES) }, (_, k) => {
    const texts = Array.from({ length: CHUNK_LINES }, (_, i) =>
      Buffer.from(lines.next('json', 'info', START_MS + k * CHUNK_LINES + i, 0)),
    );
    let end = 0;
    return {
      count: CHUNK_LINES,
      baseMs: START_MS + k * CHUNK_LINES,
      offsetsNs: Float64Array.from({ length: CHUNK_LINES }, (_, i) => i * 1e6),
      lines: Buffer.concat(texts),
      lineEnds: Uint32Array.from(texts, (t) => (end += t.length)),
      pairEnds: new Uint32Array(CHUNK_LINES),
      pairs: new Uint32Array(0),
      strings: [],
    };
  });
}

/** Hands out the chunks as one stream's. */
class MemoryCursor implements EntryCursor {
  readonly #chunks: readonly EntryChunk[];
  readonly #labels = Labels.from([
    ['app', 'a'],
    ['level', 'info'],
    ['namespace', 'shop'],
    ['pod', 'shop-5c9b'],
    ['service_name', 'a'],
  ]);
  #at = -1;

  constructor(all: readonly EntryChunk[]) {
    this.#chunks = all;
  }

  async nextBatch(): Promise<boolean> {
    return this.#at < 0;
  }

  next(): boolean {
    return ++this.#at < this.#chunks.length;
  }

  labels(): Labels {
    return this.#labels;
  }

  chunk(): EntryChunk {
    return this.#chunks[this.#at]!;
  }

  narrow(): void {}

  close(): void {}
}

const all = chunks();
const count = all.length * CHUNK_LINES;
const context = {
  storage: { logs: { select: async () => new MemoryCursor(all) } },
  signal: new AbortController().signal,
} as unknown as ServiceContext;
const selection = {
  start: { ms: START_MS, ns: 0 },
  end: { ms: START_MS + count + 60_000, ns: 0 },
  limit: 1000,
  direction: 'forward',
  intervalMs: 0,
  categorize: true,
} as const;
for (const [name, query] of QUERIES) {
  if (!name.includes(ONLY)) continue;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage().user;
    await queryRange(query, selection, 60_000, context, new ScanStats());
    best = Math.min(best, process.cpuUsage().user - before);
  }
  console.log(`${name.padEnd(20)} ${((best * 1000) / count).toFixed(0).padStart(6)} ns a line`);
}
