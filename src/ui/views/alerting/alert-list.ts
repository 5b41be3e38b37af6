/** Groups of alerts as they are notified: which of them a filter finds, and how alerts stand. */

import type { AlertGroup, KnownAlert } from '../../api/alertmanager-answers.ts';
import { findsWords } from '../../parts/filter-words.ts';
import { matcherText, parseMatchers } from './matchers.ts';

/** Whether somebody is told of an alert, or why not. */
export type Standing = 'active' | 'silenced' | 'inhibited' | 'muted' | 'unprocessed';

export const STANDINGS: readonly Standing[] = ['active', 'silenced', 'inhibited', 'muted', 'unprocessed'];

/** Several where several things keep it quiet. */
export function standingsOf({ status }: KnownAlert): readonly Standing[] {
  const { silencedBy, inhibitedBy, mutedBy, state } = status;
  const out: Standing[] = [];
  if (silencedBy.length > 0) out.push('silenced');
  if (inhibitedBy.length > 0) out.push('inhibited');
  if (mutedBy.length > 0) out.push('muted');
  if (out.length === 0) out.push(state === 'unprocessed' ? state : 'active');
  return out;
}

export interface AlertFilter {
  /** One text each; the server knows what they match. */
  readonly matchers: readonly string[];
  /** What is typed and is no matcher is looked for everywhere. */
  readonly words: string;
}

export function readFilter(text: string): AlertFilter {
  try {
    return { matchers: parseMatchers(text).map(matcherText), words: '' };
  } catch {
    return { matchers: [], words: text };
  }
}

export interface GroupFilter {
  readonly words: string;
  /** All without one. */
  readonly receiver: string | undefined;
  /** All where it is empty. */
  readonly standings: readonly string[];
}

/** A group as it is shown. */
export interface ShownGroup extends AlertGroup {
  /** Names it in the address: two routes may make groups of the same labels for the same receiver. */
  readonly key: string;
}

/** Groups with those of their alerts that fit, newest alerts first; none without any. Groups of which somebody is told come first. */
export function filterGroups(
  groups: readonly AlertGroup[],
  { words, receiver, standings }: GroupFilter,
): readonly ShownGroup[] {
  const seen = new Map<string, number>();
  const found = groups.flatMap((group): readonly ShownGroup[] => {
    const own = keyOf(group);
    const nth = (seen.get(own) ?? 0) + 1;
    seen.set(own, nth);
    if (receiver !== undefined && group.receiver.name !== receiver) return [];
    const alerts = group.alerts.filter(
      (alert) =>
        (standings.length === 0 || standingsOf(alert).some((one) => standings.includes(one))) &&
        findsWords(words, { texts: [group.receiver.name], labels: [alert.labels, alert.annotations] }),
    );
    alerts.sort((a, b) => Date.parse(b.startsAt) - Date.parse(a.startsAt));
    return alerts.length === 0 ? [] : [{ ...group, alerts, key: nth === 1 ? own : `${own} ${nth}` }];
  });
  return found.sort((a, b) => Number(isLoud(b)) - Number(isLoud(a)));
}

function isLoud({ alerts }: AlertGroup): boolean {
  return alerts.some((alert) => standingsOf(alert)[0] === 'active');
}

/** How many alerts stand how; one that is in several groups counts once. */
export function countStandings(groups: readonly AlertGroup[]): Readonly<Record<Standing, number>> {
  const out = { active: 0, silenced: 0, inhibited: 0, muted: 0, unprocessed: 0 };
  for (const alert of alertsOf(groups).values()) for (const one of standingsOf(alert)) out[one]++;
  return out;
}

/** All alerts by fingerprint. */
export function alertsOf(groups: readonly AlertGroup[]): ReadonlyMap<string, KnownAlert> {
  return new Map(groups.flatMap(({ alerts }) => alerts.map((alert) => [alert.fingerprint, alert])));
}

function keyOf({ receiver, labels }: AlertGroup): string {
  return [receiver.name, ...Object.entries(labels).map(([name, value]) => `${name}=${value}`)].join(' ');
}
