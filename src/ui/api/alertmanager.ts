/** The built-in Alertmanager: alerts, groups and silences by its API v2; routes and notifications by Trilite's own (docs/compat/alertmanager.md). */

import type { Labels } from '../../model/correlate/labels.ts';
import type {
  AlertGroup,
  AlertWay,
  KnownAlert,
  NotificationReport,
  PostedSilence,
  Silence,
} from './alertmanager-answers.ts';
import { getJson, order } from './http.ts';

const API = '/api/v2';

/** `filter` are matchers, one text each. */
export interface AlertsQuestion {
  readonly filter?: readonly string[];
  readonly active?: 'false';
}

export function knownAlerts(question: AlertsQuestion, signal?: AbortSignal): Promise<readonly KnownAlert[]> {
  return getJson(`${API}/alerts`, { ...question }, signal);
}

export function alertGroups(filter: readonly string[], signal?: AbortSignal): Promise<readonly AlertGroup[]> {
  return getJson(`${API}/alerts/groups`, { filter }, signal);
}

export function silences(signal?: AbortSignal): Promise<readonly Silence[]> {
  return getJson(`${API}/silences`, {}, signal);
}

/** Gives the id, which is another one where what was silenced before would have changed. */
export async function putSilence(silence: PostedSilence): Promise<string> {
  const answer = await order('POST', `${API}/silences`, silence);
  return (JSON.parse(answer) as { readonly silenceID: string }).silenceID;
}

export async function expireSilence(id: string): Promise<void> {
  await order('DELETE', `${API}/silence/${encodeURIComponent(id)}`);
}

/** The way that an alert with these labels takes. */
export function alertWay(labels: Labels, signal?: AbortSignal): Promise<AlertWay> {
  const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return getJson('/api/v1/trilite/alertmanager/route', { label }, signal);
}

/** What became of notifications since the start. */
export function notificationReport(signal?: AbortSignal): Promise<NotificationReport> {
  return getJson('/api/v1/trilite/notifications', {}, signal);
}
