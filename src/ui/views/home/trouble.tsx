/** What is wrong: alerts that fire, targets that are down, and people who cannot be told. */

import type { ComponentChildren } from 'preact';
import { labelsText } from '../../../model/correlate/labels.ts';
import { notificationReport } from '../../api/alertmanager.ts';
import { ApiError, getJson } from '../../api/http.ts';
import { query } from '../../api/prometheus.ts';
import type { Alert } from '../../api/status-answers.ts';
import { useLoad } from '../../api/use-load.ts';
import { vectorRows } from '../../api/vector.ts';
import { formatCount } from '../../format/number.ts';
import { formatAgo } from '../../format/time.ts';
import { href } from '../../location.ts';
import { LabelList } from '../../parts/label-list.tsx';
import { Shown } from '../../parts/states.tsx';
import { now } from '../../time/now.ts';
import { rangeParams, type TimeView } from '../../time/use-time.ts';
import { isBroken, waysOf } from '../alerting/notification-list.ts';

/** More than these are read on their own pages. */
const SHOWN_MAX = 6;

interface AlertsAnswer {
  readonly data: { readonly alerts: readonly Alert[] };
}

export function TroublePanels({ time }: { readonly time: TimeView }) {
  return (
    <div class="grid">
      <FiringAlerts time={time} />
      <DownTargets time={time} />
      <LostNotifications time={time} />
    </div>
  );
}

async function firingAlerts(signal: AbortSignal): Promise<readonly Alert[]> {
  const answers = await Promise.all([
    getJson<AlertsAnswer>('/api/v1/alerts', {}, signal),
    getJson<AlertsAnswer>('/prometheus/api/v1/alerts', {}, signal).catch(nobodys),
  ]);
  return answers
    .flatMap(({ data }) => data.alerts)
    .filter(({ state }) => state === 'firing')
    .sort((a, b) => Date.parse(b.activeAt) - Date.parse(a.activeAt));
}

/** Without a tenant's name there are no rules of logs. */
function nobodys(error: unknown): AlertsAnswer {
  if (error instanceof ApiError && error.status === 401) return { data: { alerts: [] } };
  throw error;
}

function FiringAlerts({ time }: { readonly time: TimeView }) {
  const loaded = useLoad(firingAlerts, [time]);
  return (
    <Panel title="Firing alerts" count={loaded.data?.length} address={href('/alerts', rangeParams())}>
      <Shown loaded={loaded} what="The alerts cannot be had">
        {(alerts) =>
          alerts.length === 0 ? (
            <p class="faint">None.</p>
          ) : (
            <ul class="trouble-list">
              {alerts
                .slice(0, SHOWN_MAX)
                .map(({ labels: { alertname = '', ...labels }, annotations, activeAt }) => (
                  <li key={`${alertname} ${labelsText(labels)}`}>
                    <a href={href('/alerts', { ...rangeParams(), search: alertname })}>{alertname}</a>{' '}
                    <span class="faint">{formatAgo(Date.parse(activeAt), now())}</span>
                    <div>
                      {annotations.summary ?? annotations.description ?? <LabelList labels={labels} />}
                    </div>
                  </li>
                ))}
            </ul>
          )
        }
      </Shown>
    </Panel>
  );
}

function DownTargets({ time }: { readonly time: TimeView }) {
  const loaded = useLoad(
    async (signal) => {
      return vectorRows(await query('up == 0', time.endMs, signal)).map(({ labels }) => labels);
    },
    [time],
  );
  const address = href('/targets', { ...rangeParams(), health: 'down' });
  return (
    <Panel title="Targets that are down" count={loaded.data?.length} address={address}>
      <Shown loaded={loaded} what="The targets cannot be had">
        {(down) =>
          down.length === 0 ? (
            <p class="faint">None.</p>
          ) : (
            <ul class="trouble-list">
              {down.slice(0, SHOWN_MAX).map((labels) => (
                <li key={labelsText(labels)}>
                  <a href={href('/targets', { ...rangeParams(), search: labels.instance })}>
                    {labels.instance ?? labelsText(labels)}
                  </a>{' '}
                  <span class="faint">{labels.job}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </Panel>
  );
}

/** Is there where something is wrong only. */
function LostNotifications({ time }: { readonly time: TimeView }) {
  const loaded = useLoad(async (signal) => waysOf(await notificationReport(signal)).filter(isBroken), [time]);
  const lost = loaded.data ?? [];
  if (lost.length === 0) return null;
  const address = href('/alerts/notifications', rangeParams());
  return (
    <Panel title="Notifications that fail" count={lost.length} address={address}>
      <ul class="trouble-list">
        {lost.slice(0, SHOWN_MAX).map(({ receiver, name, error }) => (
          <li key={`${receiver} ${name}`}>
            <a href={address}>{receiver}</a> <span class="faint">{name}</span>
            <div class="fault">{error}</div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Panel(props: {
  readonly title: string;
  readonly count: number | undefined;
  readonly address: string;
  readonly children: ComponentChildren;
}) {
  const { title, count, address, children } = props;
  return (
    <section class="panel" aria-label={title}>
      <h2 class="row">
        {title} {count !== undefined && count > 0 && <span class="badge bad">{formatCount(count)}</span>}
        {count !== undefined && count > SHOWN_MAX && <a href={address}>Show all</a>}
      </h2>
      {children}
    </section>
  );
}
