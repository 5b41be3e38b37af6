/** Parameters as Loki's API takes them: times in three notations to the nanosecond, limits, steps, directions. */

import { parseDuration } from '../../model/duration.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Instant } from '../../query/logs/scan.ts';
import type { ServiceRequest } from '../../query/service.ts';
import { Params } from '../params.ts';

const HOUR_MS = 3_600_000;
const NS_PER_MS = 1_000_000n;

export const ENTRIES_DEFAULT = 100;
/** Points of one series in an answer. */
export const POINTS_MAX = 11_000;
/** The default step makes about so many points. */
const DEFAULT_STEP_POINTS = 250;

const FLAGS_HEADER = 'x-loki-response-encoding-flags';
/** The flag by which metadata and parsed labels are told apart from those of the stream. */
export const CATEGORIZE = 'categorize-labels';

/** The flags that the request names, in its order. */
export function encodingFlags(request: ServiceRequest): string[] {
  const header = request.headers[FLAGS_HEADER] ?? '';
  return header
    .split(',')
    .map((flag) => flag.trim())
    .filter((flag) => flag !== '');
}

function bad(message: string): TriliteError {
  return new TriliteError('bad_data', message);
}

export function instantFromNs(ns: bigint): Instant {
  let ms = ns / NS_PER_MS;
  let rest = ns % NS_PER_MS;
  if (rest < 0n) {
    rest += NS_PER_MS;
    ms -= 1n;
  }
  return { ms: Number(ms), ns: Number(rest) };
}

/** Milliseconds, or undefined where the text is no duration. */
function durationMs(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

function toNs(at: Instant): bigint {
  return BigInt(at.ms) * NS_PER_MS + BigInt(at.ns);
}

const RFC3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/** Float seconds (to the ms), integer seconds or nanoseconds by length, or RFC 3339; undefined for anything else. */
export function parseInstant(text: string): Instant | undefined {
  if (text.includes('.') && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) {
    return { ms: Math.round(Number(text) * 1000), ns: 0 };
  }
  if (/^[+-]?\d+$/.test(text)) {
    const value = BigInt(text);
    return text.length <= 10 ? { ms: Number(value) * 1000, ns: 0 } : instantFromNs(value);
  }
  const m = RFC3339.exec(text);
  if (!m) return undefined;
  const ms = Date.parse(`${m[1]}T${m[2]}${m[4]!.toUpperCase()}`);
  if (Number.isNaN(ms)) return undefined;
  const nanos = Number((m[3] ?? '').padEnd(9, '0').slice(0, 9));
  return { ms: ms + Math.floor(nanos / 1e6), ns: nanos % 1e6 };
}

/** Loki's view of a request. Every reader throws `TriliteError` (`bad_data`). */
export class LokiRequest {
  readonly params: Params;
  readonly #nowMs: number;

  constructor(request: ServiceRequest) {
    this.params = new Params(request.params);
    this.#nowMs = request.nowMs;
  }

  get query(): string {
    return this.params.get('query');
  }

  #instant(name: string, fallback: Instant): Instant {
    const text = this.params.get(name);
    if (text === '') return fallback;
    const at = parseInstant(text);
    if (!at) {
      throw bad(
        `could not parse '${name}' parameter: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
      );
    }
    return at;
  }

  time(): Instant {
    return this.#instant('time', { ms: this.#nowMs, ns: 0 });
  }

  /** `start`, `end`, `since`; the order is not checked. */
  bounds(): { start: Instant; end: Instant } {
    const now: Instant = { ms: this.#nowMs, ns: 0 };
    const end = this.#instant('end', now);
    let sinceMs = HOUR_MS;
    const since = this.params.get('since');
    if (since !== '') {
      const parsed = durationMs(since);
      if (parsed === undefined)
        throw bad(`could not parse 'since' parameter: not a valid duration string: ${JSON.stringify(since)}`);
      sinceMs = parsed;
    }
    const endOrNow = toNs(end) > toNs(now) ? now : end;
    return { start: this.#instant('start', { ms: endOrNow.ms - sinceMs, ns: endOrNow.ns }), end };
  }

  /** Bounds of a query: the end must not come before the start. */
  queryBounds(): { start: Instant; end: Instant } {
    const { start, end } = this.bounds();
    if (toNs(end) < toNs(start)) throw bad('end timestamp must not be before or equal to start time');
    return { start, end };
  }

  /** Bounds of a look-up of labels. */
  labelBounds(): { start: Instant; end: Instant } {
    const { start, end } = this.bounds();
    if (toNs(end) < toNs(start)) {
      throw bad('this data is no longer available, it is past now - max_query_lookback (0s)');
    }
    return { start, end };
  }

  /** A count that must be positive. */
  positive(name: string, fallback: number): number {
    const text = this.params.get(name);
    if (text === '') return fallback;
    if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
      throw bad(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
    }
    const value = Number(text);
    if (value <= 0) throw bad('limit must be a positive value');
    return value;
  }

  limit(): number {
    return this.positive('limit', ENTRIES_DEFAULT);
  }

  direction(): 'forward' | 'backward' {
    const text = this.params.get('direction');
    const lower = text.toLowerCase();
    if (text === '' || lower === 'backward') return 'backward';
    if (lower === 'forward') return 'forward';
    throw bad(`invalid direction '${text}'`);
  }

  /** Milliseconds. */
  #duration(name: string): number | undefined {
    const text = this.params.get(name);
    if (text === '') return undefined;
    if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text) * 1000;
    const ms = durationMs(text);
    if (ms === undefined) throw bad(`cannot parse ${JSON.stringify(text)} to a valid duration`);
    return ms;
  }

  stepMs(start: Instant, end: Instant): number {
    const spanMs = end.ms - start.ms;
    const step =
      this.#duration('step') ?? Math.max(1, Math.floor(spanMs / 1000 / DEFAULT_STEP_POINTS)) * 1000;
    if (step <= 0) {
      throw bad('zero or negative query resolution step widths are not accepted. Try a positive integer');
    }
    // Counted in whole steps.
    if (Math.trunc(spanMs / step) > POINTS_MAX) {
      throw bad(
        'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter',
      );
    }
    // Engine time is whole milliseconds.
    return Math.max(1, Math.round(step));
  }

  intervalMs(): number {
    const interval = this.#duration('interval') ?? 0;
    if (interval < 0) throw bad('interval must be >= 0');
    return interval;
  }
}
