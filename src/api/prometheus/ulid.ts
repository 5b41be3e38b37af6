/** Names in the form that Prometheus gives its blocks (ULID): 48 bits of a time and 80 of a number, in base 32. */

/** Crockford's digits: no I, L, O, U. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_DIGITS = 10;
const NUMBER_DIGITS = 16;
const TIME_MAX_MS = 2 ** 48 - 1;

/** Sorts by time, then by number. A time before 1970 counts as 1970. */
export function ulidOf(timeMs: number, number: number): string {
  const time = Math.min(Math.max(0, timeMs), TIME_MAX_MS);
  return base32(BigInt(time), TIME_DIGITS) + base32(BigInt(number), NUMBER_DIGITS);
}

function base32(value: bigint, digits: number): string {
  let out = '';
  for (let rest = value; out.length < digits; rest >>= 5n) out = DIGITS[Number(rest & 31n)] + out;
  return out;
}
