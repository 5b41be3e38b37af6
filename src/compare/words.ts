/** Numbers and texts as comparisons show them. */

/** Three digits that count: `0.123 s`, `12.3 ms`. */
export function secondsText(seconds: number): string {
  if (seconds >= 1) return `${digits(seconds)} s`;
  return seconds >= 1e-3 ? `${digits(seconds * 1e3)} ms` : `${digits(seconds * 1e6)} µs`;
}

export function percentText(part: number): string {
  return `${digits(part * 100)} %`;
}

export function numberText(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en-US') : digits(value);
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
