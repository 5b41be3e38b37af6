/** Notifications as JSON to a URL. */

import type { Labels } from '../../model/labels.ts';
import type { IntegrationConfig } from '../receiver-config.ts';
import { type Integration, type IntegrationParts, type Notification, NotifyError } from './integration.ts';

export function webhook(
  config: IntegrationConfig,
  index: number,
  { externalUrl }: IntegrationParts,
): Integration {
  return {
    name: 'webhook',
    index,
    sendsResolved: config.sendsResolved,
    async notify(notification, signal) {
      let response: Response;
      try {
        response = await fetch(config.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(bodyOf(notification, externalUrl())),
          signal,
        });
        await response.arrayBuffer();
      } catch (error) {
        throw new NotifyError('the webhook was not reached', true, 'other', error);
      }
      if (response.ok) return;
      const { status } = response;
      throw new NotifyError(
        `unexpected status code ${status}`,
        status >= 500,
        status >= 500 ? 'serverError' : 'clientError',
      );
    },
  };
}

function bodyOf(notification: Notification, externalURL: string) {
  const { receiver, alerts, groupKey, groupLabels } = notification;
  return {
    receiver,
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    alerts: alerts.map((alert) => ({
      status: alert.status,
      labels: alert.labels.toObject(),
      annotations: objectOf(alert.annotations),
      startsAt: new Date(alert.startsAtMs).toISOString(),
      endsAt: alert.endsAtMs === undefined ? '0001-01-01T00:00:00Z' : new Date(alert.endsAtMs).toISOString(),
      generatorURL: alert.generatorUrl,
      fingerprint: alert.fingerprint,
    })),
    groupLabels: groupLabels.toObject(),
    commonLabels: common(alerts.map(({ labels }) => labels)),
    externalURL,
    version: '4',
    groupKey,
    truncatedAlerts: 0,
  };
}

function objectOf(pairs: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (let i = 0; i < pairs.length; i += 2) out[pairs[i]!] = pairs[i + 1]!;
  return out;
}

function common(all: readonly Labels[]): Record<string, string> {
  return all[0]!.filter((name) => all.every((labels) => labels.get(name) === all[0]!.get(name))).toObject();
}
