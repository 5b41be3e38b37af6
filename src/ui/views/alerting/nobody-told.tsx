/** One line where alerts are shown and nobody is told of them by this server: what to do about it. */

import type { AlertGroup } from '../../api/alertmanager-answers.ts';
import { alertmanagers } from '../../api/status.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCounted } from '../../format/number.ts';

/** What the server calls its receiver where none is configured. */
const SHOWN_ONLY = 'shown-only';

export function NobodyTold({ groups }: { readonly groups: readonly AlertGroup[] }) {
  const isShownOnly = groups.some(({ receiver }) => receiver.name === SHOWN_ONLY);
  const others = useLoad((signal) => (isShownOnly ? alertmanagers(signal) : undefined), [isShownOnly]);
  if (!isShownOnly || !others.data) return null;
  const count = others.data.activeAlertmanagers.length;
  return (
    <p class="note" role="note">
      {count > 0 ? (
        `Alerts of rules are sent to ${formatCounted(count, 'Alertmanager', 'Alertmanagers')}, which may tell people; this server tells nobody.`
      ) : (
        <>
          Nobody is told of these alerts: give the server receivers with{' '}
          <code>--alertmanager.config alertmanager.yml</code>, or name an Alertmanager under{' '}
          <code>alerting: alertmanagers:</code>.
        </>
      )}
    </p>
  );
}
