/**
 * Probes: which samples do blocks have at given times of given series? Asked by the front of samples that may be there
 * already (`head/metric-verdict.ts`), answered by the writer, which sees every block.
 */

import { ByteReader, ByteWriter } from '../base/bytes.ts';
import { wordsOf } from '../model/sample.ts';
import { type OnDamage, PageCursor } from './block/page-cursor.ts';
import { readHistogram, writeHistogram } from './chunkenc/histogram-record.ts';
import { decodeSeriesChunk } from './chunkenc/series-chunk.ts';
import type { ProbeAnswer } from './head/metric-verdict.ts';
import { SampleColumns } from './interface.ts';
import { type Deletions, isDeleted } from './select/deletions.ts';
import type { BlockReader } from './sqlite/block-table.ts';
import { SIGNAL } from './sqlite/schema.ts';
import type { ProbeRequest, ProbeResult } from './sqlite/writer-protocol.ts';

/** In `ProbeResult.found`. */
const FOUND = { nothing: 0, float: 1, histogram: 2 } as const;

export function answerProbes(
  request: ProbeRequest,
  blocks: BlockReader,
  deletions: Deletions,
  onDamage: OnDamage,
): ProbeResult {
  const n = request.ids.length;
  const found = new Uint8Array(n);
  const words = new Uint32Array(2 * n);
  const histograms = new ByteWriter(0);
  const columns = new SampleColumns();
  for (let i = 0; i < n; i++) {
    const t = request.timestamps[i]!;
    readAround(request.ids[i]!, t, blocks, deletions, onDamage, columns);
    const at = columns.timestamps.subarray(0, columns.count).indexOf(t);
    if (at < 0) continue;
    const histogram = columns.histograms?.[at];
    if (histogram) {
      found[i] = FOUND.histogram;
      writeHistogram(histograms, histogram);
      continue;
    }
    const own = wordsOf(columns.values);
    found[i] = FOUND.float;
    words[2 * i] = own[2 * at]!;
    words[2 * i + 1] = own[2 * at + 1]!;
  }
  return { found, words, histograms: histograms.take() };
}

/** Reads the chunks of the series that cover the time, where it is not deleted. */
function readAround(
  id: number,
  t: number,
  blocks: BlockReader,
  deletions: Deletions,
  onDamage: OnDamage,
  columns: SampleColumns,
): void {
  columns.count = 0;
  columns.histograms = undefined;
  columns.startTimestamps = undefined;
  for (const block of blocks.overlapping(SIGNAL.metrics, t, t)) {
    const times = deletions.of(block)?.timesOf(id);
    if (times && isDeleted(times, t, t)) continue;
    const cursor = new PageCursor(blocks, block.id, blocks.pages(block.id, id, id, t, t), onDamage);
    cursor.each(id, t, t, (chunk) => {
      const page = chunk.open();
      if (page) decodeSeriesChunk(page.reader, columns, page.timestamps);
    });
  }
}

/** The answers, in the order of the request. */
export function readProbeAnswers({ found, words, histograms }: ProbeResult): ProbeAnswer[] {
  const input = new ByteReader(histograms);
  return Array.from(found, (kind, i) => {
    if (kind === FOUND.float) return [words[2 * i]!, words[2 * i + 1]!] as const;
    return kind === FOUND.histogram ? readHistogram(input) : undefined;
  });
}
