/**
 * Numbers with units as LogQL writes and reads them: Prometheus durations in ranges, Prometheus or Go durations
 * as literals, byte sizes with SI and IEC prefixes; and the looser forms that label values may have. Durations
 * are nanoseconds here (a double is exact up to 104 days, enough for comparing), ranges milliseconds.
 */

const NS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  y: 365 * 86400e3,
  w: 7 * 86400e3,
  d: 86400e3,
  h: 3600e3,
  m: 60e3,
  s: 1e3,
  ms: 1,
};

/** Go's `time.ParseDuration`: nanoseconds, or undefined. */
export function parseGoDuration(text: string): number | undefined {
  const body = /^[+-]?(.*)$/s.exec(text)![1]!;
  if (body === '0') return 0;
  if (!/^((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined;
  let ns = 0;
  for (const [, number, unit] of body.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    ns += Math.trunc(Number(number) * NS_PER_UNIT[unit!]!);
  }
  return ns > 2 ** 63 ? undefined : text.startsWith('-') ? -ns : ns;
}

const PROMETHEUS = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Prometheus' duration, milliseconds, or undefined. Units descend, each at most once. */
export function parsePrometheusDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const m = text === '' ? null : PROMETHEUS.exec(text);
  if (!m) return undefined;
  let ms = 0;
  Object.values(MS_PER_UNIT).forEach((unitMs, i) => {
    ms += Number(m[i + 1] ?? 0) * unitMs;
  });
  return ms;
}

/** A duration literal: Go's form or Prometheus', with an optional minus; nanoseconds. */
export function parseLogqlDuration(text: string): number | undefined {
  const go = parseGoDuration(text);
  if (go !== undefined) return go;
  const negative = text.startsWith('-');
  const ms = parsePrometheusDuration(negative ? text.slice(1) : text);
  return ms === undefined ? undefined : (negative ? -ms : ms) * 1e6;
}

/** The inside of range brackets: milliseconds, or the message of what is wrong with it. */
export function parseRangeDuration(text: string): number | string {
  const ms = parsePrometheusDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  if (ms === 0 && text !== '0') return 'duration must be greater than 0';
  const unit = /^\d+([^\d].*)$/s.exec(text);
  if (unit) return `unknown unit ${JSON.stringify(unit[1])} in duration ${JSON.stringify(text)}`;
  return `not a valid duration string: ${JSON.stringify(text)}`;
}

const BYTE_FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  p: 1e15,
  e: 1e18,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
  ti: 1024 ** 4,
  pi: 1024 ** 5,
  ei: 1024 ** 6,
};

/** A byte size as people write it (`10`, `1.5 MB`, `4kib`): bytes, or undefined. */
export function parseBytes(text: string): number | undefined {
  const m = /^\s*(\d[\d,]*\.?[\d]*|\.\d+)\s*([a-zA-Z]*)\s*$/.exec(text);
  if (!m) return undefined;
  const unit = m[2]!.toLowerCase().replace(/b$/, '');
  const factor = BYTE_FACTORS[unit];
  return factor === undefined ? undefined : Math.trunc(Number(m[1]!.replaceAll(',', '')) * factor);
}

const GO_FLOAT = /^[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)$/;
const GO_HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/;

/** Go's `strconv.ParseFloat`, or undefined. Underscores may stand between digits. */
export function parseGoFloat(text: string): number | undefined {
  if (text.includes('_')) {
    if (!/^[^_]+$/.test(text.replace(/(?<=\d)_(?=\d)/g, ''))) return undefined;
    text = text.replaceAll('_', '');
  }
  if (GO_FLOAT.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  const hex = GO_HEX_FLOAT.exec(text);
  if (!hex || hex[2]! + hex[3]! === '') return undefined;
  const mantissa = Number.parseInt(hex[2]! + hex[3]!, 16);
  return (hex[1] === '-' ? -1 : 1) * mantissa * 2 ** (Number(hex[4]) - 4 * hex[3]!.length);
}

/** Go's printing of a duration given in nanoseconds: `1h0m0s`, `1.5s`, `100ms`, `0s`. */
export function formatGoDuration(ns: number): string {
  if (ns === 0) return '0s';
  const sign = ns < 0 ? '-' : '';
  const n = Math.abs(ns);
  if (n < 1e3) return `${sign}${n}ns`;
  if (n < 1e6) return `${sign}${n / 1e3}µs`;
  if (n < 1e9) return `${sign}${n / 1e6}ms`;
  const hours = Math.floor(n / 3600e9);
  const minutes = Math.floor((n % 3600e9) / 60e9);
  const seconds = `${(n % 60e9) / 1e9}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : sign + seconds;
}

/** Prometheus' printing: only units that divide, from days down (years and weeks only where they divide alone). */
export function formatPrometheusDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = ms;
  let out = '';
  const unit = (name: string, exact: boolean): void => {
    const size = MS_PER_UNIT[name]!;
    if (exact && rest % size !== 0) return;
    const n = Math.floor(rest / size);
    if (n > 0) {
      out += n + name;
      rest -= n * size;
    }
  };
  unit('y', true);
  unit('w', true);
  for (const name of ['d', 'h', 'm', 's', 'ms']) unit(name, false);
  return out;
}

/** Humanized SI bytes: two digits below ten, whole numbers above (`4.0MB`, `50kB`, `42B`). */
export function formatBytes(bytes: number): string {
  if (bytes < 10) return `${bytes}B`;
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  const e = Math.floor(Math.log(bytes) / Math.log(1000) + 1e-12);
  const value = Math.floor((bytes / 1000 ** e) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)}${units[e]}`;
}
