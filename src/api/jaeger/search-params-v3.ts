/** Parameters of the third version of the API: lowerCamel names, and their older spellings with underscores. */

import { parseGoDuration } from '../../model/duration.ts';
import { TriliteError } from '../../model/errors.ts';
import { quote } from '../../model/go-string.ts';
import { instantToNanos, parseRfc3339 } from '../../model/time.ts';
import type { Params } from '../params.ts';
import type { TraceQuery } from './find-traces.ts';
import { boolean, integer, textsByKey, traceId } from './param-values.ts';
import { checkedLimit, LIMIT_DEFAULT, prefixed, type TraceParams } from './search-params.ts';

/** Go's name for the form of times. */
const RFC3339_LAYOUT = '2006-01-02T15:04:05.999999999Z07:00';

interface Spelt {
  /** As the client wrote it; the older spelling where it is absent. */
  readonly name: string;
  readonly text: string;
}

/** `query.serviceName`, also `query.service_name`. */
export function speltParam(params: Params, name: string): Spelt {
  const text = params.get(name);
  if (text !== '') return { name, text };
  const older = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { name: older, text: params.get(older) };
}

function read<T>({ name, text }: Spelt, parse: (text: string) => T): T | undefined {
  return text === '' ? undefined : prefixed(`malformed parameter ${name}`, () => parse(text));
}

function time(text: string): bigint {
  const instant = parseRfc3339(text);
  if (instant === undefined) {
    const form = `parsing time ${quote(text)} as "${RFC3339_LAYOUT}"`;
    throw new TriliteError('bad_data', `${form}: it is not of that form`);
  }
  return instantToNanos(instant);
}

function limitOf(params: Params): number {
  const depth = speltParam(params, 'query.searchDepth');
  const asked =
    depth.text === '' ? { name: 'query.num_traces', text: params.get('query.num_traces') } : depth;
  const limit = read(asked, (text) => Number(integer(text, 64, 'Atoi')));
  return limit === undefined ? LIMIT_DEFAULT : checkedLimit(limit);
}

export interface SearchParamsV3 {
  readonly query: TraceQuery;
  readonly raw: boolean;
}

/** Of `/api/v3/traces` and `/api/v3/trace-summaries`. No service asks for all of them. */
export function searchParamsV3(params: Params): SearchParamsV3 {
  const spelt = (name: string) => speltParam(params, `query.${name}`);
  const attributes = { name: 'query.attributes', text: params.get('query.attributes') };
  const tags = new Map(read(attributes, textsByKey));
  const [min, max] = [spelt('startTimeMin'), spelt('startTimeMax')];
  if (min.text === '' || max.text === '') {
    throw new TriliteError('bad_data', 'query.startTimeMin and query.startTimeMax are required');
  }
  const minStartNs = read(min, time)!;
  const maxStartNs = read(max, time)!;
  if (minStartNs >= maxStartNs) {
    throw new TriliteError('bad_data', 'query.startTimeMin must be before query.startTimeMax');
  }
  const query: TraceQuery = {
    service: spelt('serviceName').text,
    operation: spelt('operationName').text,
    tags,
    minStartNs,
    maxStartNs,
    limit: limitOf(params),
    minDurationNs: read(spelt('durationMin'), parseGoDuration) || undefined,
    maxDurationNs: read(spelt('durationMax'), parseGoDuration) || undefined,
  };
  return { query, raw: read(spelt('rawTraces'), boolean) ?? false };
}

/** Of a trace by id. `startTime` and `endTime` are only checked, as in the first version. */
export function traceParamsV3(params: Params, idText: string): TraceParams {
  const id = prefixed('malformed parameter trace_id', () => traceId(idText));
  read(speltParam(params, 'startTime'), time);
  read(speltParam(params, 'endTime'), time);
  return { id, raw: read(speltParam(params, 'rawTraces'), boolean) ?? false };
}
