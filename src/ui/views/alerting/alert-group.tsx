/** One group of alerts: whom it is for, what it has in common, its alerts with what keeps them quiet. */

import { serviceOf } from '../../../model/correlate/service.ts';
import type { AlertGroup, KnownAlert } from '../../api/alertmanager-answers.ts';
import { formatCount } from '../../format/number.ts';
import { formatAgo, formatMoment } from '../../format/time.ts';
import { href, setParams } from '../../location.ts';
import { Annotations } from '../../parts/annotations.tsx';
import { Fold } from '../../parts/fold.tsx';
import { LabelList } from '../../parts/label-list.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { ServiceJumps } from '../../parts/service-jumps.tsx';
import { httpAddress } from '../../parts/text-pieces.ts';
import { useCapped } from '../../parts/use-capped.tsx';
import { now } from '../../time/now.ts';
import { boundsSince } from '../../time/range.ts';
import { rangeParams } from '../../time/use-time.ts';
import { ROUTE_PATH, silenceAddress } from './alert-head.tsx';
import { STANDINGS, type Standing, standingsOf } from './alert-list.ts';
import { type Explained, QuietAlert, QuietSilence } from './kept-quiet.tsx';
import { matchersOf } from './matchers.ts';

const ALERTS_STEP = 50;
const BADGES: Readonly<Record<Standing, string>> = {
  active: 'bad',
  silenced: '',
  inhibited: '',
  muted: '',
  unprocessed: 'warn',
};

export function GroupPanel(props: {
  readonly group: AlertGroup;
  readonly explained: Explained;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}) {
  const { group, explained, isOpen, onToggle } = props;
  const { labels, receiver, alerts } = group;
  const newestMs = Math.max(...alerts.map(({ startsAt }) => Date.parse(startsAt)));
  const names = new Set(alerts.map(({ labels: { alertname } }) => alertname));
  return (
    <Fold
      isOpen={isOpen}
      onToggle={onToggle}
      title={
        <h2>{labels.alertname ?? (names.size === 1 ? [...names][0] : `${names.size} kinds of alerts`)}</h2>
      }
      beside={
        <>
          <LabelList labels={withoutName(labels)} />
          <span class="row">
            {STANDINGS.map((standing) => {
              const count = alerts.filter((alert) => standingsOf(alert).includes(standing)).length;
              return count === 0 ? null : (
                <span key={standing} class={`badge ${BADGES[standing]}`}>
                  {formatCount(count)} {standing}
                </span>
              );
            })}
            <span class="faint group-file">
              to {receiver.name}, newest {formatAgo(newestMs, now())}
            </span>
          </span>
        </>
      }
    >
      {() => <AlertTable group={group} explained={explained} />}
    </Fold>
  );
}

function withoutName({ alertname: _, ...labels }: KnownAlert['labels']): KnownAlert['labels'] {
  return labels;
}

function AlertTable({ group, explained }: { readonly group: AlertGroup; readonly explained: Explained }) {
  const { shown, more } = useCapped(group.alerts, ALERTS_STEP, 'alerts');
  const common = matchersOf(group.labels);
  return (
    <>
      {common !== '' && (
        <p class="group-ways">
          <a href={silenceAddress(common)}>Silence the group …</a>{' '}
        </p>
      )}
      <Scroll label="Table of alerts">
        <table class="alerts stacked">
          <thead>
            <tr>
              <th>State</th>
              <th>Labels</th>
              <th>Annotations</th>
              <th class="number">Since</th>
              <th>Show</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((alert) => (
              <AlertRow key={alert.fingerprint} alert={alert} group={group} explained={explained} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {more}
    </>
  );
}

function AlertRow(props: {
  readonly alert: KnownAlert;
  readonly group: AlertGroup;
  readonly explained: Explained;
}) {
  const { alert, group, explained } = props;
  const { labels, annotations, startsAt, generatorURL } = alert;
  const sinceMs = Date.parse(startsAt);
  const service = serviceOf(labels);
  const graph = generatorURL && httpAddress(generatorURL);
  // What all of the group have stands in its head.
  const own = Object.fromEntries(Object.entries(labels).filter(([name]) => group.labels[name] === undefined));
  return (
    <tr>
      <td>
        <Standings alert={alert} explained={explained} />
      </td>
      <td>
        <LabelList
          labels={own}
          pickTitle="Show alerts with this label"
          onPick={(name, value) => setParams({ filter: matchersOf({ [name]: value }) })}
        />
      </td>
      <td>
        <Annotations annotations={annotations} />
      </td>
      <td class="number" data-head="Since" title={formatMoment(sinceMs)}>
        {formatAgo(sinceMs, now())}
      </td>
      <td>
        <span class="jumps">
          {graph && (
            <a href={graph} rel="noreferrer">
              Expression
            </a>
          )}
          <a href={href(ROUTE_PATH, { ...rangeParams(), labels: `{${matchersOf(labels)}}` })}>Route</a>
          <a href={silenceAddress(matchersOf(labels))}>Silence …</a>
        </span>
        {service !== undefined && <ServiceJumps service={service} bounds={boundsSince(sinceMs, now())} />}
      </td>
    </tr>
  );
}

/** Each with what it is due to. */
function Standings({ alert, explained }: { readonly alert: KnownAlert; readonly explained: Explained }) {
  const { silencedBy, inhibitedBy, mutedBy } = alert.status;
  return (
    <ul class="plain-list">
      {standingsOf(alert).map((standing) => (
        <li key={standing}>
          <span class={`badge ${BADGES[standing]}`}>{standing}</span>
          {standing === 'silenced' &&
            silencedBy.map((id) => (
              <span key={id}>
                {' '}
                <QuietSilence id={id} explained={explained} />
              </span>
            ))}
          {standing === 'inhibited' &&
            inhibitedBy.map((one) => (
              <span key={one}>
                {' '}
                <QuietAlert fingerprint={one} explained={explained} />
              </span>
            ))}
          {standing === 'muted' && <span class="faint"> in {mutedBy.join(', ')}</span>}
        </li>
      ))}
    </ul>
  );
}
