/** The route that an alert takes: of labels that were pasted, or of an alert of now. */

import { useMemo } from 'preact/hooks';
import type { Labels } from '../../../model/correlate/labels.ts';
import { alertWay, knownAlerts, silences } from '../../api/alertmanager.ts';
import type { AlertWay, KnownAlert, Silence } from '../../api/alertmanager-answers.ts';
import { useLoad } from '../../api/use-load.ts';
import { setParams, usePlace } from '../../location.ts';
import { Fact } from '../../parts/fact.tsx';
import { LabelList } from '../../parts/label-list.tsx';
import { Shown } from '../../parts/states.tsx';
import { useTime } from '../../time/use-time.ts';
import { type Explained, QuietAlert, QuietSilence } from './kept-quiet.tsx';
import { parseLabels } from './labels-text.ts';
import { matchersOf } from './matchers.ts';
import { RouteTree } from './route-tree.tsx';

/** More than these nobody looks through in a menu. */
const OFFERED_MAX = 200;

export function RouteFinder() {
  const text = usePlace().params.get('labels') ?? '';
  const time = useTime();
  const alerts = useLoad((signal) => knownAlerts({}, signal), [time]);
  const { labels, fault } = useMemo(() => read(text), [text]);
  const loaded = useLoad((signal) => labels && loadWay(labels, signal), [labels, time]);
  const explained: Explained = {
    alerts: new Map(alerts.data?.map((alert) => [alert.fingerprint, alert])),
    silences: loaded.data?.silences ?? new Map<string, Silence>(),
  };
  return (
    <>
      <section class="panel route-labels" aria-label="Labels">
        <label>
          Labels of an alert
          <textarea
            rows={3}
            spellcheck={false}
            placeholder={'{alertname="X", severity="page"}, lines of a=b, YAML or JSON'}
            value={text}
            onInput={(event) =>
              setParams({ labels: event.currentTarget.value || undefined }, { replace: true })
            }
          />
        </label>
        <AlertChoice alerts={alerts.data ?? []} />
        {fault !== undefined && <p class="fault">{fault}</p>}
      </section>
      {fault === undefined && (
        <Shown loaded={loaded} what="The route cannot be had">
          {({ way }) => (
            <>
              {text.trim() !== '' && <Answer way={way} explained={explained} />}
              <section class="panel" aria-label="Routes">
                <h2>Routes</h2>
                <RouteTree root={way.tree} isAsked={text.trim() !== ''} />
              </section>
            </>
          )}
        </Shown>
      )}
    </>
  );
}

function read(text: string): { readonly labels?: Labels; readonly fault?: string } {
  try {
    return { labels: parseLabels(text) };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

interface LoadedWay {
  readonly way: AlertWay;
  readonly silences: ReadonlyMap<string, Silence>;
}

async function loadWay(labels: Labels, signal: AbortSignal): Promise<LoadedWay> {
  const way = await alertWay(labels, signal);
  const all = way.silencedBy.length > 0 ? await silences(signal) : [];
  return { way, silences: new Map(all.map((one) => [one.id, one])) };
}

function AlertChoice({ alerts }: { readonly alerts: readonly KnownAlert[] }) {
  if (alerts.length === 0) return null;
  return (
    <label>
      or of an alert of now{' '}
      <select
        value=""
        onChange={(event) => {
          const found = alerts.find(({ fingerprint }) => fingerprint === event.currentTarget.value);
          if (found) setParams({ labels: `{${matchersOf(found.labels)}}` });
        }}
      >
        <option value="">Choose …</option>
        {alerts.slice(0, OFFERED_MAX).map(({ fingerprint, labels: { alertname, ...others } }) => (
          <option key={fingerprint} value={fingerprint}>
            {alertname} {matchersOf(others)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Answer({ way, explained }: { readonly way: AlertWay; readonly explained: Explained }) {
  const { taken, notifies, silencedBy, inhibitedBy } = way;
  return (
    <section class="panel" aria-label="Who is told">
      <h2>Who is told</h2>
      {!notifies && (
        <p>Nobody: this server tells nobody of alerts. What follows is the way that it would take.</p>
      )}
      {silencedBy.map((id) => (
        <p key={id}>
          <span class="badge warn">silenced</span> <QuietSilence id={id} explained={explained} />
        </p>
      ))}
      {inhibitedBy.map(({ fingerprint, rule, index }) => (
        <p key={fingerprint}>
          <span class="badge warn">inhibited</span>{' '}
          <QuietAlert fingerprint={fingerprint} explained={explained} />,{' '}
          <span class="faint">by the rule {rule || `number ${index + 1}`}</span>
        </p>
      ))}
      {taken.map((one) => (
        <dl key={one.routeId} class="tiles taken">
          <Fact name="Receiver">
            {one.receiver}
            <div class="faint">{one.integrations.join(', ') || 'with no way to tell it'}</div>
          </Fact>
          <Fact name="In one notification with those that agree in">
            {Object.keys(one.groupLabels).length > 0 ? (
              <LabelList labels={one.groupLabels} />
            ) : (
              'nothing: all of the route'
            )}
          </Fact>
          <Fact name="Told after">{one.groupWait}</Fact>
          <Fact name="Of changes after">{one.groupInterval}</Fact>
          <Fact name="Again after">{one.repeatInterval}</Fact>
          {one.mutedBy && (
            <Fact name="Now">
              <span class="badge warn">muted</span> {one.mutedBy.kind.replaceAll('_', ' ')}{' '}
              {one.mutedBy.intervals.join(', ')}
            </Fact>
          )}
          <Fact name="Key of the group">
            <code>{one.groupKey}</code>
          </Fact>
        </dl>
      ))}
    </section>
  );
}
