/** Times as the original's framework reads them: RFC 3339 and relatives of it without an offset, seconds or time of day, in UTC. */

import { quote } from '../../model/go-string.ts';
import { parseRfc3339 } from '../../model/time.ts';

/** Go's zero time, by which clients say that there is none. */
const ZERO_MS = Date.parse('0001-01-01T00:00:00Z');

const DATE = String.raw`\d{4}-\d\d-\d\d`;
const CLOCK = String.raw`\d\d:\d\d:\d\d(?:[.,]\d+)?`;
const FORMS: readonly (readonly [RegExp, (...groups: string[]) => string])[] = [
  [new RegExp(`^(${DATE})T(${CLOCK})(Z|[+-]\\d\\d:\\d\\d)$`), (d, t, zone) => `${d}T${t}${zone}`],
  [
    new RegExp(`^(${DATE})T(\\d\\d:\\d\\d:\\d\\d[.,](?:\\d{3}|\\d{6}))([+-]\\d\\d)(\\d\\d)$`),
    (d, t, hours, minutes) => `${d}T${t}${hours}:${minutes}`,
  ],
  [new RegExp(`^(${DATE})[T ](${CLOCK})$`), (d, t) => `${d}T${t}Z`],
  [new RegExp(`^(${DATE})T(\\d\\d:\\d\\d)Z?$`), (d, t) => `${d}T${t}:00Z`],
  [new RegExp(`^(${DATE})$`), (d) => `${d}T00:00:00Z`],
];

/** Milliseconds; undefined for Go's zero time, 1970 for the empty text. Throws an `Error` in Go's words. */
export function parseDateTime(text: string): number | undefined {
  if (text === '') return 0;
  for (const [form, write] of FORMS) {
    const found = form.exec(text);
    const instant = found && parseRfc3339(write(...found.slice(1)));
    if (instant) return instant.ms === ZERO_MS ? undefined : instant.ms;
  }
  throw new Error(`parsing time ${quote(text)}${dateFault(text)}`);
}

/** What Go says of it as a date alone, the form that is tried last. */
function dateFault(text: string): string {
  const pieces: readonly (readonly [RegExp, string])[] = [
    [/^\d{4}/, '2006'],
    [/^-/, '-'],
    [/^\d\d/, '01'],
    [/^-/, '-'],
    [/^\d\d/, '02'],
  ];
  let rest = text;
  for (const [piece, name] of pieces) {
    const found = piece.exec(rest)?.[0];
    if (found === undefined) return ` as "2006-01-02": cannot parse ${quote(rest)} as ${quote(name)}`;
    if (name === '01' && (Number(found) < 1 || Number(found) > 12)) return ': month out of range';
    rest = rest.slice(found.length);
  }
  return rest === '' ? ': day out of range' : `: extra text: ${quote(rest)}`;
}

/** With milliseconds, as all answers have them. */
export function printDateTime(ms: number): string {
  return new Date(ms).toISOString();
}
