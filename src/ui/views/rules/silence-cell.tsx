/** Whether an alert is silenced: the way to silence it, and the button that ends that. */

import { useState } from 'preact/hooks';
import { expireSilence } from '../../api/alertmanager.ts';
import type { Alert } from '../../api/status-answers.ts';
import { formatAgo } from '../../format/time.ts';
import { Problem } from '../../parts/states.tsx';
import { now } from '../../time/now.ts';
import { refresh } from '../../time/use-time.ts';
import { silenceAddress } from '../alerting/alert-head.tsx';
import { matchersOf } from '../alerting/matchers.ts';
import type { Silences } from './silences.ts';

export function SilenceCell({ alert, silences }: { readonly alert: Alert; readonly silences: Silences }) {
  const [error, setError] = useState<Error>();
  const by = silences.of(alert);
  const end = (id: string) => expireSilence(id).then(refresh, setError);
  return (
    <span class="silences">
      {by.map(({ id, endsAt, createdBy, comment }) => (
        <span key={id} title={`${comment} (${createdBy})`}>
          <span class="badge">silenced, ends {formatAgo(Date.parse(endsAt), now())}</span>{' '}
          <button type="button" class="quiet" onClick={() => end(id)}>
            End
          </button>
        </span>
      ))}
      {by.length === 0 && <a href={silenceAddress(matchersOf(alert.labels))}>Silence …</a>}
      {error && <Problem error={error} what="The silence was not ended" />}
    </span>
  );
}
