/** Parameters of Tempo's endpoints, with its defaults and limits. Refusals are `bad_data`. */

import { parseDuration, parseGoDuration } from '../../model/duration.ts';
import { TriliteError } from '../../model/errors.ts';
import type { ServiceRequest } from '../../query/service.ts';
import type { TimeRange } from '../../storage/interface.ts';

const TRACES_DEFAULT = 20;
/** More traces than this in one answer are refused, as the original does. */
const TRACES_MAX = 262_144;
const SPANS_PER_SPANSET_DEFAULT = 3;
/** Numbers of searches are 32 bits wide in the original. */
const NUMBER_MAX = 2 ** 32 - 1;

/** The first value of a parameter; '' where it is absent. */
export function param(request: ServiceRequest, name: string): string {
  return request.params.find(([key]) => key === name)?.[1] ?? '';
}

function unsigned(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new TriliteError('bad_data', `invalid ${name}: ${JSON.stringify(text)} is no whole number`);
  if (Number(text) > NUMBER_MAX)
    throw new TriliteError('bad_data', `invalid ${name}: ${text} is larger than ${NUMBER_MAX}`);
  return Number(text);
}

/** `start` and `end` in unix seconds, both or neither, or a duration up to now in `since`. Undefined means everything. */
export function searchRange(request: ServiceRequest): TimeRange | undefined {
  const start = param(request, 'start');
  const end = param(request, 'end');
  const from = start === '' ? 0 : unsigned('start', start);
  const to = end === '' ? 0 : unsigned('end', end);
  const recent = sinceRange(request);
  if (recent !== undefined) return recent;
  if ((start === '') !== (end === '')) throw loneBound();
  if (from === 0 && to === 0) return undefined;
  if (from >= to) throw wrongOrder(from, to);
  return { minMs: from * 1000, maxMs: to * 1000 };
}

/** `since`, which wins over other bounds. */
function sinceRange(request: ServiceRequest): TimeRange | undefined {
  const since = param(request, 'since');
  if (since === '') return undefined;
  const ms = sinceMs(since);
  const second = Math.floor(request.nowMs / 1000);
  if (ms < 1000) throw wrongOrder(second, second);
  return { minMs: request.nowMs - ms, maxMs: request.nowMs };
}

function sinceMs(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    const why = `could not parse 'since' parameter: ${error.message}`;
    throw new TriliteError('bad_data', `error parsing date range: ${why}`);
  }
}

function loneBound(): TriliteError {
  const why = 'only one of start and end provided: must provide both or neither';
  return new TriliteError('bad_data', `error parsing date range: ${why}`);
}

function wrongOrder(from: number, to: number): TriliteError {
  return new TriliteError(
    'bad_data',
    `http parameter start must be before end. received start=${from} end=${to}`,
  );
}

/** As above, but where it is not in order it just narrows to nothing. */
export function tagRange(request: ServiceRequest): TimeRange | undefined {
  const recent = sinceRange(request);
  if (recent !== undefined) return recent;
  const { start, end } = givenRange(request);
  if ((start === undefined) !== (end === undefined)) throw loneBound();
  if (start === undefined || end === undefined || (start === 0 && end === 0)) return undefined;
  return { minMs: start * 1000, maxMs: end * 1000 };
}

/** Of a trace that is asked for by id: they only say where to look first, but must be in order. */
export function checkTraceRange(request: ServiceRequest): void {
  const { start, end } = givenRange(request);
  if (start === undefined || end === undefined || start < end) return;
  throw wrongOrder(start, end);
}

function givenRange(request: ServiceRequest): { start: number | undefined; end: number | undefined } {
  const given = (name: string) => {
    const text = param(request, name);
    return text === '' ? undefined : seconds(name, text);
  };
  return { start: given('start'), end: given('end') };
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

/** 0: no limit, also where it is no number, which the original does not mind here. */
export function tagLimit(request: ServiceRequest): number {
  const text = param(request, 'limit');
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

/** 0: no limit. */
export function tagValuesLimit(request: ServiceRequest): number {
  const text = param(request, 'limit');
  return text === '' ? 0 : unsigned('limit', text);
}

export function spansPerSpanset(request: ServiceRequest): number {
  const text = param(request, 'spss');
  const count = text === '' ? 0 : unsigned('spss', text);
  return count === 0 ? SPANS_PER_SPANSET_DEFAULT : count;
}

/** A bound on the duration of traces, in ns, of whole milliseconds; undefined where the parameter is absent. */
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
