/** Which notifications a filter finds, and which ways of telling people do not work. */

import type {
  IntegrationState,
  NotificationReport,
  Outcome,
  SentNotification,
} from '../../api/alertmanager-answers.ts';
import { findsWords } from '../../parts/filter-words.ts';

export const OUTCOMES: readonly Outcome[] = ['failed', 'failing', 'sending', 'delivered'];

export function filterNotifications(
  all: readonly SentNotification[],
  words: string,
  chosen: readonly string[],
): readonly SentNotification[] {
  return all.filter(
    ({ receiver, integration, outcome, error, groupLabels, alerts }) =>
      (chosen.length === 0 || chosen.includes(outcome)) &&
      findsWords(words, {
        texts: [receiver, integration, error],
        labels: [groupLabels, ...alerts.map(({ labels }) => labels)],
      }),
  );
}

export function countOutcomes(all: readonly SentNotification[]): Readonly<Record<Outcome, number>> {
  const out = { sending: 0, failing: 0, delivered: 0, failed: 0 };
  for (const { outcome } of all) out[outcome]++;
  return out;
}

export interface ReceiverWay extends IntegrationState {
  readonly receiver: string;
}

/** Each way of each receiver; those that do not work first. */
export function waysOf({ receivers }: NotificationReport): readonly ReceiverWay[] {
  const all = receivers.flatMap(({ name: receiver, integrations }) =>
    integrations.map((integration) => ({ ...integration, receiver })),
  );
  return all.sort((a, b) => Number(isBroken(b)) - Number(isBroken(a)));
}

export function isBroken({ state }: IntegrationState): boolean {
  return state === 'failing' || state === 'failed';
}
