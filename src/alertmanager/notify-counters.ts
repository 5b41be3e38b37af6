/** What is counted of notifications, under the original's names. */

import type { Telemetry } from '../base/telemetry.ts';
import type { FailureReason } from './notify/integration.ts';

/** The original's. */
const LATENCY_BUCKETS = [1, 5, 10, 15, 20];

export type SuppressionReason = 'silence' | 'inhibition' | 'mute_time_interval' | 'active_time_interval';
const SUPPRESSION_REASONS: readonly SuppressionReason[] = [
  'silence',
  'inhibition',
  'mute_time_interval',
  'active_time_interval',
];
const FAILURE_REASONS: readonly FailureReason[] = [
  'clientError',
  'serverError',
  'contextCanceled',
  'contextDeadlineExceeded',
  'other',
];

export interface NotifyCounters {
  /** A notification that is to be delivered. */
  begun(integration: string): void;
  failed(integration: string, reason: FailureReason): void;
  attempt(integration: string, seconds: number, hasFailed: boolean): void;
  suppressed(reason: SuppressionReason, alerts: number): void;
  /** Has all of an integration at 0, so that rates over them are right from the first on. */
  introduce(integration: string): void;
}

export function notifyCounters(telemetry: Telemetry): NotifyCounters {
  const counter = (name: string, help: string, labels: readonly string[]) =>
    telemetry.counter(`alertmanager_${name}_total`, help, labels);
  const ofIntegration = ['integration'];
  const begun = counter('notifications', 'The total number of attempted notifications.', ofIntegration);
  const failed = counter('notifications_failed', 'The total number of failed notifications.', [
    ...ofIntegration,
    'reason',
  ]);
  const requests = counter(
    'notification_requests',
    'The total number of attempted notification requests.',
    ofIntegration,
  );
  const failedRequests = counter(
    'notification_requests_failed',
    'The total number of failed notification requests.',
    ofIntegration,
  );
  const suppressed = counter(
    'notifications_suppressed',
    'The total number of alerts not told of: silenced, inhibited, or at a time when their route is silent.',
    ['reason'],
  );
  const latency = telemetry.histogram(
    'alertmanager_notification_latency_seconds',
    'The latency of notifications in seconds.',
    ofIntegration,
    LATENCY_BUCKETS,
  );
  for (const reason of SUPPRESSION_REASONS) suppressed.with(reason);
  return {
    begun: (integration) => begun.with(integration).add(),
    failed: (integration, reason) => failed.with(integration, reason).add(),
    attempt(integration, seconds, hasFailed) {
      requests.with(integration).add();
      if (hasFailed) failedRequests.with(integration).add();
      latency.with(integration).observe(seconds);
    },
    suppressed: (reason, alerts) => suppressed.with(reason).add(alerts),
    introduce(integration) {
      for (const family of [begun, requests, failedRequests]) family.with(integration);
      latency.with(integration);
      for (const reason of FAILURE_REASONS) failed.with(integration, reason);
    },
  };
}
