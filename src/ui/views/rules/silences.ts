/** Silences by Alertmanager's API, where this server has it: which alerts are silenced, and silencing one. */

import type { Labels } from '../../../model/correlate/labels.ts';
import { ApiError, getJson, order } from '../../api/http.ts';
import type { Alert } from '../../api/status-answers.ts';
import { type SilencedAlert, silenceOf } from './silenced.ts';

const API = '/api/v2';

export interface Silence {
  readonly id: string;
  readonly status: { readonly state: 'active' | 'pending' | 'expired' };
  readonly comment: string;
  readonly createdBy: string;
  readonly endsAt: string;
}

export interface Silences {
  /** The silences that an alert is silenced by. */
  of(alert: Alert): readonly Silence[];
}

/** Undefined where the server has no Alertmanager of its own. */
export async function silences(signal?: AbortSignal): Promise<Silences | undefined> {
  try {
    const all = await getJson<readonly Silence[]>(`${API}/silences`, {}, signal);
    if (!all.some(({ status }) => status.state === 'active')) return { of: () => [] };
    const asked = { active: 'false', inhibited: 'false' };
    const alerts = await getJson<readonly SilencedAlert[]>(`${API}/alerts`, asked, signal);
    const byId = new Map(all.map((silence) => [silence.id, silence]));
    return {
      of: ({ labels }) =>
        silenceOf(labels, alerts).flatMap((id) => {
          const found = byId.get(id);
          return found ? [found] : [];
        }),
    };
  } catch (error) {
    // Without one, or where no tenant is named whose it would be.
    if (error instanceof ApiError && (error.status === 404 || error.status === 401)) return undefined;
    throw error;
  }
}

/** Silences the alert with exactly these labels. */
export async function silence(
  labels: Labels,
  {
    hours,
    createdBy,
    comment,
  }: { readonly hours: number; readonly createdBy: string; readonly comment: string },
): Promise<void> {
  const nowMs = Date.now();
  await order('POST', `${API}/silences`, {
    matchers: Object.entries(labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true })),
    startsAt: new Date(nowMs).toISOString(),
    endsAt: new Date(nowMs + hours * 3_600_000).toISOString(),
    createdBy,
    comment,
  });
}

export async function expire(id: string): Promise<void> {
  await order('DELETE', `${API}/silence/${encodeURIComponent(id)}`);
}
