/**
 * Query results as JSON bytes: `{"resultType":"matrix","result":[…]}`. A large one is made and sent piece by piece, so
 * that its text, which is several times its numbers, is never in memory as a whole.
 */

import type { Labels } from '../../model/labels.ts';
import type { StatsJson } from '../../query/query-stats.ts';
import type {
  MatrixResult,
  MatrixSeries,
  PromqlResult,
  ResultData,
  VectorResult,
} from '../../query/result.ts';
import type { ServiceAnswer } from '../../query/service.ts';
import { JsonWriter, TimeTexts } from '../json-writer.ts';
import { beginSuccess, endSuccess, JSON_TYPE, TRUNCATED_WARNING } from './envelope.ts';
import { writeHistogram } from './histogram-json.ts';

export interface ResultOptions {
  /** Most series shown. */
  readonly limit: number | undefined;
  /** The query's statistics, where they are wanted. */
  readonly stats?: StatsJson | undefined;
  /** Said beside what the query says. */
  readonly warning?: string | undefined;
}

/** A result of more points than this (some 12 MB of text) is sent in pieces, and uncompressed. */
const WHOLE_POINTS_MAX = 500_000;
/** As much is sent at a time; a piece has whole series. */
const PIECE_BYTES = 256 * 1024;

export function resultAnswer(result: PromqlResult, options: ResultOptions): ServiceAnswer {
  if (pointCount(result.data) > WHOLE_POINTS_MAX) {
    return {
      status: 200,
      contentType: JSON_TYPE,
      body: new Uint8Array(0),
      rest: resultPieces(result, options),
    };
  }
  const target = { out: new JsonWriter() };
  for (const _ of writeResult(target, result, options));
  return { status: 200, contentType: JSON_TYPE, body: target.out.take() };
}

async function* resultPieces(result: PromqlResult, options: ResultOptions): AsyncGenerator<Uint8Array, void> {
  const target = { out: new JsonWriter(2 * PIECE_BYTES) };
  for (const _ of writeResult(target, result, options)) {
    if (target.out.length < PIECE_BYTES) continue;
    yield target.out.take();
    target.out = new JsonWriter(2 * PIECE_BYTES);
  }
  yield target.out.take();
}

function pointCount(data: ResultData): number {
  return data.type === 'matrix' ? data.series.reduce((n, { timestamps }) => n + timestamps.length, 0) : 0;
}

/** Writes the answer to `target.out`, which may be another one after each `yield`: there is one after each series. */
function* writeResult(
  target: { readonly out: JsonWriter },
  { data, infos, warnings: own }: PromqlResult,
  options: ResultOptions,
): Generator<void, void> {
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const warnings = [...own];
  if (seriesCount(data) > limit) warnings.push(TRUNCATED_WARNING);
  if (options.warning !== undefined) warnings.push(options.warning);
  beginSuccess(target.out);
  target.out.raw(`{"resultType":"${data.type}","result":`);
  if (data.type === 'matrix') yield* writeMatrix(target, data, limit);
  else writeData(target.out, data, limit);
  const { out } = target;
  if (options.stats !== undefined) {
    out.raw(',"stats":');
    out.value(options.stats);
  }
  out.raw('}');
  endSuccess(out, { warnings, infos });
}

function seriesCount(data: ResultData): number {
  if (data.type === 'matrix') return data.series.length;
  return data.type === 'vector' ? data.labels.length : 0;
}

function writeData(out: JsonWriter, data: Exclude<ResultData, MatrixResult>, limit: number): void {
  switch (data.type) {
    case 'scalar':
      out.raw('[');
      out.timestamp(data.timestampMs);
      out.raw(',');
      out.sampleValue(data.value);
      out.raw(']');
      return;
    case 'string':
      out.raw('[');
      out.timestamp(data.timestampMs);
      out.raw(',');
      out.string(data.value);
      out.raw(']');
      return;
    case 'vector':
      writeVector(out, data, limit);
  }
}

/** `{"metric":{…}` without the closing brace, which the samples bring. */
function writeMetric(out: JsonWriter, labels: Labels): void {
  out.raw('{"metric":');
  out.pairs(labels.pairs);
}

function writeVector(out: JsonWriter, vector: VectorResult, limit: number): void {
  // Every element has the same time: its text is made once.
  const stamp = new JsonWriter(32);
  stamp.raw('[');
  stamp.timestamp(vector.timestampMs);
  stamp.raw(',');
  const time = stamp.take();
  out.raw('[');
  const count = Math.min(vector.labels.length, limit);
  for (let i = 0; i < count; i++) {
    if (i > 0) out.raw(',');
    writeMetric(out, vector.labels[i]!);
    const histogram = vector.histograms?.[i];
    out.raw(histogram ? ',"histogram":' : ',"value":');
    out.bytes(time);
    if (histogram) writeHistogram(out, histogram);
    else out.sampleValue(vector.values[i]!);
    out.raw(']}');
  }
  out.raw(']');
}

function* writeMatrix(
  target: { readonly out: JsonWriter },
  { grid, series }: MatrixResult,
  limit: number,
): Generator<void, void> {
  const texts = grid && new TimeTexts(grid.startMs, grid.stepMs, grid.count);
  target.out.raw('[');
  const count = Math.min(series.length, limit);
  for (let i = 0; i < count; i++) {
    const { out } = target;
    if (i > 0) out.raw(',');
    const one = series[i]!;
    writeMetric(out, one.labels);
    writeFloats(out, one, texts);
    if (one.histograms) writeHistograms(out, one);
    out.raw('}');
    yield;
  }
  target.out.raw(']');
}

function writeFloats(out: JsonWriter, series: MatrixSeries, texts: TimeTexts | undefined): void {
  const { timestamps, values, histograms } = series;
  if (histograms === undefined) {
    if (timestamps.length === 0) return;
    out.raw(',"values":');
    out.points(timestamps, values, texts);
    return;
  }
  let first = true;
  for (let i = 0; i < timestamps.length; i++) {
    if (histograms[i] !== undefined) continue;
    out.raw(first ? ',"values":[[' : ',[');
    first = false;
    out.timestamp(timestamps[i]!);
    out.raw(',');
    out.sampleValue(values[i]!);
    out.raw(']');
  }
  if (!first) out.raw(']');
}

function writeHistograms(out: JsonWriter, series: MatrixSeries): void {
  let first = true;
  for (const [i, histogram] of series.histograms!.entries()) {
    if (histogram === undefined) continue;
    out.raw(first ? ',"histograms":[[' : ',[');
    first = false;
    out.timestamp(series.timestamps[i]!);
    out.raw(',');
    writeHistogram(out, histogram);
    out.raw(']');
  }
  if (!first) out.raw(']');
}
