/** What all rules have in common: of the configuration, so that it may change while they run. */

import { HOUR_MS, MINUTE_MS } from '../model/duration.ts';

/** How alerts are treated, whatever their rules say. */
export interface AlertSettings {
  /** After an outage that was longer nothing is restored: what was known is too old to say anything. */
  readonly outageToleranceMs: number;
  /**
   * What comes back pending does not fire before this, so that a short remainder of `for` does not fire on what an outage
   * left behind. Rules with a shorter `for` wait for that anyway and are not restored.
   */
  readonly gracePeriodMs: number;
  /** Between two times that whoever is told of a firing alert is told. */
  readonly resendDelayMs: number;
}

export const DEFAULT_ALERT_SETTINGS: AlertSettings = {
  outageToleranceMs: HOUR_MS,
  gracePeriodMs: 10 * MINUTE_MS,
  resendDelayMs: MINUTE_MS,
};

export interface RuleSettings {
  /** Of groups that say nothing. */
  readonly intervalMs: number;
  readonly queryOffsetMs: number;
  readonly alerts: AlertSettings;
  readonly externalLabels: Readonly<Record<string, string>>;
  /** Where users reach this server; without a slash at its end. */
  readonly externalUrl: string;
}
