/** Numbers for people: three or four digits that count, and a unit. */

const SI: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];
const BINARY: readonly (readonly [number, string])[] = [
  [1024 ** 4, 'TiB'],
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
];

/** `1.23M`, `0.00123`, `NaN`, `+Inf`. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-3) return value.toExponential(2).replace(/\.?0+e/, 'e');
  for (const [factor, sign] of SI) if (size >= factor) return trimmed(value / factor) + sign;
  return trimmed(value);
}

/** `1.5 MiB` */
export function formatBytes(bytes: number): string {
  for (const [factor, unit] of BINARY)
    if (Math.abs(bytes) >= factor) return `${trimmed(bytes / factor)} ${unit}`;
  return `${trimmed(bytes)} B`;
}

/** Nanoseconds as `250ns`, `1.5µs`, `12.3ms`, `1.25s`, `2m 5s`, `3h 2m`. */
export function formatNanoseconds(ns: number): string {
  const size = Math.abs(ns);
  if (size < 1e3) return `${Math.round(ns)}ns`;
  if (size < 1e6) return `${trimmed(ns / 1e3)}µs`;
  if (size < 1e9) return `${trimmed(ns / 1e6)}ms`;
  if (size < 60e9) return `${trimmed(ns / 1e9)}s`;
  const seconds = Math.round(ns / 1e9);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** Thousands apart: `12 345`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+(?!\d))/g, ' ');
}

function trimmed(value: number): string {
  const size = Math.abs(value);
  if (size < 1) return String(Number(value.toPrecision(4)));
  const digits = size >= 100 ? 1 : size >= 10 ? 2 : 3;
  return String(Number(value.toFixed(digits)));
}
