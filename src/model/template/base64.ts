/** `b64dec`: standard base64, padded where it is not; what is wrong with a text is the result. */

const ALPHABET = /[A-Za-z0-9+/]/;
const isBreak = (c: string | undefined): boolean => c === '\r' || c === '\n';

export function decodeBase64(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const missing = bytes.length % 4;
  const padded = missing > 1 ? bytes + '='.repeat(4 - missing) : bytes;
  const fault = firstFault(padded);
  if (fault !== undefined) return `illegal base64 data at input byte ${fault}`;
  return Buffer.from(padded, 'base64').toString();
}

/** Where the text stops being base64, line breaks passed over; undefined where it does not. */
function firstFault(text: string): number | undefined {
  let at = 0;
  while (true) {
    let digits = 0;
    while (digits < 4) {
      if (at === text.length) return digits === 0 ? undefined : at - digits;
      const c = text[at++]!;
      if (isBreak(c)) continue;
      if (ALPHABET.test(c)) {
        digits++;
        continue;
      }
      if (c !== '=' || digits < 2) return at - 1;
      return faultInPadding(text, at, digits);
    }
  }
}

/** `at` is behind the first `=`; two are wanted behind two digits, and nothing behind them. */
function faultInPadding(text: string, at: number, digits: number): number | undefined {
  if (digits === 2) {
    while (isBreak(text[at])) at++;
    if (at === text.length) return text.length;
    if (text[at] !== '=') return at - 1;
    at++;
  }
  while (isBreak(text[at])) at++;
  return at < text.length ? at : undefined;
}
