/**
 * `status/tsdb`: which names, labels and pairs have the most series. Without tenants the front ranks what its head
 * counts anyway; for tenants, who share that, a reader counts the series of theirs that had samples in the last hour, which is
 * how long a series stays in the head without any.
 */

import { TriliteError } from '../../model/errors.ts';
import { compareText, type Labels, METRIC_NAME } from '../../model/labels.ts';
import type { Service } from '../../query/service.ts';
import type { HeadStatistics, NamedCount } from '../../storage/interface.ts';
import { Params } from '../params.ts';
import { successValue } from './envelope.ts';

const LIMIT_DEFAULT = 10;
const LIMIT_MAX = 10_000;
const ACTIVE_MS = 3_600_000;

/** How long the lists may be. Throws `bad_data`. */
export function tsdbLimit(params: Params): number {
  const text = params.get('limit');
  const limit = text === '' ? LIMIT_DEFAULT : Number(text);
  if (!/^\+?\d*$/.test(text) || limit < 1) {
    throw new TriliteError('bad_data', 'limit must be a positive number');
  }
  if (limit > LIMIT_MAX) throw new TriliteError('bad_data', `limit must not exceed ${LIMIT_MAX}`);
  return limit;
}

export function tsdbJson(tsdb: HeadStatistics, limit: number): unknown {
  const top = (list: readonly NamedCount[]) => list.slice(0, limit);
  return {
    headStats: {
      numSeries: tsdb.numSeries,
      numLabelPairs: tsdb.numLabelPairs,
      chunkCount: tsdb.chunkCount,
      minTime: tsdb.minTimeMs,
      maxTime: tsdb.maxTimeMs,
    },
    seriesCountByMetricName: top(tsdb.seriesCountByMetricName),
    labelValueCountByLabelName: top(tsdb.labelValueCountByLabelName),
    memoryInBytesByLabelName: top(tsdb.memoryInBytesByLabelName),
    seriesCountByLabelValuePair: top(tsdb.seriesCountByLabelValuePair),
  };
}

/** `GET /api/v1/status/tsdb` of some tenants. */
export const tsdbService: Service = async (request, context) => {
  const limit = tsdbLimit(new Params(request.params));
  const minMs = request.nowMs - ACTIVE_MS;
  const maxMs = request.nowMs;
  const series = await context.storage.metrics.series({ matcherSets: [], minMs, maxMs });
  // The chunks that are open are the head's, whoever's series they are of; every series has one at least.
  const bounds = { chunkCount: series.length, minTimeMs: minMs, maxTimeMs: maxMs };
  const nothing = { chunkCount: 0, minTimeMs: 0, maxTimeMs: 0 };
  return successValue(tsdbJson({ ...countsOf(series), ...(series.length > 0 ? bounds : nothing) }, limit));
};

/** By number, largest first, and of the same number by name. */
function ranked(counts: ReadonlyMap<string, number>): NamedCount[] {
  const list = Array.from(counts, ([name, value]) => ({ name, value }));
  return list.sort((a, b) => b.value - a.value || compareText(a.name, b.name));
}

function countsOf(series: readonly Labels[]): Omit<HeadStatistics, 'chunkCount' | 'minTimeMs' | 'maxTimeMs'> {
  /** Series by name and value. */
  const byName = new Map<string, Map<string, number>>();
  for (const { pairs } of series) {
    for (let i = 0; i < pairs.length; i += 2) {
      const name = pairs[i]!;
      const value = pairs[i + 1]!;
      let values = byName.get(name);
      if (!values) byName.set(name, (values = new Map()));
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  const valueCounts = new Map<string, number>();
  const bytes = new Map<string, number>();
  const pairCounts = new Map<string, number>();
  for (const [name, values] of byName) {
    valueCounts.set(name, values.size);
    let size = 0;
    for (const [value, count] of values) {
      size += count * Buffer.byteLength(value);
      pairCounts.set(`${name}=${value}`, count);
    }
    bytes.set(name, size);
  }
  return {
    numSeries: series.length,
    numLabelPairs: pairCounts.size,
    seriesCountByMetricName: ranked(byName.get(METRIC_NAME) ?? new Map()),
    labelValueCountByLabelName: ranked(valueCounts),
    memoryInBytesByLabelName: ranked(bytes),
    seriesCountByLabelValuePair: ranked(pairCounts),
  };
}
