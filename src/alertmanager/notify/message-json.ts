/** A notification as webhooks get it: what templates are given, as JSON. Made in slices, since a group may have thousands of alerts. */

import { formatRfc3339 } from '../../model/time.ts';
import { goJson } from '../templates/go-json.ts';
import { commonPairs, pairsOf, quotedReceiver, statusOf } from '../templates/template-data.ts';
import type { Notification, NotifiedAlert } from './integration.ts';

/** Go's zero time: the end of what has none. */
const NO_TIME = '0001-01-01T00:00:00Z';

export interface MessageParts {
  readonly version: string;
  readonly externalUrl: string;
  readonly routeLabels: ReadonlyMap<string, string>;
  /** 0 is all of them. */
  readonly maxAlerts: number;
  /** Of those the first ones that are listed at all, where that is not all of them; they do not count as cut. */
  readonly listedAlerts?: number;
}

/** With a line feed at its end, as Go's encoder leaves it. */
export function* messageJson(
  notification: Notification,
  { version, externalUrl, routeLabels, maxAlerts, listedAlerts }: MessageParts,
): Generator<void, string> {
  const { groupKey, reason, groupLabels } = notification;
  const alerts = maxAlerts > 0 ? notification.alerts.slice(0, maxAlerts) : notification.alerts;
  const parts: string[] = [];
  for (const alert of alerts.slice(0, listedAlerts)) {
    parts.push(alertJson(alert));
    yield;
  }
  const before = { receiver: quotedReceiver(notification.receiver), status: statusOf(alerts) };
  const after = {
    notification_reason: reason,
    groupLabels: new Map(pairsOf(groupLabels.pairs)),
    commonLabels: new Map(commonPairs(alerts.map(({ labels }) => labels.pairs))),
    commonAnnotations: new Map(commonPairs(alerts.map(({ annotations }) => annotations))),
    routeLabels,
    externalURL: externalUrl,
    version,
    groupKey,
    truncatedAlerts: notification.alerts.length - alerts.length,
  };
  const [head, tail] = [goJson(before).slice(0, -1), goJson(after).slice(1)];
  return `${head},"alerts":[${parts.join(',')}],${tail}\n`;
}

function alertJson(alert: NotifiedAlert): string {
  return goJson({
    status: alert.status,
    labels: new Map(pairsOf(alert.labels.pairs)),
    annotations: new Map(pairsOf(alert.annotations)),
    startsAt: formatRfc3339(alert.startsAtMs),
    endsAt: alert.endsAtMs === undefined ? NO_TIME : formatRfc3339(alert.endsAtMs),
    generatorURL: alert.generatorUrl,
    fingerprint: alert.fingerprint,
  });
}
