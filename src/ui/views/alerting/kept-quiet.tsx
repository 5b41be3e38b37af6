/** What keeps an alert quiet, as a link to it: a silence, or another alert. */

import { labelsText } from '../../../model/correlate/labels.ts';
import type { KnownAlert, Silence } from '../../api/alertmanager-answers.ts';
import { formatAgo } from '../../format/time.ts';
import { href } from '../../location.ts';
import { now } from '../../time/now.ts';
import { rangeParams } from '../../time/use-time.ts';
import { GROUPS_PATH, SILENCES_PATH } from './alert-head.tsx';
import { matchersOf } from './matchers.ts';

/** Silences by id, alerts by fingerprint, as far as they are known. */
export interface Explained {
  readonly silences: ReadonlyMap<string, Silence>;
  readonly alerts: ReadonlyMap<string, KnownAlert>;
}

export function QuietSilence({ id, explained }: { readonly id: string; readonly explained: Explained }) {
  const silence = explained.silences.get(id);
  return (
    <a href={href(SILENCES_PATH, { ...rangeParams(), search: id })} title={silence?.comment}>
      {silence
        ? `by ${silence.createdBy}, ends ${formatAgo(Date.parse(silence.endsAt), now())}`
        : 'by a silence'}
    </a>
  );
}

export function QuietAlert(props: { readonly fingerprint: string; readonly explained: Explained }) {
  const { fingerprint, explained } = props;
  const labels = explained.alerts.get(fingerprint)?.labels;
  if (!labels) return <span class="faint">by {fingerprint}</span>;
  return (
    <a href={href(GROUPS_PATH, { ...rangeParams(), filter: matchersOf(labels) })} title={labelsText(labels)}>
      by {labels.alertname ?? 'another alert'}
    </a>
  );
}
