/** Times and durations as people and machines read them. */

const NS_PER_MS = 1_000_000n;
/** What a `Date` holds. */
const DATE_MAX_MS = 8.64e15;

/** RFC 3339 in UTC, to the millisecond. */
export function printTimeMs(ms: number): string {
  return Math.abs(ms) <= DATE_MAX_MS ? new Date(ms).toISOString() : String(ms);
}

/** RFC 3339 in UTC, to the nanosecond. */
export function printTimeNs(ns: bigint): string {
  const ms = Number(ns / NS_PER_MS);
  if (ns < 0n || ms > DATE_MAX_MS) return String(ns);
  return `${new Date(ms).toISOString().slice(0, 19)}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`;
}

/** `2026-11-30 06:00:01.250`, in the machine's zone or in UTC. */
export function printClock(ms: number, isUtc: boolean): string {
  if (!(Math.abs(ms) <= DATE_MAX_MS)) return String(ms);
  const offsetMs = isUtc ? 0 : new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - offsetMs).toISOString().replace('T', ' ').slice(0, -1);
}

/** Of nanoseconds, three digits and a unit: `1.25 ms`. */
export function printDuration(ns: number): string {
  if (ns < 1_000) return `${ns} ns`;
  if (ns < 1e6) return `${digits(ns / 1e3)} µs`;
  if (ns < 1e9) return `${digits(ns / 1e6)} ms`;
  if (ns < 120e9) return `${digits(ns / 1e9)} s`;
  const seconds = Math.round(ns / 1e9);
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function digits(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
