/**
 * What decoders work out of a stream's labels and an entry, and must not tell what rules took away: the service's name, which is
 * another label's value where nobody gave it, and the level, which is one where that is no known word.
 */

import type { Labels } from '../../model/labels.ts';
import { isKnownLevel, levelOfPairs, UNKNOWN_LEVEL } from '../decode/detected-level.ts';
import { SERVICE_NAME, withServiceName } from '../decode/stream-labels.ts';

/** `after` are the given labels behind the rules: with the service's name found anew, where it was found before. */
export function streamAfter(given: Labels, after: Labels): Labels {
  const name = given.get(SERVICE_NAME);
  const isFound = name !== '' && withServiceName(given.without(SERVICE_NAME)).get(SERVICE_NAME) === name;
  const isUntouched = after.get(SERVICE_NAME) === name;
  const labels = isFound && isUntouched ? withServiceName(after.without(SERVICE_NAME)) : after;
  // A stream has one label at least.
  return labels.size === 0 ? withServiceName(labels) : labels;
}

/** The level that an entry keeps. `before` and `after` answer '' for what neither stream nor entry has, with the level left out. */
export function levelAfter(
  level: string,
  before: (name: string) => string,
  after: (name: string) => string,
): string {
  // A known word tells of no other value; another one was copied, or sent as it is.
  if (isKnownLevel(level) || levelOfPairs(before) !== level) return level;
  return levelOfPairs(after) ?? UNKNOWN_LEVEL;
}
