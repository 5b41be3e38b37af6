/** One line where alerts are shown and nobody is told of them: what to do about it. */

import type { AlertGroup } from '../../api/alertmanager-answers.ts';

/** What the server calls its receiver where none is configured. */
const SHOWN_ONLY = 'shown-only';

export function NobodyTold({ groups }: { readonly groups: readonly AlertGroup[] }) {
  if (!groups.some(({ receiver }) => receiver.name === SHOWN_ONLY)) return null;
  return (
    <p class="nobody-told" role="note">
      Nobody is told of these alerts by this server: give it receivers with{' '}
      <code>--alertmanager.config alertmanager.yml</code>, or name an Alertmanager under{' '}
      <code>alerting: alertmanagers:</code>.
    </p>
  );
}
