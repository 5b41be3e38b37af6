/** What the original does not tell: the way of an alert through the routes, and what became of notifications (docs/compat/alertmanager.md). */

import type { Alertmanager } from '../../alertmanager/alertmanager.ts';
import type { HistoryEntry, MutedGroup } from '../../alertmanager/dispatch/notification-history.ts';
import type { Integration } from '../../alertmanager/notify/integration.ts';
import type { Policy } from '../../alertmanager/policy.ts';
import type { Route } from '../../alertmanager/route-tree.ts';
import { type RouteStep, wayOf } from '../../alertmanager/route-way.ts';
import { formatDuration } from '../../model/duration.ts';
import { TriliteError } from '../../model/errors.ts';
import { Labels } from '../../model/labels.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import { Params } from '../params.ts';
import { tenantOf } from './alert-handlers.ts';
import { jsonAnswer } from './answers.ts';
import { printDateTime } from './date-time.ts';

/** More labels than an alert has are no alert. */
const LABELS_MAX = 1000;

export async function getRoute(am: Alertmanager, request: ServiceRequest): Promise<ServiceAnswer> {
  const labels = readLabels(new Params(request.params).all('label'));
  const { policy, now } = am;
  const { dispatch } = am.look(tenantOf(request));
  const inhibition = dispatch.inhibitor.inhibition(labels, now);
  return jsonAnswer({
    notifies: policy.notifies,
    labels: labels.toObject(),
    tree: stepJson(wayOf(policy.tree, labels)),
    taken: policy.match(labels).map((route) => takenJson(policy, route, labels, now)),
    silencedBy: dispatch.silencer.silencesOf(labels, now),
    inhibitedBy: inhibition ? [inhibition] : [],
  });
}

function readLabels(texts: readonly string[]): Labels {
  if (texts.length > LABELS_MAX) throw new TriliteError('bad_data', `more than ${LABELS_MAX} labels`);
  return Labels.from(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at <= 0)
        throw new TriliteError('bad_data', `label: expected name=value, got ${JSON.stringify(text)}`);
      return [text.slice(0, at), text.slice(at + 1)] as const;
    }),
  );
}

function timingJson({ timing }: Route) {
  return {
    groupWait: formatDuration(timing.groupWaitMs),
    groupInterval: formatDuration(timing.groupIntervalMs),
    repeatInterval: formatDuration(timing.repeatIntervalMs),
  };
}

function stepJson({ route, verdict, failing, by, routes }: RouteStep): object {
  return {
    id: route.id,
    receiver: route.receiver,
    matchers: route.matchers.map(String),
    continue: route.continues,
    groupBy: route.groupBy === 'all' ? ['...'] : [...route.groupBy],
    ...timingJson(route),
    muteTimeIntervals: route.muteTimeIntervals,
    activeTimeIntervals: route.activeTimeIntervals,
    labels: route.labels.toObject(),
    verdict,
    ...(failing.length > 0 && { failing }),
    ...(by !== undefined && { by }),
    routes: routes.map(stepJson),
  };
}

function takenJson(policy: Policy, route: Route, labels: Labels, nowMs: number): object {
  const groupLabels = route.groupLabels(labels);
  return {
    routeId: route.id,
    receiver: route.receiver,
    integrations: policy.integrations(route.receiver).map(nameOf),
    groupKey: route.groupKey(groupLabels),
    groupLabels: groupLabels.toObject(),
    ...timingJson(route),
    mutedBy: policy.mute(route, nowMs) ?? null,
  };
}

function nameOf({ name, index }: Integration): string {
  return `${name}[${index}]`;
}

/** `why` says why nobody is told of anything. */
export async function getNotifications(
  am: Alertmanager,
  request: ServiceRequest,
  why: string,
): Promise<ServiceAnswer> {
  const { history } = am.look(tenantOf(request)).dispatch;
  const entries = history.entries();
  const { policy } = am;
  return jsonAnswer({
    notifies: policy.notifies,
    why,
    receivers: policy.receivers.map(({ name }) => ({
      name,
      integrations: policy
        .integrations(name)
        .map((integration) => integrationJson(name, integration, entries)),
    })),
    notifications: entries.map(entryJson),
    muted: history.mutedGroups().map(mutedJson),
  });
}

function integrationJson(
  receiver: string,
  integration: Integration,
  entries: readonly HistoryEntry[],
): object {
  const name = nameOf(integration);
  const own = entries.filter((entry) => entry.receiver === receiver && entry.integration === name);
  const [latest] = own;
  const delivered = own.find(({ outcome }) => outcome === 'delivered');
  const state = !latest
    ? 'idle'
    : latest.outcome === 'failing' || latest.outcome === 'failed'
      ? latest.outcome
      : 'ok';
  return {
    name,
    sendsResolved: integration.sendsResolved,
    state,
    lastDelivered: delivered ? printDateTime(delivered.endedMs!) : null,
    error: state === 'ok' ? '' : (latest?.error ?? ''),
    tries: latest?.tries ?? 0,
  };
}

function entryJson(entry: HistoryEntry): object {
  const { receiver, integration, groupKey, groupLabels, reason, firing, resolved, outcome, tries, error } =
    entry;
  return {
    ...{ receiver, integration, groupKey, groupLabels: groupLabels.toObject(), reason, firing, resolved },
    alerts: entry.alerts.map(({ fingerprint, labels, status }) => ({
      fingerprint,
      labels: labels.toObject(),
      status,
    })),
    began: printDateTime(entry.beganMs),
    ended: entry.endedMs === undefined ? null : printDateTime(entry.endedMs),
    ...{ outcome, tries, error },
  };
}

function mutedJson({ receiver, groupKey, groupLabels, by, names, alerts, atMs }: MutedGroup): object {
  return {
    receiver,
    groupKey,
    groupLabels: groupLabels.toObject(),
    by,
    names,
    alerts,
    at: printDateTime(atMs),
  };
}
