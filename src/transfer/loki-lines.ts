/**
 * Log entries as lines of JSON, each of which is a body that Loki's push API takes:
 *
 *   {"streams":[{"stream":{"app":"a"},"values":[["1700000000000000001","line",{"trace_id":"…"}]]}]}
 *
 * JSON is Unicode: bytes of a line that are no UTF-8 stand as U+FFFD, and are counted.
 */

import { decodeLokiPush } from '../ingest/decode/loki-push.ts';
import type { LogBatch } from '../model/batch.ts';
import { eachPair, NO_LOG_LIMITS } from './exact-logs.ts';
import type { SourcedMessage } from './export-source.ts';
import type { OutputFile } from './output-file.ts';
import type { Sink } from './sink.ts';
import { Tally } from './tally.ts';

/** Entries of a JSON line: short enough to be looked at, long enough that labels do not weigh. */
const LINE_ENTRIES_MAX = 500;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class LokiLinesSink implements Sink {
  readonly tally = new Tally('log entries');
  readonly #file: OutputFile;

  constructor(file: OutputFile) {
    this.#file = file;
  }

  async take({ message }: SourcedMessage): Promise<void> {
    const { batch } = decodeLokiPush(message, 0, NO_LOG_LIMITS);
    for (const line of this.#lines(batch)) await this.#file.write(line);
    this.tally.taken(batch.count);
  }

  *#lines(batch: LogBatch): Generator<string> {
    for (let i = 0; i < batch.count; ) {
      const stream = batch.stream[i]!;
      const first = i;
      const values: string[] = [];
      for (; i < batch.count && batch.stream[i] === stream && i - first < LINE_ENTRIES_MAX; i++) {
        values.push(this.#entry(batch, i));
      }
      const labels = JSON.stringify(batch.streams[stream]!.toObject());
      yield `{"streams":[{"stream":${labels},"values":[${values.join(',')}]}]}\n`;
    }
  }

  #entry(batch: LogBatch, i: number): string {
    const time = String(BigInt(batch.timeMs[i]!) * 1_000_000n + BigInt(batch.timeNs[i]!));
    const line = JSON.stringify(this.#text(batch.bytes.subarray(batch.lineStart[i], batch.lineEnd[i])));
    const metadata: Record<string, string> = {};
    let some = false;
    eachPair(batch, i, (name, value) => {
      metadata[name] = value;
      some = true;
    });
    return some ? `["${time}",${line},${JSON.stringify(metadata)}]` : `["${time}",${line}]`;
  }

  #text(bytes: Uint8Array): string {
    try {
      return strict.decode(bytes);
    } catch {
      this.tally.notCarried('lines with bytes that are no UTF-8, which stand as U+FFFD');
      return utf8.decode(bytes);
    }
  }

  async finish(): Promise<void> {
    await this.#file.close();
  }
}
