/** Query results printed straight to bytes: streams, matrices, vectors, scalars. */

import { formatPlain } from '../../model/float-format.ts';
import type { LogEntry, LogStream } from '../../query/logs/log-query.ts';
import type { ResultData } from '../../query/result.ts';
import { JsonWriter } from '../json-writer.ts';

const START = '{"status":"success","data":{"resultType":"';

/** `flags`: the encoding flags that the request named; they must come before the result. */
export function printStreams(
  streams: readonly LogStream[],
  flags: readonly string[],
  stats: object,
): Uint8Array {
  const out = new JsonWriter(64 * 1024);
  out.raw(`${START}streams"`);
  if (flags.length > 0) {
    out.raw(',"encodingFlags":');
    out.strings(flags);
  }
  out.raw(',"result":[');
  streams.forEach((stream, i) => {
    out.raw(i === 0 ? '{"stream":' : ',{"stream":');
    out.pairs(stream.labels);
    out.raw(',"values":[');
    stream.entries.forEach((entry, k) => {
      if (k > 0) out.raw(',');
      writeEntry(out, entry);
    });
    out.raw(']}');
  });
  return finish(out, ']', stats);
}

/** `["time","line"]`, and the categories where they are told apart. */
export function writeEntry(out: JsonWriter, entry: LogEntry): void {
  out.raw('["');
  writeNs(out, entry.ms, entry.ns);
  out.raw('",');
  out.string(entry.line);
  if (entry.metadata && entry.parsed) writeCategories(out, entry.metadata, entry.parsed);
  out.raw(']');
}

function writeCategories(out: JsonWriter, metadata: readonly string[], parsed: readonly string[]): void {
  out.raw(',{');
  if (metadata.length > 0) {
    out.raw('"structuredMetadata":');
    out.pairs(metadata);
  }
  if (parsed.length > 0) {
    out.raw(metadata.length > 0 ? ',"parsed":' : '"parsed":');
    out.pairs(parsed);
  }
  out.raw('}');
}

/** Nanoseconds since the epoch. */
export function writeNs(out: JsonWriter, ms: number, ns: number): void {
  if (ms > 0) out.raw(`${ms}${String(ns).padStart(6, '0')}`);
  else out.raw(String(BigInt(ms) * 1000000n + BigInt(ns)));
}

function writePoint(out: JsonWriter, ms: number, value: number): void {
  out.raw('[');
  out.timestamp(ms);
  out.raw(',"');
  out.raw(formatPlain(value));
  out.raw('"]');
}

function finish(out: JsonWriter, close: string, stats: object): Uint8Array {
  out.raw(`${close},"stats":`);
  out.value(stats);
  out.raw('}}');
  return out.take();
}

export function printResult(data: ResultData, stats: object): Uint8Array {
  const out = new JsonWriter(16 * 1024);
  out.raw(`${START}${data.type}","result":`);
  switch (data.type) {
    case 'matrix':
      out.raw('[');
      data.series.forEach((series, i) => {
        out.raw(i === 0 ? '{"metric":' : ',{"metric":');
        out.pairs(series.labels.pairs);
        out.raw(',"values":[');
        for (let k = 0; k < series.timestamps.length; k++) {
          if (k > 0) out.raw(',');
          writePoint(out, series.timestamps[k]!, series.values[k]!);
        }
        out.raw(']}');
      });
      return finish(out, ']', stats);
    case 'vector':
      out.raw('[');
      data.labels.forEach((labels, i) => {
        out.raw(i === 0 ? '{"metric":' : ',{"metric":');
        out.pairs(labels.pairs);
        out.raw(',"value":');
        writePoint(out, data.timestampMs, data.values[i]!);
        out.raw('}');
      });
      return finish(out, ']', stats);
    case 'scalar':
      writePoint(out, data.timestampMs, data.value);
      return finish(out, '', stats);
    default:
      out.string(data.value);
      return finish(out, '', stats);
  }
}
