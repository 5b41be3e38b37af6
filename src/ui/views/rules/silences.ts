/** Which alerts of rules are silenced, by Alertmanager's API, where this server has it. */

import { knownAlerts, silences } from '../../api/alertmanager.ts';
import type { Silence } from '../../api/alertmanager-answers.ts';
import { ApiError } from '../../api/http.ts';
import type { Alert } from '../../api/status-answers.ts';
import { silenceOf } from './silenced.ts';

export interface Silences {
  /** The silences that an alert is silenced by. */
  of(alert: Alert): readonly Silence[];
}

/** Undefined where the server has no Alertmanager of its own. */
export async function loadSilences(signal?: AbortSignal): Promise<Silences | undefined> {
  try {
    const all = await silences(signal);
    if (!all.some(({ status }) => status.state === 'active')) return { of: () => [] };
    const alerts = await knownAlerts({ active: 'false' }, signal);
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
