/** Numbers with a given number of digits, as Go writes them: one in the middle between two goes to the even side, where JavaScript rounds up. */

/** Digits behind the last one that is kept which tell whether a number lies in the middle. */
const TIE_DIGITS = 60;
const DIGITS_MAX = 100;

/** `toFixed`: 2.25 with one digit is `2.2`. */
export function fixed(value: number, digits: number): string {
  const up = value.toFixed(digits);
  const point = up.length - digits - (digits > 0 ? 1 : 0);
  const exact = value.toFixed(Math.min(digits + TIE_DIGITS, DIGITS_MAX)).slice(point + 1 + digits);
  const isTie = /^50*$/.test(exact) && Number(up) !== value;
  return isTie && Number(up.at(-1)) % 2 === 1 ? stepDown(up) : up;
}

/** The last digit, which is odd, made one less. */
function stepDown(text: string): string {
  return text.slice(0, -1) + String(Number(text.at(-1)) - 1);
}

/** `toExponential` with `digits` behind the point: 9.2525e+02 with three is `9.252e+2`. Of finite numbers. */
export function exponential(value: number, digits: number): string {
  const up = value.toExponential(digits);
  const exact = value.toExponential(Math.min(digits + TIE_DIGITS, DIGITS_MAX));
  const [mantissa, exponent] = exact.split('e') as [string, string];
  const kept = mantissa.indexOf('.') + 1 + digits;
  const down = mantissa.slice(0, digits > 0 ? kept : kept - 1);
  const isTie = /^50*$/.test(mantissa.slice(kept));
  return isTie && Number(down.at(-1)) % 2 === 0 ? `${down}e${exponent}` : up;
}
