/** `index/volume` and `index/volume_range`: bytes by series or label, largest first. */

import { TriliteError } from '../../model/errors.ts';
import { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { parseSelector } from '../../query/logs/engine.ts';
import { type Instant, isBefore, ScanStats } from '../../query/logs/scan.ts';
import type { MatrixSeries } from '../../query/result.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { jsonAnswer, statsOf } from './answer.ts';
import { printResult } from './print-result.ts';
import { LokiRequest } from './request.ts';
import { isEmptySelector } from './selector.ts';

interface VolumeQuery {
  readonly matchers: readonly Matcher[];
  readonly targets: readonly string[];
  readonly byLabel: boolean;
  readonly limit: number;
  readonly start: Instant;
  readonly end: Instant;
}

function readVolume(read: LokiRequest): VolumeQuery {
  const { start, end } = read.bounds();
  const aggregate = read.params.get('aggregateBy');
  if (!['', 'series', 'labels'].includes(aggregate)) {
    throw new TriliteError('bad_data', 'invalid aggregation option');
  }
  const limitText = read.params.get('limit');
  const limit = limitText === '' || Number(limitText) === 0 ? 100 : read.positive('limit', 100);
  const matchers = isEmptySelector(read.query) ? [] : parseSelector(read.query);
  const named = read.params
    .get('targetLabels')
    .split(',')
    .filter((t) => t !== '');
  const targets = named.length > 0 ? named : matchers.map((m) => m.name);
  return { matchers, targets, byLabel: aggregate === 'labels', limit, start, end };
}

/** The label sets that a stream's bytes count for. */
function metricsOf(stream: Labels, { targets, byLabel }: VolumeQuery): Labels[] {
  const matching = targets.length === 0 ? stream : stream.filter((name) => targets.includes(name));
  if (matching.size === 0) return [];
  if (!byLabel) return [matching];
  const out: Labels[] = [];
  // One entry per name with an empty value, which a label set proper cannot have.
  for (let i = 0; i < matching.pairs.length; i += 2) out.push(Labels.fromSorted([matching.pairs[i]!, '']));
  return out;
}

interface VolumeSeries {
  readonly labels: Labels;
  /** Bytes per bucket. */
  readonly bytes: Float64Array;
  total: number;
}

/** Bytes per series and bucket; `ends` are the buckets' ends, ascending, the last the query's. */
async function measure(
  query: VolumeQuery,
  ends: readonly Instant[],
  context: ServiceContext,
): Promise<VolumeSeries[]> {
  const { start, end, matchers } = query;
  if (!isBefore(start, end)) return [];
  const series = new Map<string, VolumeSeries>();
  // A stream's parts come one after another.
  let last: { readonly stream: Labels; readonly own: readonly VolumeSeries[] } | undefined;
  const add = (stream: Labels, bucket: number, _entries: number, bytes: number) => {
    if (last?.stream !== stream) last = { stream, own: seriesOf(stream, query, series, ends.length) };
    for (const one of last.own) {
      one.bytes[bucket]! += bytes;
      one.total += bytes;
    }
  };
  await context.storage.logs.volume({ matchers, edges: [start, ...ends] }, { add }, context.signal);
  const sorted = [...series.values()].filter((s) => s.total > 0);
  sorted.sort((a, b) => b.total - a.total || a.labels.compare(b.labels));
  return sorted.slice(0, query.limit);
}

/** Those that a stream's bytes count for, made where they are new. */
function seriesOf(
  stream: Labels,
  query: VolumeQuery,
  series: Map<string, VolumeSeries>,
  buckets: number,
): VolumeSeries[] {
  return metricsOf(stream, query).map((labels) => {
    let one = series.get(labels.key());
    if (!one) {
      one = { labels, bytes: new Float64Array(buckets), total: 0 };
      series.set(labels.key(), one);
    }
    return one;
  });
}

export async function volumeService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const query = readVolume(new LokiRequest(request));
  return vectorAnswer(await measure(query, [query.end], context), query);
}

function vectorAnswer(series: readonly VolumeSeries[], query: VolumeQuery): ServiceAnswer {
  const data = {
    type: 'vector',
    timestampMs: query.end.ms,
    labels: series.map((s) => s.labels),
    values: Float64Array.from(series, (s) => s.total),
    histograms: undefined,
  } as const;
  return jsonAnswer(printResult(data, statsOf(new ScanStats(), series.length)));
}

export async function volumeRangeService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const query = readVolume(read);
  const stepMs = read.stepMs(query.start, query.end);
  const ends: Instant[] = [];
  for (let ms = query.start.ms + stepMs; ms < query.end.ms; ms += stepMs)
    ends.push({ ms, ns: query.start.ns });
  ends.push(query.end);
  const series = await measure(query, ends, context);
  if (series.length === 0) return vectorAnswer(series, query);
  // A bucket is stamped with its last millisecond, the last one with the query's end.
  const times = ends.map((end, i) => (i === ends.length - 1 ? end.ms : end.ms - 1));
  const matrix = series.map((s): MatrixSeries => {
    const kept = times.map((_, i) => i).filter((i) => s.bytes[i]! > 0);
    return {
      labels: s.labels,
      timestamps: Float64Array.from(kept, (i) => times[i]!),
      values: Float64Array.from(kept, (i) => s.bytes[i]!),
      histograms: undefined,
    };
  });
  return jsonAnswer(printResult({ type: 'matrix', series: matrix }, statsOf(new ScanStats(), matrix.length)));
}
