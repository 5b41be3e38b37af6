/** Which silences a filter finds: those that are over only where they are asked for. */

import type { Silence } from '../../api/alertmanager-answers.ts';
import { findsWords } from '../../parts/filter-words.ts';
import { matcherText } from './matchers.ts';

export type SilenceState = Silence['status']['state'];

export const SILENCE_STATES: readonly SilenceState[] = ['active', 'pending', 'expired'];

/** In the order of the server: what ends soonest first. An id finds its silence whatever its state. */
export function filterSilences(
  all: readonly Silence[],
  words: string,
  chosen: readonly string[],
): readonly Silence[] {
  return all.filter(({ id, status, matchers, comment, createdBy }) => {
    if (id === words) return true;
    const isWanted = chosen.length === 0 ? status.state !== 'expired' : chosen.includes(status.state);
    if (!isWanted) return false;
    const texts = matchers.map((matcher) => matcherText(matcher).replaceAll('"', ''));
    return findsWords(words, { texts: [...texts, comment, createdBy] });
  });
}

export function countStates(all: readonly Silence[]): Readonly<Record<SilenceState, number>> {
  const out = { active: 0, pending: 0, expired: 0 };
  for (const { status } of all) out[status.state]++;
  return out;
}
