/** One alerting rule with its active alerts. */

import { labelsText } from '../../../model/correlate/labels.ts';
import { serviceOf } from '../../../model/correlate/service.ts';
import { formatDuration } from '../../../model/duration.ts';
import type { Alert, AlertState } from '../../api/status-answers.ts';
import { formatCount, formatNumber } from '../../format/number.ts';
import { formatAgo, formatMoment } from '../../format/time.ts';
import { Annotations } from '../../parts/annotations.tsx';
import { Fold } from '../../parts/fold.tsx';
import { LabelList } from '../../parts/label-list.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { ServiceJumps } from '../../parts/service-jumps.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import { now } from '../../time/now.ts';
import { boundsSince } from '../../time/range.ts';
import { Expression } from './expression.tsx';
import { type OwnedAlerting, sortedAlerts } from './groups.ts';
import { SilenceCell } from './silence-cell.tsx';
import type { Silences } from './silences.ts';

const ALERTS_STEP = 50;

const STATE_BADGES: Readonly<Record<AlertState, string>> = {
  firing: 'bad',
  pending: 'warn',
  unknown: '',
  inactive: 'good',
};

export function AlertRulePanel(props: {
  readonly owned: OwnedAlerting;
  /** Undefined where the server has none. */
  readonly silences: Silences | undefined;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}) {
  const { owned, silences, isOpen, onToggle } = props;
  const { rule, group } = owned;
  const alerts = sortedAlerts(rule.alerts ?? []);
  const ofState = (state: AlertState) => alerts.filter((alert) => alert.state === state).length;
  return (
    <Fold
      isOpen={isOpen}
      onToggle={onToggle}
      title={<h2>{rule.name}</h2>}
      beside={
        <span class="row">
          {alerts.length === 0 && (
            <span class={`badge ${STATE_BADGES[rule.state]}`}>
              {rule.state === 'unknown' ? 'not yet run' : rule.state}
            </span>
          )}
          {(['firing', 'pending'] as const).map((state) =>
            ofState(state) === 0 ? null : (
              <span key={state} class={`badge ${STATE_BADGES[state]}`}>
                {formatCount(ofState(state))} {state}
              </span>
            ),
          )}
          {rule.health === 'err' && <span class="badge bad">failing</span>}
          <span class="faint group-file">
            {group.name}
            {group.language === 'logql' ? ' (logs)' : ''}
          </span>
        </span>
      }
    >
      {() => (
        <>
          <Expression query={rule.query} language={group.language} />
          {rule.lastError && <pre class="fault">{rule.lastError}</pre>}
          <p class="faint rule-when">
            {rule.duration > 0 ? `Fires after ${formatDuration(rule.duration * 1000)}` : 'Fires at once'}
            {rule.keepFiringFor > 0 && `, for ${formatDuration(rule.keepFiringFor * 1000)} longer`}
            {`, looked at every ${formatDuration(group.interval * 1000)}`} · {group.file}
          </p>
          {alerts.length === 0 ? (
            <Annotations annotations={rule.annotations} />
          ) : (
            <AlertTable alerts={alerts} silences={silences} />
          )}
        </>
      )}
    </Fold>
  );
}

function AlertTable({
  alerts,
  silences,
}: {
  readonly alerts: readonly Alert[];
  readonly silences: Silences | undefined;
}) {
  const { shown, more } = useCapped(alerts, ALERTS_STEP, 'alerts');
  return (
    <>
      <Scroll label="Table of alerts">
        <table class="alerts stacked">
          <thead>
            <tr>
              <th>State</th>
              <th>Labels</th>
              <th>Annotations</th>
              <th class="number">Since</th>
              <th class="number">Value</th>
              <th>Show</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((alert) => (
              <AlertRow key={labelsText(alert.labels)} alert={alert} silences={silences} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {more}
    </>
  );
}

function AlertRow({ alert, silences }: { readonly alert: Alert; readonly silences: Silences | undefined }) {
  const { state, labels, annotations, activeAt, value } = alert;
  const { alertname, ...others } = labels;
  const service = serviceOf(labels);
  const nowMs = now();
  const sinceMs = Date.parse(activeAt);
  return (
    <tr>
      <td>
        <span class={`badge ${STATE_BADGES[state]}`}>{state}</span>
      </td>
      <td>{Object.keys(others).length > 0 ? <LabelList labels={others} /> : alertname}</td>
      <td>
        <Annotations annotations={annotations} />
      </td>
      <td class="number" data-head="Since" title={formatMoment(sinceMs)}>
        {formatAgo(sinceMs, nowMs)}
      </td>
      <td class="number" data-head="Value" title={value}>
        {formatNumber(Number(value))}
      </td>
      <td>
        {service !== undefined && <ServiceJumps service={service} bounds={boundsSince(sinceMs, nowMs)} />}
        {silences && state === 'firing' && <SilenceCell alert={alert} silences={silences} />}
      </td>
    </tr>
  );
}
