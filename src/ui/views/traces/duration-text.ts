/** Durations as people type them and TraceQL reads them: `1.5s`, `200ms`, `2m`. */

const UNITS_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;

/** As TraceQL reads it; a bare number is milliseconds. Undefined for what is no duration. */
export function durationText(text: string): string | undefined {
  const given = text.trim().replaceAll(' ', '').replaceAll('μ', 'µ');
  if (/^\d+(\.\d+)?$/.test(given)) return `${given}ms`;
  return DURATION.test(given) ? given : undefined;
}

/** Nanoseconds of a duration as `durationText` gives it. */
export function durationNs(text: string): number {
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(amount) * UNITS_NS[unit!]!;
  return sum;
}
