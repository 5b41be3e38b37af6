/** A `TraceReader` over span groups in memory, and the spans of the recorded requests: for tests of trace queries. */

import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { otlpJsonToProtobuf } from '../../src/ingest/decode/otlp-json.ts';
import { decodeOtlpTraces } from '../../src/ingest/decode/otlp-traces.ts';
import type { SpanBatch } from '../../src/model/batch.ts';
import type { SpanGroup } from '../../src/model/span-group.ts';
import { allRows } from '../../src/model/span-rows.ts';
import { buildSpanGroup } from '../../src/storage/chunkenc/span-page.ts';
import type { SpanGroupCursor, TimeRange, TraceLookup, TraceReader } from '../../src/storage/interface.ts';

export class MemoryTraces implements TraceReader {
  readonly groups: readonly SpanGroup[];

  constructor(groups: readonly SpanGroup[]) {
    this.groups = groups;
  }

  /** One group for each `batchesPerGroup` batches; all in one by default. Small numbers split traces over groups. */
  static of(batches: readonly SpanBatch[], batchesPerGroup = batches.length): MemoryTraces {
    const groups: SpanGroup[] = [];
    for (let i = 0; i < batches.length; i += batchesPerGroup) {
      groups.push(buildSpanGroup(allRows(batches.slice(i, i + batchesPerGroup))));
    }
    return new MemoryTraces(groups);
  }

  trace(id: Uint8Array): Promise<SpanGroupCursor> {
    return Promise.resolve(new MemoryCursor(this.#groupsOf(id)));
  }

  lookup(): Promise<TraceLookup> {
    return Promise.resolve({ groupsOf: (id: Uint8Array) => this.#groupsOf(id) });
  }

  #groupsOf(id: Uint8Array): SpanGroup[] {
    const wanted = Buffer.from(id).toString('hex');
    return this.groups.filter((group) => {
      const ids = Buffer.from(group.traceIds());
      for (const row of group.traceStarts()) {
        if (ids.toString('hex', row * 16, row * 16 + 16) === wanted) return true;
      }
      return false;
    });
  }

  select(query: TimeRange): Promise<SpanGroupCursor> {
    return Promise.resolve(
      new MemoryCursor(
        this.groups.filter((g) => g.spanCount > 0 && g.minMs <= query.maxMs && g.maxMs >= query.minMs),
      ),
    );
  }
}

/** One batch of all groups. */
class MemoryCursor implements SpanGroupCursor {
  readonly #groups: readonly SpanGroup[];
  #started = false;
  #at = -1;

  constructor(groups: readonly SpanGroup[]) {
    this.#groups = groups;
  }

  nextBatch(): Promise<boolean> {
    const first = !this.#started;
    this.#started = true;
    return Promise.resolve(first && this.#groups.length > 0);
  }

  next(): boolean {
    this.#at++;
    return this.#at < this.#groups.length;
  }

  group(): SpanGroup {
    return this.#groups[this.#at]!;
  }

  passed(): void {}

  close(): void {}
}

const GOLDEN_INGEST = new URL('../../../shared/golden/tempo/ingest.jsonl', import.meta.url);

interface RecordedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBase64: string;
}

/** The batches of the recorded Tempo suite, one per request; undefined where the recordings are not there. */
export function goldenBatches(): SpanBatch[] | undefined {
  if (!existsSync(GOLDEN_INGEST)) return undefined;
  const lines = readFileSync(GOLDEN_INGEST, 'utf8').trim().split('\n');
  return lines.map((line) => batchOf(JSON.parse(line) as RecordedRequest));
}

function batchOf(request: RecordedRequest): SpanBatch {
  let body: Uint8Array = Buffer.from(request.bodyBase64, 'base64');
  if (request.headers['content-encoding'] === 'gzip') body = gunzipSync(body);
  if (request.headers['content-type']?.startsWith('application/json')) {
    body = otlpJsonToProtobuf('traces', body);
  }
  return decodeOtlpTraces(body);
}

/** A batch from an OTLP JSON request, for tests that write their spans out. */
export function batchOfJson(request: unknown): SpanBatch {
  return decodeOtlpTraces(otlpJsonToProtobuf('traces', Buffer.from(JSON.stringify(request))));
}
