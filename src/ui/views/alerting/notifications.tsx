/** Notifications: the ways in which receivers are told, what was told of late, what was not delivered, and what was kept quiet. */

import { useMemo } from 'preact/hooks';
import { notificationReport } from '../../api/alertmanager.ts';
import type {
  IntegrationState,
  MutedGroup,
  NotificationReport,
  Outcome,
  SentNotification,
} from '../../api/alertmanager-answers.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCounted } from '../../format/number.ts';
import { formatAgo, formatMoment } from '../../format/time.ts';
import { href } from '../../location.ts';
import { FilterBar, useFilter } from '../../parts/filter-bar.tsx';
import { LabelList } from '../../parts/label-list.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { Shown } from '../../parts/states.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import { now } from '../../time/now.ts';
import { rangeParams, useTime } from '../../time/use-time.ts';
import { GROUPS_PATH } from './alert-head.tsx';
import { matchersOf } from './matchers.ts';
import { countOutcomes, filterNotifications, isBroken, OUTCOMES, waysOf } from './notification-list.ts';

const FILTER = { text: 'search', choice: 'outcome' } as const;
const ROWS_STEP = 50;
const MUTED_STEP = 10;
const BADGES: Readonly<Record<Outcome | IntegrationState['state'], string>> = {
  failed: 'bad',
  failing: 'bad',
  sending: '',
  delivered: 'good',
  ok: 'good',
  idle: '',
};

export function Notifications() {
  const time = useTime();
  const loaded = useLoad(notificationReport, [time]);
  return (
    <Shown loaded={loaded} what="The notifications cannot be had">
      {(report) => (
        <>
          {!report.notifies && (
            <p class="note" role="note">
              Nobody is told of alerts: {report.why}
            </p>
          )}
          <Ways report={report} />
          <Sent all={report.notifications} />
          <Muted groups={report.muted} />
        </>
      )}
    </Shown>
  );
}

function Ago({ at }: { readonly at: string }) {
  const ms = Date.parse(at);
  return <span title={formatMoment(ms)}>{formatAgo(ms, now())}</span>;
}

function Ways({ report }: { readonly report: NotificationReport }) {
  const ways = waysOf(report);
  if (ways.length === 0) return null;
  return (
    <section class="panel" aria-label="Receivers">
      <h2>Receivers</h2>
      <Scroll label="Table of receivers">
        <table class="stacked">
          <thead>
            <tr>
              <th>Receiver</th>
              <th>By</th>
              <th>State</th>
              <th class="number">Last delivered</th>
              <th>Error</th>
            </tr>
          </thead>
          <tbody>
            {ways.map((way) => (
              <tr key={`${way.receiver} ${way.name}`}>
                <td>{way.receiver}</td>
                <td>{way.name}</td>
                <td>
                  <span class={`badge ${BADGES[way.state]}`}>{way.state}</span>
                </td>
                <td class="number" data-head="Delivered">
                  {way.lastDelivered ? <Ago at={way.lastDelivered} /> : 'never'}
                </td>
                <td>{isBroken(way) && <Fault error={way.error} tries={way.tries} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Fault(props: { readonly error: string | undefined; readonly tries: number | undefined }) {
  const { error, tries = 0 } = props;
  return (
    <>
      <pre class="fault">{error}</pre>
      {tries > 0 && <span class="faint">{formatCounted(tries, 'try', 'tries')}</span>}
    </>
  );
}

function Sent({ all }: { readonly all: readonly SentNotification[] }) {
  const { words, chosen } = useFilter(FILTER);
  const counts = useMemo(() => countOutcomes(all), [all]);
  const found = useMemo(() => filterNotifications(all, words, chosen), [all, words, chosen.join()]);
  const { shown, more } = useCapped(found, ROWS_STEP, 'notifications');
  return (
    <section aria-label="Notifications">
      <FilterBar
        names={FILTER}
        what="Receiver, label or error"
        choices={OUTCOMES.map((outcome) => ({ value: outcome, name: outcome, count: counts[outcome] }))}
      />
      {found.length === 0 ? (
        <p class="nothing">
          {all.length === 0
            ? 'There were no notifications since the start.'
            : 'No notification fits the filter.'}
        </p>
      ) : (
        <Scroll label="Table of notifications">
          <table class="stacked">
            <thead>
              <tr>
                <th>Outcome</th>
                <th>To</th>
                <th>Group</th>
                <th>Because of</th>
                <th class="number">Firing</th>
                <th class="number">Resolved</th>
                <th class="number">When</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((one) => (
                <SentRow key={`${one.began} ${one.receiver} ${one.integration} ${one.groupKey}`} sent={one} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {more}
    </section>
  );
}

function SentRow({ sent }: { readonly sent: SentNotification }) {
  const { receiver, integration, groupLabels, groupKey, reason, firing, resolved, began, outcome } = sent;
  const isFault = outcome === 'failing' || outcome === 'failed';
  return (
    <>
      <tr class={isFault ? 'has-error' : ''}>
        <td>
          <span class={`badge ${BADGES[outcome]}`}>{outcome}</span>
        </td>
        <td>
          {receiver} <span class="faint">{integration}</span>
        </td>
        <td title={groupKey}>
          <Group receiver={receiver} labels={groupLabels} />
        </td>
        <td>{reason}</td>
        <td class="number" data-head="Firing">
          {firing}
        </td>
        <td class="number" data-head="Resolved">
          {resolved}
        </td>
        <td class="number" data-head="When">
          <Ago at={began} />
        </td>
      </tr>
      {isFault && (
        <tr class="error-row">
          <td colSpan={7}>
            <Fault error={sent.error} tries={sent.tries} />
          </td>
        </tr>
      )}
    </>
  );
}

/** Leads to its alerts. */
function Group({
  receiver,
  labels,
}: {
  readonly receiver: string;
  readonly labels: MutedGroup['groupLabels'];
}) {
  const filter = matchersOf(labels);
  return (
    <a href={href(GROUPS_PATH, { ...rangeParams(), receiver, filter: filter || undefined })}>
      {filter === '' ? 'all in one' : <LabelList labels={labels} />}
    </a>
  );
}

function Muted({ groups }: { readonly groups: readonly MutedGroup[] }) {
  const { shown, more } = useCapped(groups, MUTED_STEP, 'groups');
  if (groups.length === 0) return null;
  return (
    <section class="panel kept-quiet" aria-label="Kept quiet">
      <h2>Kept quiet</h2>
      <ul class="plain-list">
        {shown.map((one) => (
          <li key={`${one.groupKey} ${one.receiver} ${one.by}`}>
            {formatCounted(one.alerts, 'alert', 'alerts')} for {one.receiver} of{' '}
            <Group receiver={one.receiver} labels={one.groupLabels} />, by {one.by.replaceAll('_', ' ')}{' '}
            {one.by.endsWith('interval') && one.names.join(', ')}, <Ago at={one.at} />
          </li>
        ))}
      </ul>
      {more}
    </section>
  );
}
