/** What the built-in Alertmanager tells of itself when metrics are asked for, under the original's names. */

import type { Alertmanager } from './alertmanager/alertmanager.ts';
import type { Telemetry } from './base/telemetry.ts';
import type { Config } from './config/settings.ts';
import type { ConfigInForce } from './config-in-force.ts';

interface Watched {
  /** Undefined: nothing has been loaded. */
  readonly counts: () => ReturnType<Alertmanager['counts']> | undefined;
  readonly config: () => Config['alertmanager'];
  /** Of the configuration as a whole. */
  readonly inForce: Pick<ConfigInForce, 'isFresh' | 'loadedMs'>;
}

const NO_COUNTS: ReturnType<Alertmanager['counts']> = {
  alerts: { active: 0, suppressed: 0 },
  silences: { active: 0, pending: 0, expired: 0 },
  groups: 0,
};

export function watchAlertmanager(telemetry: Telemetry, { counts, config, inForce }: Watched): void {
  const gauge = (name: string, help: string, labels: readonly string[] = []) =>
    telemetry.gauge(`alertmanager_${name}`, help, labels);
  const alerts = gauge('alerts', 'How many alerts by state.', ['state']);
  const silences = gauge('silences', 'How many silences by state.', ['state']);
  const groups = gauge('dispatcher_aggregation_groups', 'Number of active aggregation groups').with();
  const receivers = gauge('receivers', 'Number of configured receivers.').with();
  const integrations = gauge('integrations', 'Number of configured integrations.').with();
  const rules = gauge('inhibition_rules', 'Number of configured inhibition rules.').with();
  const success = gauge(
    'config_last_reload_successful',
    'Whether the last configuration reload attempt was successful.',
  ).with();
  const time = gauge(
    'config_last_reload_success_timestamp_seconds',
    'Timestamp of the last successful configuration reload.',
  ).with();
  telemetry.onCollect(() => {
    const now = counts() ?? NO_COUNTS;
    for (const [state, count] of Object.entries(now.alerts)) alerts.with(state).set(count);
    // As soon as an alert is there it is one or the other.
    alerts.with('unprocessed').set(0);
    for (const [state, count] of Object.entries(now.silences)) silences.with(state).set(count);
    groups.set(now.groups);
    const routing = config();
    receivers.set(routing?.receivers.length ?? 0);
    integrations.set(routing?.receivers.reduce((sum, { integrations: list }) => sum + list.length, 0) ?? 0);
    rules.set(routing?.routing.inhibitRules.length ?? 0);
    success.set(inForce.isFresh ? 1 : 0);
    time.set(inForce.loadedMs / 1000);
  });
}
