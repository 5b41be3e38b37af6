/** Where alerts are sent. */

import { alertmanagers } from '../../api/status.ts';
import { useLoad } from '../../api/use-load.ts';
import { Shown } from '../../parts/states.tsx';

export function AlertmanagerList({ time }: { readonly time: unknown }) {
  const loaded = useLoad(alertmanagers, [time]);
  return (
    <section class="panel" aria-label="Alertmanagers">
      <h2>Alertmanagers</h2>
      <Shown loaded={loaded} what="The Alertmanagers cannot be had">
        {({ activeAlertmanagers: active, droppedAlertmanagers: dropped }) =>
          active.length + dropped.length === 0 ? (
            <p class="faint">
              None: alerts are shown here and sent nowhere. They are listed in the configuration under{' '}
              <code>alerting: alertmanagers:</code>.
            </p>
          ) : (
            <ul class="plain-list">
              {active.map(({ url }) => (
                <li key={url}>
                  <span class="badge good">active</span> <code>{url}</code>
                </li>
              ))}
              {dropped.map(({ url }) => (
                <li key={url}>
                  <span class="badge">dropped</span> <code>{url}</code>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </section>
  );
}
