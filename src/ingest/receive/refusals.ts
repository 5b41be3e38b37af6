/** Refused items in one text: few are told one by one, many by their reasons. */

import type { Refusal } from '../../storage/interface.ts';

/** More are not of use to a reader, and a sender writes them all to its log. */
const MESSAGES_MAX = 10;

/** Each different message once, with how often it came. */
export function describeRefusals(refused: readonly Refusal[]): string {
  const counts = new Map<string, number>();
  for (const { message } of refused) counts.set(message, (counts.get(message) ?? 0) + 1);
  const texts = [...counts].map(([message, count]) =>
    count === 1 ? message : `${message} (${count} times)`,
  );
  const shown = texts.slice(0, MESSAGES_MAX);
  const rest = texts.length - shown.length;
  return shown.join('\n') + (rest > 0 ? `\nand ${rest} more` : '');
}
