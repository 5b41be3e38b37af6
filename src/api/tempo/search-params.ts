/** Parameters of Tempo's endpoints, with its defaults and limits. Refusals are `bad_data`. */

import { parseDuration, parseGoDuration } from '../../model/duration.ts';
import { TriliteError } from '../../model/errors.ts';
import type { ServiceRequest } from '../../query/service.ts';
import type { TimeRange } from '../../storage/interface.ts';

const TRACES_DEFAULT = 20;
/** More traces than this in one answer are refused, as the original does. */
const TRACES_MAX = 262_144;
const SPANS_PER_SPANSET_DEFAULT = 3;

/** The first value of a parameter; '' where it is absent. */
export function param(request: ServiceRequest, name: string): string {
  return request.params.find(([key]) => key === name)?.[1] ?? '';
}

/** The original keeps them in 32 bits. */
const UNSIGNED_END = 2 ** 32;

function unsigned(name: string, text: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value < UNSIGNED_END))
    throw new TriliteError(
      'bad_data',
      `invalid ${name}: ${JSON.stringify(text)} is no whole number of 32 bits`,
    );
  return value;
}

/** `start` and `end` in unix seconds, both or neither, or a duration up to now in `since`. Undefined means everything. */
export function searchRange(request: ServiceRequest): TimeRange | undefined {
  const start = param(request, 'start');
  const end = param(request, 'end');
  const from = start === '' ? 0 : unsigned('start', start);
  const to = end === '' ? 0 : unsigned('end', end);
  const recent = sinceRange(request);
  if (recent !== undefined) return recent;
  if ((start === '') !== (end === '')) {
    const why = 'only one of start and end provided: must provide both or neither';
    throw new TriliteError('bad_data', `error parsing date range: ${why}`);
  }
  if (from === 0 && to === 0) return undefined;
  if (from >= to) throw wrongOrder(from, to);
  return { minMs: from * 1000, maxMs: to * 1000 };
}

/** `since`, which wins over other bounds. */
function sinceRange(request: ServiceRequest): TimeRange | undefined {
  const since = param(request, 'since');
  if (since === '') return undefined;
  try {
    const ms = parseDuration(since);
    const second = Math.floor(request.nowMs / 1000);
    if (ms < 1000) throw wrongOrder(second, second);
    return { minMs: request.nowMs - ms, maxMs: request.nowMs };
  } catch (error) {
    if (!(error instanceof TriliteError) || !error.message.includes('duration')) throw error;
    const why = `could not parse 'since' parameter: ${error.message}`;
    throw new TriliteError('bad_data', `error parsing date range: ${why}`);
  }
}

/** As above, but an incomplete range is no error: tag requests use it to narrow what they look at. */
export function tagRange(request: ServiceRequest): TimeRange | undefined {
  const recent = sinceRange(request);
  if (recent !== undefined) return recent;
  const start = param(request, 'start');
  const end = param(request, 'end');
  const from = start === '' ? undefined : seconds('start', start);
  const to = end === '' ? undefined : seconds('end', end);
  if (from === undefined || to === undefined) return undefined;
  if (from === 0 && to === 0) return undefined;
  return { minMs: from * 1000, maxMs: to * 1000 };
}

/** Bounds of a request for one trace, which cut nothing: checked alone. */
export function traceRange(request: ServiceRequest): void {
  const range = tagRange(request);
  if (range !== undefined && range.maxMs <= range.minMs)
    throw wrongOrder(range.minMs / 1000, range.maxMs / 1000);
}

function wrongOrder(from: number, to: number): TriliteError {
  return new TriliteError(
    'bad_data',
    `http parameter start must be before end. received start=${from} end=${to}`,
  );
}

function seconds(name: string, text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) {
    throw new TriliteError(
      'bad_data',
      `error parsing date range: could not parse '${name}' parameter: ${JSON.stringify(text)}`,
    );
  }
  return Number(text);
}

export function searchLimit(request: ServiceRequest): number {
  const text = param(request, 'limit');
  if (text === '') return TRACES_DEFAULT;
  const limit = unsigned('limit', text);
  if (limit === 0) throw new TriliteError('bad_data', 'invalid limit: must be a positive number');
  if (limit > TRACES_MAX)
    throw new TriliteError('bad_data', `limit ${limit} exceeds max limit ${TRACES_MAX}`);
  return limit;
}

/** 0: no limit. */
export function tagLimit(request: ServiceRequest): number {
  const text = param(request, 'limit');
  return text === '' ? 0 : unsigned('limit', text);
}

export function spansPerSpanset(request: ServiceRequest): number {
  const text = param(request, 'spss');
  const count = text === '' ? 0 : unsigned('spss', text);
  return count === 0 ? SPANS_PER_SPANSET_DEFAULT : count;
}

/** A bound on the duration of traces, in ns, of whole milliseconds; undefined where there is none. */
export function durationParam(
  request: ServiceRequest,
  name: 'minDuration' | 'maxDuration',
): number | undefined {
  const text = param(request, name);
  if (text === '') return undefined;
  try {
    return Math.trunc(parseGoDuration(text) / 1e6) * 1e6;
  } catch (error) {
    throw new TriliteError('bad_data', `invalid ${name}: ${(error as Error).message}`);
  }
}
