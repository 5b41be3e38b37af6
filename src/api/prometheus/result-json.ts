/** Query results as JSON bytes: `{"resultType":"matrix","result":[…]}`. */

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
import { success, TRUNCATED_WARNING } from './envelope.ts';
import { writeHistogram } from './histogram-json.ts';

export interface ResultOptions {
  /** Most series shown. */
  readonly limit: number | undefined;
  /** The query's statistics, where they are wanted. */
  readonly stats?: StatsJson | undefined;
  /** Said beside what the query says. */
  readonly warning?: string | undefined;
}

export function resultAnswer(result: PromqlResult, options: ResultOptions): ServiceAnswer {
  const { data, infos } = result;
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const warnings = [...result.warnings];
  if (seriesCount(data) > limit) warnings.push(TRUNCATED_WARNING);
  if (options.warning !== undefined) warnings.push(options.warning);
  return success(
    (out) => {
      out.raw(`{"resultType":"${data.type}","result":`);
      writeData(out, data, limit);
      if (options.stats !== undefined) {
        out.raw(',"stats":');
        out.value(options.stats);
      }
      out.raw('}');
    },
    { warnings, infos },
  );
}

function seriesCount(data: ResultData): number {
  if (data.type === 'matrix') return data.series.length;
  return data.type === 'vector' ? data.labels.length : 0;
}

function writeData(out: JsonWriter, data: ResultData, limit: number): void {
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
      return;
    case 'matrix':
      writeMatrix(out, data, limit);
  }
}

/** `{"metric":{…}` without the closing brace, which the samples bring. */
function writeMetric(out: JsonWriter, labels: Labels): void {
  out.raw('{"metric":');
  writeLabels(out, labels);
}

export function writeLabels(out: JsonWriter, labels: Labels): void {
  const { pairs } = labels;
  let separator = '{';
  for (let i = 0; i < pairs.length; i += 2) {
    out.raw(separator);
    out.string(pairs[i]!);
    out.raw(':');
    out.string(pairs[i + 1]!);
    separator = ',';
  }
  out.raw(separator === '{' ? '{}' : '}');
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

function writeMatrix(out: JsonWriter, matrix: MatrixResult, limit: number): void {
  const { grid } = matrix;
  const texts = grid && new TimeTexts(grid.startMs, grid.stepMs, grid.count);
  out.raw('[');
  const count = Math.min(matrix.series.length, limit);
  for (let i = 0; i < count; i++) {
    if (i > 0) out.raw(',');
    const series = matrix.series[i]!;
    writeMetric(out, series.labels);
    writeFloats(out, series, texts);
    if (series.histograms) writeHistograms(out, series);
    out.raw('}');
  }
  out.raw(']');
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
