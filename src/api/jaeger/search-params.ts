/** Parameters of both versions of the API, with Jaeger's defaults and words. Refusals are `bad_data`. */

import { parseGoDuration } from '../../model/duration.ts';
import { TriliteError } from '../../model/errors.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import { instantToNanos, parseRfc3339 } from '../../model/time.ts';
import { Params } from '../params.ts';
import type { TraceQuery } from './find-traces.ts';

const LIMIT_DEFAULT = 100;
/** More traces than this in one answer are refused: whole traces are put together in memory. */
const LIMIT_MAX = 10_000;
const LOOKBACK_DEFAULT_NS = 48n * 3_600_000_000_000n;
const DEPENDENCIES_LOOKBACK_MS = 24 * 3_600_000;
const INT64 = /^[+-]?\d{1,18}$/;

function parseFault(name: string, message: string): TriliteError {
  return new TriliteError('bad_data', `unable to parse param '${name}': ${message}`);
}

function integerParam(params: Params, name: string): number | undefined {
  const text = params.get(name);
  if (text === '') return undefined;
  if (!INT64.test(text))
    throw parseFault(name, `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** Microseconds since 1970, in ns. */
function microsParam(params: Params, name: string): bigint | undefined {
  const micros = integerParam(params, name);
  return micros === undefined ? undefined : BigInt(params.get(name).replace('+', '')) * 1000n;
}

function durationNs(params: Params, name: string): number | undefined {
  const text = params.get(name);
  if (text === '') return undefined;
  try {
    return parseGoDuration(text);
  } catch (error) {
    throw parseFault(name, (error as Error).message);
  }
}

function limitOf(params: Params, name: string): number {
  const limit = integerParam(params, name) ?? 0;
  if (limit < 0) throw parseFault(name, 'the limit must not be negative');
  if (limit > LIMIT_MAX) throw parseFault(name, `more than ${LIMIT_MAX} traces are not given at once`);
  return limit === 0 ? LIMIT_DEFAULT : limit;
}

function requireOrder(min: number | undefined, max: number | undefined): void {
  // Zero is no bound.
  if (min && max && max < min) {
    throw new TriliteError('bad_data', "'maxDuration' should be greater than 'minDuration'");
  }
}

/** Each `tag` is `key:value`, each `tags` a JSON object of strings. */
function tagsOf(params: Params): Map<string, string> {
  const tags = new Map<string, string>();
  for (const tag of params.all('tag')) {
    const colon = tag.indexOf(':');
    if (colon < 0) {
      throw new TriliteError('bad_data', `malformed 'tag' parameter, expecting key:value, received: ${tag}`);
    }
    tags.set(tag.slice(0, colon), tag.slice(colon + 1));
  }
  for (const text of params.all('tags')) addTagObject(text, 'tags', tags);
  return tags;
}

function addTagObject(text: string, name: string, tags: Map<string, string>): void {
  if (text === '') return;
  const fault = (why: string) =>
    new TriliteError('bad_data', `malformed '${name}' parameter, cannot unmarshal JSON: ${why}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw fault((error as Error).message);
  }
  if (parsed === null) return;
  if (typeof parsed !== 'object' || Array.isArray(parsed)) throw fault('an object of strings is expected');
  for (const [key, value] of Object.entries(parsed)) {
    if (typeof value !== 'string') throw fault(`the value of ${JSON.stringify(key)} is no string`);
    tags.set(key, value);
  }
}

export type SearchParams =
  | { readonly kind: 'ids'; readonly ids: readonly Uint8Array[] }
  | { readonly kind: 'query'; readonly query: TraceQuery };

/** Of `/api/traces`: traces by their ids, or a search, which names a service. */
export function searchParams(params: Params, nowMs: number): SearchParams {
  const nowNs = BigInt(Math.trunc(nowMs)) * 1_000_000n;
  const query: TraceQuery = {
    service: params.get('service'),
    operation: params.get('operation'),
    tags: tagsOf(params),
    minStartNs: microsParam(params, 'start') ?? nowNs - LOOKBACK_DEFAULT_NS,
    maxStartNs: microsParam(params, 'end') ?? nowNs,
    minDurationNs: durationNs(params, 'minDuration'),
    maxDurationNs: durationNs(params, 'maxDuration') || undefined,
    limit: limitOf(params, 'limit'),
  };
  const ids = params.all('traceID').filter((id) => id !== '');
  if (ids.length > 0) return { kind: 'ids', ids: ids.map(parseTraceId) };
  if (query.service === '') throw serviceRequired();
  requireOrder(query.minDurationNs, query.maxDurationNs);
  return { kind: 'query', query };
}

export function serviceRequired(): TriliteError {
  return new TriliteError('bad_data', "parameter 'service' is required");
}

/** 1 to 32 hexadecimal digits, padded with zeros on the left. */
export function parseTraceId(text: string): Uint8Array {
  if (text.length > 2 * TRACE_ID_BYTES) {
    throw new TriliteError('bad_data', `TraceID cannot be longer than 32 hex characters: ${text}`);
  }
  if (!/^[0-9a-fA-F]+$/.test(text)) {
    throw new TriliteError('bad_data', `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Uint8Array.from(Buffer.from(text.padStart(2 * TRACE_ID_BYTES, '0'), 'hex'));
}

/** `start` and `end` of a trace by id say where to look; here the index knows, so they are only checked. */
export function checkTraceBounds(params: Params): void {
  microsParam(params, 'start');
  microsParam(params, 'end');
}

export interface DependenciesParams {
  readonly minMs: number;
  readonly maxMs: number;
  /** '' for all. */
  readonly service: string;
}

export function dependenciesParams(params: Params, nowMs: number): DependenciesParams {
  const endMs = integerParam(params, 'endTs') ?? nowMs;
  const lookbackMs = integerParam(params, 'lookback') ?? DEPENDENCIES_LOOKBACK_MS;
  return { minMs: endMs - lookbackMs, maxMs: endMs, service: params.get('service') };
}

// ---------------------------------------------------------------------------------------------- version 3

/** `query.service_name`, also spelt `query.serviceName`. */
function spelt(params: Params, name: string): string {
  const snake = params.get(`query.${name}`);
  return snake !== '' ? snake : params.get(`query.${camel(name)}`);
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function timeV3(params: Params, name: string): bigint {
  // A client that does not escape the plus of a time zone sends a space.
  const text = spelt(params, name).replace(' ', '+');
  if (text === '') {
    throw new TriliteError('bad_data', 'query.start_time_min and query.start_time_max are required');
  }
  const instant = parseRfc3339(text);
  if (instant === undefined) {
    throw new TriliteError('bad_data', `malformed parameter query.${name}: ${JSON.stringify(text)}`);
  }
  return instantToNanos(instant);
}

/** Of `/api/v3/traces`. */
export function searchParamsV3(params: Params): TraceQuery {
  // The readers above know parameters by one name.
  const plain = new Params(
    ['duration_min', 'duration_max', 'search_depth', 'num_traces'].map((name) => [name, spelt(params, name)]),
  );
  const tags = new Map<string, string>();
  addTagObject(spelt(params, 'attributes'), 'query.attributes', tags);
  const query: TraceQuery = {
    service: spelt(params, 'service_name'),
    operation: spelt(params, 'operation_name'),
    tags,
    minStartNs: timeV3(params, 'start_time_min'),
    maxStartNs: timeV3(params, 'start_time_max'),
    minDurationNs: durationNs(plain, 'duration_min'),
    maxDurationNs: durationNs(plain, 'duration_max') || undefined,
    limit: limitOf(plain, plain.get('search_depth') === '' ? 'num_traces' : 'search_depth'),
  };
  requireOrder(query.minDurationNs, query.maxDurationNs);
  return query;
}
