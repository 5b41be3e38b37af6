/** Parameters of the first version of the API, with Jaeger's defaults and words. Refusals are `bad_data`. */

import { parseGoDuration } from '../../model/duration.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Params } from '../params.ts';
import type { TraceQuery } from './find-traces.ts';
import { boolean, hexTraceId, integer, textsByKey, traceId } from './param-values.ts';

export const LIMIT_DEFAULT = 100;
/** More traces than this in one answer are refused: whole traces are put together in memory. */
const LIMIT_MAX = 10_000;
const LOOKBACK_DEFAULT_NS = 48n * 3_600_000_000_000n;
const DEPENDENCIES_LOOKBACK_MS = 24n * 3_600_000n;
const NS_PER_US = 1000n;
const NS_PER_MS = 1_000_000n;

/** Runs `read` with the parameter's text; what it refuses is put under the parameter's name. Undefined where it is absent. */
export function readParam<T>(params: Params, name: string, read: (text: string) => T): T | undefined {
  const text = params.get(name);
  if (text === '') return undefined;
  return named(name, () => read(text));
}

/** Says which parameter an error is about. */
export function named<T>(name: string, read: () => T): T {
  return prefixed(`unable to parse param '${name}'`, read);
}

export function prefixed<T>(prefix: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    throw new TriliteError(error.kind, `${prefix}: ${error.message}`);
  }
}

/** Since 1970 in units of so many ns, in ns; it overflows as Go's durations do. */
export function sinceEpochNs(params: Params, name: string, unitNs: bigint): bigint | undefined {
  return readParam(params, name, (text) => BigInt.asIntN(64, integer(text, 64, 'ParseInt') * unitNs));
}

/** Of whole traces; zero asks for the default. */
export function checkedLimit(limit: number): number {
  if (limit < 0 || limit > LIMIT_MAX) {
    throw new TriliteError('bad_data', `search depth must be greater than 0 and at most ${LIMIT_MAX}`);
  }
  return limit === 0 ? LIMIT_DEFAULT : limit;
}

/** Each `tag` is `key:value`, each `tags` a JSON object of texts. */
function tagsOf(params: Params): Map<string, string> {
  const tags = new Map<string, string>();
  for (const tag of params.all('tag')) {
    const colon = tag.indexOf(':');
    if (colon < 0) {
      throw new TriliteError('bad_data', `malformed 'tag' parameter, expecting key:value, received: ${tag}`);
    }
    tags.set(tag.slice(0, colon), tag.slice(colon + 1));
  }
  for (const text of params.all('tags')) {
    const entries = prefixed("malformed 'tags' parameter, cannot unmarshal JSON", () => textsByKey(text));
    for (const [key, value] of entries) tags.set(key, value);
  }
  return tags;
}

export type SearchParams = { readonly raw: boolean } & (
  | { readonly kind: 'ids'; readonly ids: readonly Uint8Array[] }
  | { readonly kind: 'query'; readonly query: TraceQuery }
);

/** Of `/api/traces`: traces by their ids, or a search, which names a service. */
export function searchParams(params: Params, nowMs: number): SearchParams {
  const nowNs = BigInt(Math.trunc(nowMs)) * NS_PER_MS;
  const minStartNs = sinceEpochNs(params, 'start', NS_PER_US) ?? nowNs - LOOKBACK_DEFAULT_NS;
  const maxStartNs = sinceEpochNs(params, 'end', NS_PER_US) ?? nowNs;
  const tags = tagsOf(params);
  const limit = params.get('limit');
  const query: TraceQuery = {
    service: params.get('service'),
    operation: params.get('operation'),
    tags,
    minStartNs,
    maxStartNs,
    // The original leaves out the name here.
    limit: limit === '' ? LIMIT_DEFAULT : checkedLimit(Number(integer(limit, 32, 'ParseInt'))),
    minDurationNs: readParam(params, 'minDuration', parseGoDuration) || undefined,
    maxDurationNs: readParam(params, 'maxDuration', parseGoDuration) || undefined,
  };
  const ids = params.all('traceID').map((id) => prefixed('cannot parse traceID param', () => hexTraceId(id)));
  const raw = rawParam(params);
  if (ids.length === 0 && query.service === '') throw serviceRequired();
  const { minDurationNs, maxDurationNs } = query;
  if (minDurationNs !== undefined && maxDurationNs !== undefined && maxDurationNs < minDurationNs) {
    throw new TriliteError('bad_data', "'maxDuration' should be greater than 'minDuration'");
  }
  return ids.length > 0 ? { kind: 'ids', ids, raw } : { kind: 'query', query, raw };
}

export function serviceRequired(): TriliteError {
  return new TriliteError('bad_data', "parameter 'service' is required");
}

function rawParam(params: Params): boolean {
  return readParam(params, 'raw', boolean) ?? false;
}

export interface TraceParams {
  readonly id: Uint8Array;
  readonly raw: boolean;
}

/** Of a trace by id. `start` and `end` say where to look; here the index knows, so they are only checked. */
export function traceParams(params: Params, idText: string): TraceParams {
  const id = traceId(idText);
  sinceEpochNs(params, 'start', NS_PER_US);
  sinceEpochNs(params, 'end', NS_PER_US);
  return { id, raw: rawParam(params) };
}

export interface DependenciesParams {
  readonly minMs: number;
  readonly maxMs: number;
  /** '' for all. */
  readonly service: string;
}

export function dependenciesParams(params: Params, nowMs: number): DependenciesParams {
  const endNs = sinceEpochNs(params, 'endTs', NS_PER_MS);
  const endMs = endNs === undefined ? BigInt(Math.trunc(nowMs)) : endNs / NS_PER_MS;
  const lookbackNs = sinceEpochNs(params, 'lookback', NS_PER_MS);
  const lookbackMs = lookbackNs === undefined ? DEPENDENCIES_LOOKBACK_MS : lookbackNs / NS_PER_MS;
  if (lookbackMs < 0n) throw new TriliteError('bad_data', 'end time must be greater than start time');
  return { minMs: Number(endMs - lookbackMs), maxMs: Number(endMs), service: params.get('service') };
}
