/** Labels, their values, series, and the statistics of the index. */

import { TriliteError } from '../../model/errors.ts';
import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { parseSelector } from '../../query/logs/engine.ts';
import { type Instant, isBefore } from '../../query/logs/scan.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import type { LabelQuery, LogReader } from '../../storage/interface.ts';
import { JsonWriter } from '../json-writer.ts';
import { jsonAnswer, jsonValue } from './answer.ts';
import { LokiRequest } from './request.ts';
import { isEmptySelector, optionalSelector } from './selector.ts';

function labelQuery(read: LokiRequest, sets: readonly (readonly Matcher[])[]): LabelQuery {
  const { start, end } = read.labelBounds();
  return { minMs: start.ms, maxMs: end.ms, matcherSets: sets };
}

/** `data` is left out where it is empty. */
function listAnswer(values: readonly string[]): ServiceAnswer {
  return jsonValue(values.length === 0 ? { status: 'success' } : { status: 'success', data: values });
}

function selectorSets(read: LokiRequest): (readonly Matcher[])[] {
  const matchers = optionalSelector(read.query);
  return matchers.length === 0 ? [] : [matchers];
}

export async function labelsService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  return listAnswer(await context.storage.logs.labelNames(labelQuery(read, selectorSets(read))));
}

export async function labelValuesService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const query = labelQuery(read, selectorSets(read));
  return listAnswer(await context.storage.logs.labelValues(request.path.name ?? '', query));
}

/** `/api/prom/label`: the values under another key. */
export async function legacyLabelsService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  return jsonValue({ values: await context.storage.logs.labelNames(labelQuery(read, selectorSets(read))) });
}

export async function legacyLabelValuesService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const query = labelQuery(read, selectorSets(read));
  return jsonValue({ values: await context.storage.logs.labelValues(request.path.name ?? '', query) });
}

export async function seriesService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const texts = [...read.params.all('match[]'), ...read.params.all('match')].filter((t) => t !== '');
  const everything = texts.length === 0 || (texts.length === 1 && isEmptySelector(texts[0]!));
  if (!everything && texts.some(isEmptySelector)) {
    throw new TriliteError('bad_data', '0 matchers in group: {}');
  }
  const sets = everything ? [] : texts.map(parseSelector);
  const series = await context.storage.logs.series(labelQuery(read, sets));
  const out = new JsonWriter();
  out.raw('{"status":"success","data":[');
  series.forEach((labels, i) => {
    if (i > 0) out.raw(',');
    out.pairs(labels.pairs);
  });
  out.raw(']}');
  return jsonAnswer(out.take());
}

/** Streams, chunks, bytes and entries of a selection, counted from what the store yields. */
export interface SelectionVolume {
  readonly streams: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly entries: number;
}

export async function indexStatsService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const { start, end } = read.bounds();
  const matchers = parseSelector(read.query);
  return jsonValue(await countSelection(context.storage.logs, matchers, start, end, context.signal));
}

/** The end is not included. */
async function countSelection(
  logs: LogReader,
  matchers: readonly Matcher[],
  start: Instant,
  end: Instant,
  signal: AbortSignal,
): Promise<SelectionVolume> {
  const streams = new Set<string>();
  const counts = { chunks: 0, bytes: 0, entries: 0 };
  if (isBefore(start, end)) {
    const add = (stream: Labels, _bucket: number, entries: number, bytes: number) => {
      streams.add(stream.key());
      counts.chunks++;
      counts.bytes += bytes;
      counts.entries += entries;
    };
    await logs.volume({ matchers, edges: [start, end] }, { add }, signal);
  }
  return { streams: streams.size, ...counts };
}
