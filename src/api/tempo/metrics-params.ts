/** Parameters of metrics queries: times in several forms, the step, and the grid that they make. */

import { formatGoDuration, parseDuration, parseGoDuration } from '../../model/duration.ts';
import { TriliteError } from '../../model/errors.ts';
import { instantToNanos, parseInstant } from '../../model/time.ts';
import type { ServiceRequest } from '../../query/service.ts';
import type { Grid } from '../../query/traces/metrics/series.ts';
import { param } from './search-params.ts';

const STEPS_MAX = 10_000;
/** 64 bits of nanoseconds, 292 years. */
const STEP_MAX_NS = 2 ** 63;
const SECOND_NS = 1_000_000_000n;
const MS_NS = 1_000_000n;
const RANGE_DEFAULT_NS = 3600n * SECOND_NS;
/** As many points as a graph is wide, roughly. */
const POINTS_WANTED = 240n;
/** Seconds have ten digits for the next centuries; more digits mean nanoseconds. */
const SECONDS_DIGITS_MAX = 10;

function timeNs(name: string, text: string): bigint {
  if (/^\d+$/.test(text)) return text.length > SECONDS_DIGITS_MAX ? BigInt(text) : BigInt(text) * SECOND_NS;
  const decimal = /^(\d+)(\.\d+)$/.exec(text);
  // The original keeps milliseconds of them.
  if (decimal) return BigInt(decimal[1]!) * SECOND_NS + BigInt(Math.round(Number(decimal[2]) * 1000)) * MS_NS;
  const instant = parseInstant(text);
  if (instant === undefined)
    throw new TriliteError('bad_data', `could not parse '${name}' parameter: ${JSON.stringify(text)}`);
  return instantToNanos(instant);
}

export interface MetricsRange {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

export function metricsRange(request: ServiceRequest): MetricsRange {
  const start = param(request, 'start');
  const end = param(request, 'end');
  const nowNs = BigInt(request.nowMs) * MS_NS;
  const endNs = end === '' ? nowNs : timeNs('end', end);
  const backNs = sinceNs(param(request, 'since'));
  const startNs = start === '' ? (endNs < nowNs ? endNs : nowNs) - backNs : timeNs('start', start);
  // To the original a time before 1970 is one far ahead.
  if (endNs <= startNs || startNs < 0n) throw new TriliteError('bad_data', 'end must be greater than start');
  return { startNs, endNs };
}

function sinceNs(text: string): bigint {
  if (text === '') return RANGE_DEFAULT_NS;
  try {
    return BigInt(parseDuration(text)) * MS_NS;
  } catch (error) {
    throw new TriliteError('bad_data', `could not parse 'since' parameter: ${(error as Error).message}`);
  }
}

/** Seconds, as Go writes a float. */
const SECONDS = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function stepNs(request: ServiceRequest, range: MetricsRange): bigint {
  const text = param(request, 'step');
  if (text === '') return defaultStepNs(range.endNs - range.startNs);
  const seconds = SECONDS.test(text) ? Number(text) * 1e9 : parseGoDuration(text);
  const step = Math.abs(seconds) < STEP_MAX_NS ? BigInt(Math.round(seconds)) : -1n;
  if (step >= 0n) return step;
  throw new TriliteError('bad_data', `cannot use ${JSON.stringify(text)} as a step`);
}

const ROUND_STEPS_S = [3600n, 300n, 60n, 15n, 5n, 1n];
const FINE_STEP_NS = 50_000_000n;

/** A round step that makes about as many points as wanted. */
export function defaultStepNs(lengthNs: bigint): bigint {
  const step = lengthNs / POINTS_WANTED;
  if (lengthNs < 60n * SECOND_NS)
    return step < FINE_STEP_NS ? FINE_STEP_NS : (step / FINE_STEP_NS) * FINE_STEP_NS;
  for (const seconds of ROUND_STEPS_S) {
    const round = seconds * SECOND_NS;
    if (round < step) return (step / round) * round;
  }
  return SECOND_NS;
}

/** Start and end are widened to multiples of the step; the start itself is the first right edge. */
export function rangeGrid(request: ServiceRequest, range: MetricsRange): Grid {
  const step = stepNs(request, range);
  const length = range.endNs - range.startNs;
  if (step === 0n || length / step > STEPS_MAX) {
    const least = formatGoDuration(Number(length / BigInt(STEPS_MAX)));
    const given = formatGoDuration(Number(step));
    throw new TriliteError(
      'bad_data',
      `step of ${given} is too small, minimum step for given range is ${least}`,
    );
  }
  const first = (range.startNs / step) * step;
  const last = ((range.endNs + step - 1n) / step) * step;
  const count = (last - first) / step + 1n;
  return { firstNs: first, stepNs: Number(step), count: Number(count) };
}

/** One bucket: (start, end]. */
export function instantGrid({ startNs, endNs }: MetricsRange): Grid {
  return { firstNs: endNs, stepNs: Number(endNs - startNs), count: 1 };
}
