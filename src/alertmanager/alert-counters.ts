/** What is counted of alerts that come, under the original's names. All alerts come as its API v2 would bring them. */

import type { Telemetry } from '../base/telemetry.ts';

const VERSION = 'v2';

export interface AlertCounters {
  received(status: 'firing' | 'resolved'): void;
  invalid(count: number): void;
  limited(count: number): void;
}

export function alertCounters(telemetry: Telemetry): AlertCounters {
  const received = telemetry.counter(
    'alertmanager_alerts_received_total',
    'The total number of received alerts.',
    ['status', 'version'],
  );
  const byStatus = {
    firing: received.with('firing', VERSION),
    resolved: received.with('resolved', VERSION),
  };
  const invalid = telemetry
    .counter('alertmanager_alerts_invalid_total', 'The total number of received alerts that were invalid.', [
      'version',
    ])
    .with(VERSION);
  const limited = telemetry
    .counter(
      'alertmanager_alerts_limited_total',
      'Alerts that were dropped because there is room for no more.',
    )
    .with();
  return {
    received: (status) => byStatus[status].add(),
    invalid: (count) => invalid.add(count),
    limited: (count) => limited.add(count),
  };
}
